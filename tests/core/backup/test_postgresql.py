"""A backup of a PostgreSQL database is whole and of one moment; a restore fills one, or changes nothing."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.backup import manifest as contents
from core.backup.database import database_of, file_in
from core.backup.manifest import DUMP, Manifest
from core.backup.postgresql import find_program
from core.backup.restore import REPLACED, restore
from core.commands.main import main
from core.errors import InvalidRequest
from core.events import Picture
from core.operator_settings import variable
from core.runs.databases.opening import store_place
from core.runs.databases.postgresql import place_of
from core.runs.operating import left_by_a_restart
from core.runs.status import FINISHED, INTERRUPTED, RUNNING
from core.runs.store import RunStore
from tests.core.backup.test_backup import TABLE, checkpoint
from tests.postgresql import Cluster

EVENTS = 500


@pytest.fixture
def address(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database with a run that has ended and one at work, and their files."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv(variable("home"), str(home))
    with cluster.database() as address:
        monkeypatch.setenv(variable("database_url"), address)
        with contextlib.closing(RunStore(store_place())) as store:
            for name in ("ended", "at work"):
                run_id = store.create("training", {"name": f"{name} 10% 'q' \\ ü"})
                store.claim("worker", 2)
                store.write(
                    run_id, [(number, 0.0, {"event": "x", "n": number}) for number in range(1, EVENTS)]
                )
                checkpoint(store, run_id, EVENTS - 1)
                store.add_film_pictures(run_id, [Picture("map", 1, {}, {})])
                if name == "ended":
                    store.end(run_id, FINISHED)
        (home / "tables").mkdir()
        (home / "tables" / f"{TABLE}.csv").write_text("a,b\n1,2\n")
        (home / "cookie_secret").write_text("a secret of a server")
        yield address


@pytest.fixture
def elsewhere(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.MonkeyPatch]:
    """Another server's database and folder, both empty: used once the test asks for them by use()."""
    with cluster.database() as other:
        monkeypatch.setenv("OTHER_DATABASE", other)
        yield monkeypatch


def use(elsewhere: pytest.MonkeyPatch, tmp_path: Path) -> str:
    other = os.environ["OTHER_DATABASE"]
    elsewhere.setenv(variable("database_url"), other)
    elsewhere.setenv(variable("home"), str(tmp_path / "again"))
    return other


def rows(address: str, schema: str = "public") -> list[list[tuple[object, ...]]]:
    engine = sa.create_engine(
        address.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        queries = (
            f'SELECT id, config, created_at FROM "{schema}".runs ORDER BY id',
            f'SELECT * FROM "{schema}".events ORDER BY run_id, sequence',
        )
        return [[tuple(row) for row in connection.exec_driver_sql(query)] for query in queries]


def schemas(address: str) -> list[str]:
    engine = sa.create_engine(
        address.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        return [name for name in sa.inspect(connection).get_schema_names() if name.startswith(REPLACED)]


@pytest.mark.slow
def test_what_is_restored_is_what_was_there_and_a_second_time_moves_it_aside(
    address: str, elsewhere: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup, before = tmp_path / "backup", rows(address)
    assert main(["backup", str(backup)]) == 0
    assert f"2 runs, {2 * (EVENTS - 1)} events, 2 checkpoints, 1 tables" in capsys.readouterr().out
    manifest = contents.read(backup)
    assert (manifest.database, manifest.format) == (DUMP, 2)
    other = use(elsewhere, tmp_path)
    assert main(["restore", str(backup)]) == 0
    assert rows(other) == before
    again = tmp_path / "again"
    assert sorted(path.name for path in again.iterdir()) == ["checkpoints", "cookie_secret", "tables"]
    with contextlib.closing(RunStore(store_place())) as store:
        (interrupted,) = store.all_with_status(INTERRUPTED)
        assert left_by_a_restart(store) == [interrupted.id], "what was at work does not resume"
        assert interrupted.worker is None
        store.add_film_pictures(interrupted.id, [Picture("map", 2, {}, {})])  # numbered after them
        assert [number for number, _ in store.film_pictures(interrupted.id)] == [2, 3]
        assert main(["restore", "--replace", str(backup)]) == 2
        assert "uses the database of NABLASCOPE_DATABASE_URL" in capsys.readouterr().err
    assert main(["restore", str(backup)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert main(["restore", "--replace", str(backup)]) == 0
    assert "are now in the schema replaced-* of the database" in capsys.readouterr().out
    assert rows(other) == before
    (aside,) = schemas(other)
    assert rows(other, aside) == before
    assert (again / aside / "cookie_secret").exists()


@pytest.mark.slow
def test_it_is_of_one_moment_and_no_checkpoint_is_ahead_of_its_events(
    address: str, elsewhere: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    over = threading.Event()
    with contextlib.closing(RunStore(store_place())) as store:
        (run,) = store.all_with_status(RUNNING)

        def continue_it() -> None:
            sequence = EVENTS
            while not over.is_set():
                store.write(run.id, [(sequence, 0.0, {"event": "x", "n": sequence, "text": "x" * 2000})])
                checkpoint(store, run.id, sequence)
                sequence += 1

        writer = threading.Thread(target=continue_it)
        writer.start()
        try:
            assert main(["backup", str(tmp_path / "backup")]) == 0
        finally:
            over.set()
            writer.join()
    counted = contents.read(tmp_path / "backup").counts["events"]
    other = use(elsewhere, tmp_path)
    assert main(["restore", str(tmp_path / "backup")]) == 0
    events = [row for row in rows(other)[1] if row[0] == run.id]
    assert [row[1] for row in events] == [*range(1, len(events) + 1)]
    assert counted == len(rows(other)[1])
    kept = (tmp_path / "again" / "checkpoints" / f"{run.id}.pt").read_text()
    assert EVENTS - 1 <= int(kept) <= len(events)


@pytest.mark.slow
def test_what_cannot_be_filled_stays_as_it_was_and_what_others_keep_there_stays(
    address: str, tmp_path: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", str(tmp_path / "backup")]) == 0
    database = str(sa.make_url(address).database)
    cluster.execute("CREATE TABLE of_others (id int)", database)
    cluster.execute("DROP TABLE logins", database)
    cluster.execute("CREATE VIEW logins AS SELECT 1 AS one", database)
    before = rows(address)
    assert main(["restore", "--replace", str(tmp_path / "backup")]) == 2
    said = capsys.readouterr().err
    assert "could not be filled, and is as it was" in said
    assert "logins" in said
    assert rows(address) == before
    assert schemas(address) == []
    assert (tmp_path / "home" / "cookie_secret").exists()
    cluster.execute("DROP VIEW logins", database)
    assert main(["restore", "--replace", str(tmp_path / "backup")]) == 0
    cluster.execute("INSERT INTO of_others VALUES (1)", database)


@pytest.mark.slow
def test_a_backup_of_another_kind_of_database_or_a_newer_server_is_refused(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["backup", str(tmp_path / "backup")]) == 0
    with pytest.raises(InvalidRequest, match="is the backup of a PostgreSQL database, and this server keeps"):
        finished(restore(tmp_path / "backup", tmp_path / "new", database=file_in(tmp_path / "new")))
    manifest = contents.read(tmp_path / "backup")
    newer = Manifest(**{**vars(manifest), "server_version": 99})
    contents.write(tmp_path / "backup", newer)
    with pytest.raises(
        InvalidRequest, match=r"is of a server of PostgreSQL 99, and the one of NABLA\w+ is of 1"
    ):
        finished(restore(tmp_path / "backup", tmp_path / "new", database=database_of(place_of(address))))
    assert not (tmp_path / "new").exists()


def finished(steps: Iterator[object]) -> None:
    for _ in steps:
        pass


def test_which_of_several_versions_is_used_and_what_is_said_of_one_that_is_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        InvalidRequest, match=r"pg_dump is not installed here. Install .* PostgreSQL 15 or newer"
    ):
        find_program("pg_dump", 15, tmp_path)
    for version in (9, 15, 17):
        program = tmp_path / str(version) / "bin" / "pg_dump"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}.4 (Debian {version}.4-1)'\n")
        program.chmod(0o755)
    assert find_program("pg_dump", 15, tmp_path) == str(tmp_path / "15" / "bin" / "pg_dump")
    assert find_program("pg_dump", 16, tmp_path) == str(tmp_path / "17" / "bin" / "pg_dump")
    with pytest.raises(InvalidRequest, match=r"pg_dump is of PostgreSQL 17 here and the server of 18"):
        find_program("pg_dump", 18, tmp_path)
