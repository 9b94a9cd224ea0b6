"""Two servers on one PostgreSQL database, behind a proxy: one is killed, and the other continues."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from core.runs.status import INTERRUPTED, RUNNING
from core.runs.store import RunStore
from tests.browser.app import Server, wait_until_idle
from tests.browser.conftest import OpenPage, Screenshot, queue_long
from tests.browser.proxy import proxy
from tests.browser.test_faults import is_ready
from tests.browser.test_train import badge, wait_for_another_epoch
from tests.postgresql import Cluster
from tests.waiting import wait_until


def process_of(store: RunStore, run_id: str) -> str:
    run = store.get(run_id)
    return "" if run is None or run.worker is None else run.worker.split("/")[-2]


@pytest.mark.slow
def test_a_run_and_its_page_go_on_when_their_server_is_killed(
    cluster: Cluster,
    open_page: OpenPage,
    new_server: Callable[..., Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    screenshot: Screenshot,
) -> None:
    monkeypatch.setenv("NABLASCOPE_FILES", str(tmp_path))
    with contextlib.ExitStack() as open_things:
        database = open_things.enter_context(cluster.database())
        store = open_things.enter_context(contextlib.closing(RunStore(database)))
        settings = {"NABLASCOPE_DATABASE_URL": database, "NABLASCOPE_MAX_RUNS": "2"}
        first = new_server(**settings)
        run_id = queue_long(store)
        stopped = queue_long(store)
        wait_until(lambda: store.can_resume(run_id) and store.can_resume(stopped))
        store.request(stopped, "stop")
        first_worker = process_of(store, run_id)
        second = new_server(**settings)
        url = open_things.enter_context(proxy((first, second)))
        page = open_page(f"train?run={run_id}", url=url)
        other = open_page(f"train?run={stopped}", url=url)
        badge(page, "Running")
        wait_for_another_epoch(page)
        badge(other, "Stopped")
        wait_until_idle(other)

        first.process.kill()
        first.process.wait()
        store.resume(stopped)
        badge(other, "Running")  # nobody clicked, and the page of a run that has ended asks for nothing
        store.request(stopped, "stop")
        wait_until(lambda: process_of(store, run_id) not in ("", first_worker))
        run = store.get(run_id)
        assert run is not None
        assert run.status in (RUNNING, INTERRUPTED)
        badge(page, "Running")
        wait_for_another_epoch(page)
        screenshot(page, "two-servers-after-a-kill")
        assert is_ready(url)
        page.get_by_role("button", name="Stop").click()
        badge(page, "Stopped")
        wait_until_idle(page)
