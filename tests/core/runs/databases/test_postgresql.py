"""PostgreSQL as the runs' database: what it refuses is one sentence, and servers on one do not collide."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.commands.main import main
from core.errors import InvalidRequest, StoreUnavailable
from core.runs.databases import postgresql
from core.runs.databases.opening import open_database, store_place
from core.runs.databases.postgresql import CROWDED, LOCK, REFUSED, place_of
from core.runs.faults.store_faults import GONE, LOCKED, READ_ONLY
from core.runs.status import FINISHED
from core.runs.store import RunStore
from tests.postgresql import Cluster
from tests.waiting import wait_until

pytestmark = pytest.mark.postgresql
SECRET = "Ladder-27"
NOBODY_THERE = f"postgresql://nabla:{SECRET}@127.0.0.1:1/runs"


@pytest.fixture
def address(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NABLASCOPE_FILES", str(tmp_path))
    with cluster.database() as address:
        yield address


@pytest.fixture
def store(address: str) -> Iterator[RunStore]:
    with contextlib.closing(RunStore(address)) as opened:
        yield opened


# --- what an operator names -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://nabla:{SECRET}@host/runs",
        f"nabla:{SECRET}@host/runs",
        f"postgresql://nabla:{SECRET}@host:port/runs",
        f"postgresql://nabla:{SECRET}@host",
    ],
)
def test_what_is_no_address_is_refused_without_its_password(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NABLASCOPE_DATABASE_URL", url)
    assert main(["runs", "list"]) == 2
    said = capsys.readouterr().err
    assert "NABLASCOPE_DATABASE_URL is no address of a PostgreSQL database" in said
    assert SECRET not in said
    assert len(said.strip().splitlines()) == 1


def test_a_place_has_all_but_what_is_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NABLASCOPE_DATABASE_URL", f"{NOBODY_THERE}?sslmode=require&sslpassword={SECRET}")
    assert store_place() == "postgresql://nabla@127.0.0.1:1/runs?sslmode=require"
    assert place_of(store_place()) == store_place()
    with_password = open_database(store_place()).engine(1.0).url
    assert with_password.password == SECRET


def test_without_the_driver_it_is_said_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InvalidRequest, match=r"needs the driver psycopg.*pip install"):
        open_database("postgresql://host/runs")


def test_where_nobody_answers_a_command_says_so_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NABLASCOPE_DATABASE_URL", NOBODY_THERE)
    assert main(["runs", "list"]) == 2
    said = capsys.readouterr().err
    assert "The database 'runs' at 127.0.0.1 cannot be used: it does not answer" in said
    assert "Traceback" not in said
    assert SECRET not in said


def test_an_old_server_and_another_encoding_are_refused(
    cluster: Cluster, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(postgresql, "OLDEST", 99)
        with pytest.raises(StoreUnavailable, match=r"it is PostgreSQL \d+, and 99 is the oldest"):
            RunStore(address)
    cluster.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0")
    with pytest.raises(StoreUnavailable, match="its encoding is SQL_ASCII"):
        RunStore(place_of(cluster.address("ascii")))


# --- what goes wrong ------------------------------------------------------------------------------------


def fault(store: RunStore) -> str:
    with pytest.raises(StoreUnavailable) as error:
        store.create("training", {})
    return error.value.fault


def test_a_database_that_does_not_exist_or_takes_no_more_connections(cluster: Cluster, address: str) -> None:
    with pytest.raises(StoreUnavailable, match='database "none" does not exist') as error:
        RunStore(place_of(cluster.address("none")))
    assert error.value.fault == REFUSED
    cluster.execute("CREATE ROLE one LOGIN CONNECTION LIMIT 0")
    with pytest.raises(StoreUnavailable, match="too many connections") as error:
        RunStore(address.replace("nabla@", "one@"))
    assert error.value.fault == CROWDED


def test_a_read_only_one_can_be_read(cluster: Cluster, address: str, store: RunStore) -> None:
    run_id = store.create("training", {})
    store.close()
    cluster.execute(f"ALTER DATABASE {sa.make_url(address).database} SET default_transaction_read_only = on")
    assert fault(store) == READ_ONLY
    with pytest.raises(StoreUnavailable, match="it is read-only"):
        store.check()
    assert store.get(run_id) is not None


def test_a_lock_that_somebody_keeps_is_said_and_ends_with_who_kept_it(address: str) -> None:
    other = sa.create_engine(address.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)
    with contextlib.closing(RunStore(address, busy_s=0.05)) as store:
        run_id = store.create("training", {})
        with other.connect() as holding:
            holding.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            assert fault(store) == LOCKED
            with pytest.raises(StoreUnavailable, match="another program keeps it locked"):
                store.check()
            # What its worker records takes no lock.
            assert store.write(run_id, [(1, 0.0, {"event": "a"})]) is None
        store.check()


def test_texts_that_it_cannot_keep_are_refused(store: RunStore) -> None:
    with pytest.raises(InvalidRequest, match="the character NUL"):
        store.get("a\0b")
    run_id = store.create("training", {"text": "a\0b", "value": float("inf")})
    run = store.get(run_id)
    assert run is not None
    assert run.config == {"text": "a\0b", "value": float("inf")}


# --- several at once ------------------------------------------------------------------------------------


def test_servers_that_start_at_once_make_one_set_of_tables(address: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = [*pool.map(lambda _: RunStore(address), range(8))]
    run_id = stores[0].create("training", {})
    assert [store.get(run_id) is not None for store in stores] == [True] * 8
    for store in stores:
        store.close()


def test_a_change_is_heard_when_it_is_there_also_after_the_server_was_away(
    cluster: Cluster, address: str, store: RunStore
) -> None:
    other = RunStore(address)
    heard = threading.Semaphore(0)
    end = other.listen(heard.release)
    try:
        assert heard.acquire(timeout=30)  # it listens now
        run_id = store.create("training", {})
        assert heard.acquire(timeout=30)
        assert other.get(run_id) is not None
        store.seen(run_id)
        cluster.stop()
        assert fault(store) == GONE
        cluster.start()
        assert heard.acquire(timeout=30)  # whatever was missed: it looks again
        store.end(run_id, FINISHED)
        assert heard.acquire(timeout=30)
        wait_until(lambda: (run := other.get(run_id)) is not None and run.ended)
    finally:
        end()
        other.close()
