"""What the run store asks of a database, whichever it is."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.errors import InvalidRequest

# An execution option of what writes: which rows it may change.
WRITES = "writes"
ALL_RUNS = "all runs"  # one writer at a time: what it reads stays true until it has written
ONE_RUN = "one run"  # rows of a run that nobody else writes; it may go on beside the others


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


class Fault(Enum):
    """What is wrong with a database that cannot do what it is asked."""

    BUSY = "busy"  # somebody else holds it for too long: tried again, it works
    FULL = "full"
    READ_ONLY = "read-only"
    UNREACHABLE = "unreachable"  # nobody answers, or whoever did is gone
    CROWDED = "crowded"  # it takes no more connections now
    REFUSED = "refused"  # it does not know this user, password or name
    BROKEN = "broken"  # what is there is no database, or damaged


class Database(ABC):
    """One place for the tables, and the folder of the files that belong to them.

    place: by which another process opens the same one; it holds no password. driver_errors: what its driver
    raises by itself, while a connection is set up.
    """

    place: str
    files: Path
    driver_errors: tuple[type[Exception], ...]
    snapshot: Mapping[str, Any] = {}  # execution options of a transaction that sees one moment

    @abstractmethod
    def engine(self) -> sa.Engine:
        """A new pool of connections. It heeds the execution option WRITES."""

    @abstractmethod
    def fault_of(self, error: BaseException) -> Fault | None:
        """What an error of the driver says about the database; None where it is none of its faults."""

    @abstractmethod
    def in_words(self, error: BaseException) -> InvalidRequest | None:
        """A sentence in place of an error of the driver that a person can do something about."""

    @abstractmethod
    def not_opened(self, error: BaseException) -> InvalidRequest:
        """The same of any error that came while it was opened."""

    def check(self, connection: sa.Connection) -> None:
        """Raise InvalidRequest for a database that cannot keep runs, before anything is made in it."""
        return

    def give_back_space(self, engine: sa.Engine) -> Iterator[None]:
        """Give what deleted runs held back to the disk, a small step at a time."""
        return iter(())

    def announce(self, connection: sa.Connection) -> None:
        """Tell all who listen, once this transaction is committed, that the open runs have changed."""
        return

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call changed() from a thread after each announcement; returns what ends this.

        Where nothing is announced it does nothing: whoever listens also looks now and then.
        """
        return lambda: None
