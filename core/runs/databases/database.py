"""What the run store asks of a database, whichever it is."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.errors import InvalidRequest, StoreUnavailable

# An execution option of what writes: which rows it may change.
WRITES = "writes"
ALL_RUNS = "all runs"  # one writer at a time: what it reads stays true until it has written
ONE_RUN = "one run"  # rows of a run that nobody else writes; it waits for nobody


class _JSONText(sa.types.TypeDecorator[Any]):
    """JSON as Python writes it, with NaN and infinity, which PostgreSQL's own type refuses."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """What is stored."""
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        """What is read."""
        return None if value is None else json.loads(value)


# SQLite's is a text as well.
JSON = sa.JSON().with_variant(_JSONText(), "postgresql")


class Database(ABC):
    """One place for the tables, and the folder of the files that belong to them.

    place: by which another process opens the same one; it holds no password.
    """

    place: str
    files: Path
    snapshot: Mapping[str, Any] = {}  # execution options of a transaction that sees one moment

    @abstractmethod
    def engine(self, busy_s: float) -> sa.Engine:
        """A new pool of connections, which waits so long for a lock. It heeds the execution option WRITES."""

    @abstractmethod
    def fault_of(self, error: BaseException) -> StoreUnavailable | None:
        """What an error of the driver or the system says about the store; None where it is no fault of it."""

    @abstractmethod
    def check(self, engine: sa.Engine) -> None:
        """Raise StoreUnavailable where nothing could be kept now; it waits half a second at most."""

    def refusal(self, error: BaseException) -> InvalidRequest | None:
        """A sentence for what this database cannot keep, where an error says so."""
        return None

    def accept(self, connection: sa.Connection) -> None:
        """Raise StoreUnavailable for a database that cannot keep runs, before anything is made in it."""
        return

    def give_back_space(self, engine: sa.Engine) -> Iterator[None]:
        """Return to the disk what deleted runs held, a small step at a time."""
        return iter(())

    def announce(self, connection: sa.Connection) -> None:
        """Tell all who listen, once this transaction is committed, that the open runs have changed."""
        return

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call changed() from a thread after each announcement; returns what ends this.

        Where nothing is announced it does nothing: whoever listens also looks now and then.
        """
        return lambda: None
