"""Workers and servers are really killed, and the page tells the truth afterwards."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Callable

import psutil
from playwright.sync_api import Page, expect

from core.runs.store import RunStore
from tests.browser.app import Server, is_healthy, wait_until_idle
from tests.browser.conftest import OpenPage
from tests.browser.test_train import badge, make_long, metric, start, wait_for_another_epoch


def workers_of(server: Server) -> list[psutil.Process]:
    children = psutil.Process(server.process.pid).children()
    return [child for child in children if "core.runs.worker" in " ".join(child.cmdline())]


def long_run(page: Page) -> str:
    make_long(page)
    start(page)
    badge(page, "Running")
    wait_for_another_epoch(page)
    return re.search(r"run=([^&]+)", page.url).group(1)  # type: ignore[union-attr]


def all_end(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=60)[1]


def test_a_killed_worker_is_reported_and_the_next_run_works(
    open_page: OpenPage, new_server: Callable[..., Server]
) -> None:
    server = new_server()
    page = open_page("train", url=server.url)
    run_id = long_run(page)
    with contextlib.closing(RunStore(server.home / "runs.sqlite")) as store:
        run = store.get(run_id)
    assert run is not None
    os.kill(int(str(run.worker).split("/")[-2]), signal.SIGKILL)
    badge(page, "Interrupted")
    expect(page.get_by_text("What was recorded until then is below.")).to_be_visible()
    assert metric(page, "Epoch") > 0
    page.get_by_label("Epochs", exact=True).fill("3")
    page.get_by_label("Epochs", exact=True).press("Enter")
    wait_until_idle(page)
    start(page)
    badge(page, "Finished")


def test_a_killed_server_leaves_no_worker_and_its_run_is_there_after_the_restart(
    open_page: OpenPage, new_server: Callable[..., Server]
) -> None:
    first = new_server()
    page = open_page("train", url=first.url)
    run_id = long_run(page)
    workers, epoch = workers_of(first), metric(page, "Epoch")
    assert workers
    first.process.kill()
    first.process.wait()
    assert not is_healthy(first.url)
    assert all_end(workers), "a worker outlived its server"
    second = new_server(home=first.home, port=int(first.url.rsplit(":", 1)[1]))
    expect(open_page(url=second.url).get_by_role("heading", level=1)).to_have_text("Nablascope")
    page.goto(f"{second.url}/train?run={run_id}")
    badge(page, "Interrupted")
    assert metric(page, "Epoch") >= epoch


def test_sigterm_ends_the_server_and_leaves_no_orphan(
    open_page: OpenPage, new_server: Callable[..., Server]
) -> None:
    server = new_server()
    long_run(open_page("train", url=server.url))
    workers = workers_of(server)
    assert workers
    server.process.terminate()
    server.process.wait(60)
    assert all_end(workers), "a worker outlived its server"
