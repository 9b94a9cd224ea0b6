"""PostgreSQL: one database for several servers and their workers.

What depends on other runs (a claim, the order of the queue) is decided by one writer at a time, under an
advisory lock that ends with its transaction; what a worker records of its own run waits for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.errors import InvalidRequest, StoreUnavailable
from core.operator_settings import variable
from core.runs.databases.database import ALL_RUNS, WRITES, Database
from core.runs.databases.listener import Listener
from core.runs.faults import store_faults
from core.runs.faults.store_faults import FULL, GONE, LOCKED, READ_ONLY, UNREADABLE
from core.runs.faults.store_file import probe_folder

OLDEST = 13  # the first version that its makers still mended when this was written
EXAMPLE = "postgresql://user:password@host:5432/name"
CHANNEL = "nablascope_runs"
LOCK = 0x6E61626C61  # "nabla"; the lock's number, for all that lock in this database
CONNECT_TIMEOUT_S = 5
IDLE_TIMEOUT_S = 15  # for so long a process that froze in a transaction can keep its locks
CHECK_MS = 500
CROWDED, REFUSED = "crowded", "refused"  # it takes no more connections; it does not know who asks
_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")

# SQLSTATE, or the first two characters of a class of them:
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_FAULTS = {
    "55P03": LOCKED,  # lock_not_available
    "40001": LOCKED,  # serialization_failure
    "40P01": LOCKED,  # deadlock_detected
    "53100": FULL,  # disk_full
    "53300": CROWDED,  # too_many_connections
    "25006": READ_ONLY,  # read_only_sql_transaction
    "25P03": GONE,  # idle_in_transaction_session_timeout
    "42501": REFUSED,  # insufficient_privilege
    "3D000": REFUSED,  # invalid_catalog_name
    "57P": GONE,  # shut down, or not up yet
    "08": GONE,  # connection_exception
    "28": REFUSED,  # invalid_authorization_specification
    "58": UNREADABLE,  # system_error: its files cannot be read or written
    "XX": UNREADABLE,  # data_corrupted, index_corrupted
}
# Where no connection was made there is no SQLSTATE.
_WORDS = {
    "too many clients": CROWDED,
    "too many connections": CROWDED,
    "connection slots": CROWDED,
    "authentication failed": REFUSED,
    "no password supplied": REFUSED,
    "pg_hba.conf": REFUSED,
    "does not exist": REFUSED,
    "permission denied": REFUSED,
}
_SAID = {
    LOCKED: "another program keeps it locked",
    GONE: "it does not answer",
    CROWDED: "it takes no more connections now",
    REFUSED: "it refuses",
    READ_ONLY: "it is read-only",
    FULL: "its disk is full",
    UNREADABLE: "its data cannot be read or written",
}


def is_place(place: object) -> bool:
    """Whether a place names a PostgreSQL database, and not a file."""
    return str(place).partition("://")[0] in _SCHEMES


def place_of(url: str) -> str:
    """An address without what is secret in it. Raises InvalidRequest where it names no such database."""
    parsed = _parsed(url).difference_update_query(("password", "sslpassword"))
    public = sa.URL.create(
        "postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database, parsed.query
    )
    return public.render_as_string(hide_password=False)


def _parsed(url: str) -> sa.URL:
    # Nothing of the text is repeated: it may hold a password.
    wrong = f"{variable('database_url')} is no address of a PostgreSQL database; it is to be like {EXAMPLE}"
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise InvalidRequest(f"{wrong}.") from None
    if parsed.drivername not in _SCHEMES:
        raise InvalidRequest(f"{wrong}, with {EXAMPLE.partition(':')[0]} at the beginning.")
    if not parsed.database:
        raise InvalidRequest(f"{wrong}, with the database's name at the end.")
    return parsed.set(drivername="postgresql+psycopg")


def driver_errors() -> tuple[type[Exception], ...]:
    """What the driver raises. Raises InvalidRequest where it is not installed."""
    try:
        import psycopg  # not everybody has it: requirements-postgres.txt
    except ImportError as error:
        raise InvalidRequest(
            "A PostgreSQL database needs the driver psycopg, which cannot be loaded "
            f'({error}): `pip install ".[postgres]"`.'
        ) from None
    return (psycopg.Error,)


class PostgreSQL(Database):
    """A database, and a folder that all its servers share."""

    snapshot: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def __init__(self, url: str, files: Path) -> None:
        self._url = _parsed(url)
        self.place, self.files = place_of(url), files
        self._driver_errors = driver_errors()

    def engine(self, busy_s: float) -> sa.Engine:
        """Connections to the database; what writes several runs waits for the one lock."""
        engine = self._create_engine(
            pool_size=5,
            max_overflow=20,
            pool_pre_ping=True,  # else, after a restart of the database, each old connection fails once
            isolation_level="READ COMMITTED",  # what was read before the lock came would be stale
        )

        def set_up(connection: Any, _record: Any) -> None:
            try:
                connection.execute(f"SET lock_timeout = {round(busy_s * 1000)}")
                connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_TIMEOUT_S}s'")
                connection.commit()
            except self._driver_errors as error:
                raise self.fault_of(error) or error from None

        sa.event.listen(engine, "connect", set_up)
        sa.event.listen(engine, "begin", _begin)
        return engine

    def _create_engine(self, **options: Any) -> sa.Engine:
        arguments = {
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "nablascope",
            "client_encoding": "utf8",
            **{"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3},
        }
        given = {name: value for name, value in arguments.items() if name not in self._url.query}
        return sa.create_engine(self._url, connect_args=given, **options)

    def accept(self, connection: sa.Connection) -> None:
        """Raise StoreUnavailable for an old server, and for one whose texts are not Unicode."""
        version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
        if version < OLDEST:
            why = f"it is PostgreSQL {version}, and {OLDEST} is the oldest that is possible"
            raise self._unavailable(REFUSED, why)
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise self._unavailable(REFUSED, f"its encoding is {encoding}, and only UTF8 keeps every text")

    def fault_of(self, error: BaseException) -> StoreUnavailable | None:
        """What is wrong with the database, or with the folder of its files."""
        if isinstance(error, StoreUnavailable):
            return error
        if not isinstance(error, self._driver_errors):
            return store_faults.fault_of(error, self.files / "checkpoints")
        fault = _fault(error)
        return None if fault is None else self._unavailable(fault, _SAID[fault], error)

    def refusal(self, error: BaseException) -> InvalidRequest | None:
        """The one character that PostgreSQL's texts cannot hold."""
        if isinstance(error, self._driver_errors) and "NUL (0x00)" in str(error):
            return InvalidRequest("A text with the character NUL in it is not possible.")
        return None

    def check(self, engine: sa.Engine) -> None:
        """Take the lock, and write beside the checkpoints."""
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {CHECK_MS}")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
                if connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on":
                    raise self._unavailable(READ_ONLY, _SAID[READ_ONLY])
            probe_folder(self.files)
        except OSError as error:
            raise self.fault_of(error) or error from None

    def _unavailable(self, fault: str, why: str, error: BaseException | None = None) -> StoreUnavailable:
        where = f"{self._url.database!r} at {self._url.host or self._url.query.get('host') or 'localhost'}"
        reason = f"{why} ({self._without_password(error)})" if error else why
        return StoreUnavailable(
            fault,
            f"The database {where} cannot be used: {reason}. Nothing can be kept until it is mended, or "
            f"{variable('database_url')} names another one.",
        )

    def _without_password(self, error: BaseException) -> str:
        said = " ".join(str(error).split())
        secrets = (self._url.password, self._url.query.get("password"), self._url.query.get("sslpassword"))
        for secret in filter(None, secrets):
            said = said.replace(str(secret), "***")
        return said[:300]

    def announce(self, connection: sa.Connection) -> None:
        """A notification, which is sent when the transaction is committed."""
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """A thread with a connection of its own, which is made again when it is lost."""
        engine = self._create_engine(poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        return Listener(engine, CHANNEL, changed, self._driver_errors).close


def _begin(connection: sa.Connection) -> None:
    if connection.get_execution_options().get(WRITES) == ALL_RUNS:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def _fault(error: BaseException) -> str | None:
    """By the SQLSTATE or, where no connection was made, by the words."""
    state = getattr(error, "sqlstate", None)
    if state:
        return next((fault for code, fault in _FAULTS.items() if state.startswith(code)), None)
    if type(error).__name__ not in ("OperationalError", "ConnectionTimeout"):
        return None
    return next((fault for words, fault in _WORDS.items() if words in str(error)), GONE)
