"""Workers and servers are really killed, and the page tells the truth afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import expect

from core.runs.status import RUNNING
from core.runs.store import RunStore
from tests.browser.app import Server, is_healthy
from tests.browser.conftest import OpenPage, queue_long
from tests.browser.test_train import badge, metric, start, wait_for_another_epoch
from tests.waiting import wait_until


def workers_of(server: Server) -> list[psutil.Process]:
    children = psutil.Process(server.process.pid).children()
    return [child for child in children if "core.runs.worker" in " ".join(child.cmdline())]


def is_run_by_another(store: RunStore, run_id: str, before: set[str]) -> bool:
    """Whether the run has a worker that is none of these."""
    run = store.get(run_id)
    return run is not None and run.status == RUNNING and str(run.worker).split("/")[-2] not in before


def is_ready(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/ready", timeout=30) as answer:
        return bool(json.load(answer)["ready"])


@contextlib.contextmanager
def a_file_that_never_comes(url: str) -> Iterator[None]:
    """Somebody begins to bring a file, and sends no more of it."""
    address = urlsplit(url)
    head = (
        f"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 1000000\r\n\r\n"
    )
    with socket.create_connection((str(address.hostname), address.port or 80)) as connection:
        connection.sendall(f"{head}begun".encode())
        yield


def all_end(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=60)[1]


@pytest.mark.slow
def test_a_server_that_ends_leaves_no_worker_and_what_a_killed_one_left_goes_on(
    open_page: OpenPage, new_server: Callable[..., Server]
) -> None:
    """One test, since each server costs more to start than what is looked at here."""
    first = new_server()
    with contextlib.closing(RunStore(first.home / "runs.sqlite")) as store:
        run_id = queue_long(store)
    page = open_page(f"train?run={run_id}", url=first.url)
    badge(page, "Running")
    wait_for_another_epoch(page)
    with contextlib.closing(RunStore(first.home / "runs.sqlite")) as store:
        wait_until(lambda: store.can_resume(run_id))  # from its first checkpoint on
    workers, epoch = workers_of(first), metric(page, "Epoch")
    assert workers
    first.process.kill()
    first.process.wait()
    assert not is_healthy(first.url)
    assert all_end(workers), "a worker outlived its server"
    second = new_server(home=first.home, port=int(first.url.rsplit(":", 1)[1]))
    with contextlib.closing(RunStore(first.home / "runs.sqlite")) as store:
        before = {str(worker.pid) for worker in workers}
        wait_until(lambda: is_run_by_another(store, run_id, before))  # without a visitor
    page.goto(f"{second.url}/train?run={run_id}")
    badge(page, "Running")
    wait_for_another_epoch(page)
    assert metric(page, "Epoch") >= epoch
    assert is_ready(second.url)
    wait_for_another_epoch(page)
    with contextlib.closing(RunStore(first.home / "runs.sqlite")) as store:
        run = store.get(run_id)
    assert run is not None
    os.kill(int(str(run.worker).split("/")[-2]), signal.SIGKILL)
    badge(page, "Interrupted")
    expect(page.get_by_text("What was recorded until then is below.").first).to_be_visible()
    assert metric(page, "Epoch") > epoch
    page.get_by_role("button", name="Resume").click()
    badge(page, "Running")
    wait_for_another_epoch(page)
    page.get_by_role("button", name="Stop").click()
    badge(page, "Stopped")
    start(page)
    badge(page, "Running")
    wait_for_another_epoch(page)
    workers = workers_of(second)
    assert workers
    with a_file_that_never_comes(second.url):
        second.process.terminate()
        second.process.wait(60)
    assert not any(worker.is_running() for worker in workers), "a worker outlived its server"
