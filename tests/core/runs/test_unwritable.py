"""A store whose file cannot be written says so in a sentence that names the folder: at first, and later."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import StoreUnavailable, UnwritableFolder
from core.runs.store import RunStore


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "runs.sqlite").mkdir()
    with pytest.raises(UnwritableFolder, match=r"cannot be written: .*unable to open database file"):
        RunStore(tmp_path / "runs.sqlite")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "runs.sqlite").write_text("something else, and longer than the head of a database" * 20)
    with pytest.raises(StoreUnavailable, match=r"runs\.sqlite' cannot be read: file is not a database\. "):
        RunStore(tmp_path / "runs.sqlite")


def test_a_disk_that_fills_up_later(tmp_path: Path) -> None:
    with contextlib.closing(RunStore(tmp_path / "runs.sqlite")) as store:

        @sa.event.listens_for(store._engine, "begin")
        def full(connection: sa.Connection) -> None:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(StoreUnavailable, match=r"^The disk of the data folder '.*' is full\. "):
            store.create("training", {"text": "x" * 1_000_000})
        assert store.all_with_status("queued") == []


def test_a_store_that_became_read_only(tmp_path: Path) -> None:
    with contextlib.closing(RunStore(tmp_path / "runs.sqlite")) as store:

        @sa.event.listens_for(store._engine, "begin")
        def read_only(connection: sa.Connection) -> None:
            connection.exec_driver_sql("PRAGMA query_only = 1")

        with pytest.raises(UnwritableFolder, match="readonly database"):
            store.create("training", {})
