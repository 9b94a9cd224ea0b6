"""What a page says while its store is locked or gone: which fault it is; and no setting is lost."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.status import QUEUED, RUNNING
from core.runs.store import RunStore
from dashboard.components import runs
from tests.waiting import wait_until

APP = Path(__file__).parents[2] / "dashboard" / "main.py"


@pytest.fixture
def train(own_runner: None, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    opened = AppTest.from_file(str(APP), default_timeout=120).run()
    return opened.switch_page("views/train.py").run()


@contextlib.contextmanager
def locked(store: RunStore) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        wait_until(lambda: runs.runner().fault() is not None)
        yield
        other.execute("ROLLBACK")
    wait_until(lambda: runs.runner().fault() is None)


def said(page: AppTest) -> str:
    assert not page.exception
    return " ".join(shown.value for shown in [*page.warning, *page.error])


def test_a_start_while_the_store_is_locked_says_so_and_works_later_with_the_same_settings(
    train: AppTest,
) -> None:
    store = runs.runner().store
    train.number_input(key="epochs").set_value(7).run()
    with locked(store):
        train.button[0].click().run()
        assert "The run was not started. The run store" in said(train)
        assert "is locked by another program" in said(train)
        assert train.number_input(key="epochs").value == 7
        assert store.all_with_status(QUEUED, RUNNING) == []
    train.button[0].click().run()
    (run,) = store.all_with_status(QUEUED, RUNNING, "finished")
    assert run.config["epochs"] == 7
    wait_until(lambda: store.get(run.id).ended)  # type: ignore[union-attr]
    assert said(train.run()) == ""


def test_a_store_that_was_moved_away_is_said_on_every_page_that_reads_it(train: AppTest) -> None:
    store = runs.runner().store
    home = store.path.parent
    names = [name for name in ("runs.sqlite", "runs.sqlite-wal", "runs.sqlite-shm") if (home / name).exists()]
    for name in names:
        os.rename(home / name, home / f"aside.{name}")
    try:
        for view in ("runs", "compare"):
            page = train.switch_page(f"views/{view}.py").run()
            if view == "runs":
                assert "is gone; somebody has moved or deleted it" in said(page)
            assert not page.exception
    finally:
        for name in names:
            if (home / f"aside.{name}").exists():
                os.rename(home / f"aside.{name}", home / name)
    wait_until(lambda: runs.runner().fault() is None)
    assert said(train.switch_page("views/runs.py").run()) == ""
