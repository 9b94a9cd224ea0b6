"""A server says whether it lives and whether it can take work; a probe costs little and never waits long."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from core.errors import UnwritableFolder
from core.runs.runners.cluster_report import ClusterNode, Report
from core.runs.runners.local import LocalRunner
from dashboard.server import health
from dashboard.server.metrics import MEDIA_TYPE, Answers
from tests.dashboard.server.asgi import Answer, ask, asked
from tests.dashboard.server.test_metrics import assert_is_openmetrics


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRunner]:
    """With one worker, which need not be warm."""
    running = LocalRunner(tmp_path_factory.mktemp("health") / "runs.sqlite", limit=1)
    yield running
    running.close()


def app(runner: LocalRunner, min_free_mib: int = 0) -> Starlette:
    """The routes as the server has them behind a base path."""
    return Starlette(routes=[*health.routes({"", "/lab"}, lambda: runner, Answers(3, 5), min_free_mib)])


def shown(answer: Answer) -> dict[str, object]:
    found: dict[str, object] = json.loads(answer.body)
    return found


def test_a_server_with_all_it_needs_is_ready_under_its_base_path_too(runner: LocalRunner) -> None:
    for base in ("", "/lab"):
        assert ask(app(runner), f"{base}/health")[0] == 200
        answer = ask(app(runner), f"{base}/ready")
        assert answer.status == 200
        assert shown(answer) == {"ready": True, "store": "ok", "worker": "ok", "disk": "ok"}
        assert answer.headers["cache-control"] == "no-store"


def test_a_disk_that_is_nearly_full_is_said_and_the_process_lives(runner: LocalRunner) -> None:
    full = app(runner, min_free_mib=2**40)
    answer = ask(full, "/ready")
    assert answer.status == 503
    assert "MiB are left; at least 1099511627776 are needed" in str(shown(answer)["disk"])
    assert ask(full, "/health").status == 200


def test_a_store_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    def unwritable() -> LocalRunner:
        raise UnwritableFolder(tmp_path, "Read-only file system")

    routes = health.routes({""}, unwritable, Answers(), 0)
    answer = ask(Starlette(routes=[*routes]), "/ready")
    assert answer.status == 503
    assert "Read-only file system" in str(shown(answer)["store"])
    assert assert_is_openmetrics(ask(Starlette(routes=[*routes]), "/metrics").body)["nablascope_ready"] == 0


def test_a_locked_store_makes_probes_wait_no_longer_than_they_may_and_is_looked_at_once(
    runner: LocalRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "MAX_WAIT_S", 0.2)
    looks = []
    monkeypatch.setattr(health, "look", lambda *given: looks.append(threading.get_ident()) or look(*given))
    locked = sqlite3.connect(runner.store.place, isolation_level=None)
    locked.execute("BEGIN EXCLUSIVE")

    async def many() -> list[Answer]:
        probes = [asked(locked_app, "/ready") for _ in range(20)]
        answers = await asyncio.gather(*probes)
        locked.execute("ROLLBACK")
        return list(answers)

    locked_app = app(runner)
    answers = asyncio.run(many())
    locked.close()
    assert {answer.status for answer in answers} == {503}
    assert "has not answered" in str(shown(answers[0])["store"])
    assert len(looks) == 1


look = health.look


def test_metrics_are_those_of_the_store(runner: LocalRunner) -> None:
    runner.store.create("training", {})
    runner.store.create("training", {})
    queued_at = runner.store.all_with_status("queued")
    answer = ask(app(runner), "/metrics")
    assert answer.headers["content-type"] == MEDIA_TYPE
    found = assert_is_openmetrics(answer.body)
    assert sum(value for name, value in found.items() if name.startswith("nablascope_runs{")) == 2
    assert (
        0
        <= found["nablascope_queue_wait_seconds"]
        <= time.time() - min((run.queued_at for run in queued_at), default=0.0)
    )
    assert found["nablascope_workers"] == 1
    assert found['nablascope_memory_bytes{of="server"}'] > 2**20
    assert found['nablascope_memory_bytes{of="workers"}'] > 2**20
    assert (found["nablascope_film_answers_total"], found["nablascope_film_bytes_total"]) == (3, 5)
    assert found["nablascope_max_concurrent_runs"] == 1
    assert not [name for name in found if name.startswith("nablascope_cluster")], "this machine does the runs"


def test_the_nodes_of_a_cluster_are_in_the_metrics(
    runner: LocalRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = (ClusterNode("a", "a", 2, 1, ""), ClusterNode("b", "", 0, 0, "torch cannot be found"))
    monkeypatch.setattr(runner, "cluster", lambda: Report(nodes, 2))
    found = assert_is_openmetrics(ask(app(runner), "/metrics").body)
    states = [found[f'nablascope_cluster_nodes{{state="{state}"}}'] for state in ("ready", "refused")]
    assert states == [1, 1]
