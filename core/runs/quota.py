"""Whose a run is, and how many open runs one person may have at once."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.errors import InvalidRequest
from core.runs.status import ENDED
from core.runs.tables import runs

IMMEDIATE_FOR_EACH = 4  # of runs that take a second and pass the queue, for each other one


class QuotaReached(InvalidRequest):
    """Who asked has as many open runs as one may have."""


@dataclass(frozen=True)
class Owner:
    """Who starts a run.

    id: of a login or a browser, None where nobody is known. address: of the computer, as far as it is known.
    """

    id: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Quota:
    """How many runs may wait, run or be paused at once; None is no limit."""

    of_owner: int | None = None
    of_address: int | None = None  # of all people behind one address: who drops the cookie is a new owner

    def check(self, connection: sa.Connection, owner: Owner, immediate: bool) -> None:
        """Raise QuotaReached where another run of this owner would be too many."""
        each = IMMEDIATE_FOR_EACH if immediate else 1
        if self.of_owner is not None and owner.id is not None:
            limit, count = self.of_owner, _open(connection, runs.c.owner == owner.id, immediate)
            if count >= limit * each:
                raise QuotaReached(
                    f"You have {count} open runs, and {limit * each} are possible at once: stop one, or wait "
                    "until one has ended."
                )
        if self.of_address is not None and owner.address is not None:
            limit, count = self.of_address, _open(connection, runs.c.address == owner.address, immediate)
            if count >= limit * each:
                raise QuotaReached(
                    f"{count} runs are open from your network’s address, and {limit * each} are possible at "
                    "once: wait until one has ended."
                )


def open_runs_of(connection: sa.Connection, owner: Owner) -> int:
    """How many runs of an owner the quota counts now."""
    return _open(connection, runs.c.owner == owner.id, immediate=False)


def open_and_ended(connection: sa.Connection, owner_id: str) -> int:
    """How many runs somebody has, short ones that pages ask for left out."""
    mine = (runs.c.owner == owner_id, ~runs.c.immediate)
    return connection.execute(sa.select(sa.func.count()).select_from(runs).where(*mine)).scalar() or 0


def give_runs(connection: sa.Connection, owner_id: str, owner: Owner) -> None:
    """All runs of somebody are this owner's from now on."""
    connection.execute(runs.update().where(runs.c.owner == owner_id).values(owner=owner.id))


NOBODY, NO_QUOTA = Owner(), Quota()


def _open(connection: sa.Connection, whose: sa.ColumnElement[bool], immediate: bool) -> int:
    # One that was just asked to stop ends within a second, and makes room for the one that replaces it.
    stays = (runs.c.status.not_in(ENDED), runs.c.requested.is_distinct_from("stop"))
    mine = (whose, *stays, runs.c.immediate == immediate)
    return connection.execute(sa.select(sa.func.count()).select_from(runs).where(*mine)).scalar() or 0
