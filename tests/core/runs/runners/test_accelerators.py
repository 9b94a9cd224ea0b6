"""A worker that has opened an accelerator ends after its run, and a fresh one does the next."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.jobs import JOBS, Job
from core.runs.runners.local import LocalRunner
from core.runs.status import FAILED, FINISHED
from tests.core.runs.runners.test_local import pid_of, run_of
from tests.waiting import wait_until

# Both jobs only tell the process's environment; "opens" leaves behind what the first use of a GPU does.
WORKER = """
import sys
import time
from pathlib import Path
from core.errors import InvalidRequest
from core.jobs import JOBS, Job
from core.runs import worker
from core.runs.store import RunStore
from core.torch_devices import accelerator_opened

def job(opens):
    def start(config):
        import torch
        torch.cuda._initialized = opens
        assert accelerator_opened() == opens
        if config.get("refused"):
            raise InvalidRequest("It cannot be done.")
        while not Path(config.get("until", "/")).exists():
            time.sleep(0.02)
        yield {"event": "done"}
    return Job(start)

def imports():
    import torch
worker.import_frameworks = imports  # the rest takes seconds and plays no part
worker.Recorder.add = lambda self, event: None
JOBS["opens"], JOBS["computes"] = job(True), job(False)
worker.Worker(lambda: RunStore(Path(sys.argv[1])), 1).work()
"""


class Runner(LocalRunner):
    """Its workers know two jobs more."""

    def _start_worker(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", WORKER, str(self._store_file)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def workers_of(store_file: Path) -> set[int]:
    """Processes that work on the runs of a store."""
    children = (child for child in psutil.Process().children() if str(store_file) in child.cmdline())
    return {child.pid for child in children}


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalRunner]:
    for name in ("opens", "computes"):
        monkeypatch.setitem(JOBS, name, Job(iter))
    runner = Runner(tmp_path / "runs.sqlite", limit=1)
    yield runner
    runner.close()


def test_each_run_that_opens_an_accelerator_has_a_worker_of_its_own(runner: LocalRunner) -> None:
    workers = []
    for job, config in (("computes", {}), ("opens", {}), ("opens", {"refused": True}), ("computes", {})):
        run_id = runner.submit(job, config)
        wait_until(lambda run_id=run_id: run_of(runner.store, run_id).ended)
        run = run_of(runner.store, run_id)
        assert run.status == (FAILED if config else FINISHED), run.message
        workers.append(pid_of(run))
    assert workers[0] == workers[1]  # what computes on the CPU leaves its worker warm
    assert len(set(workers[1:])) == 3
    wait_until(lambda: not any(map(psutil.pid_exists, workers[1:3])))


def test_while_an_accelerator_is_in_use_the_worker_of_the_next_run_gets_warm(
    runner: LocalRunner, tmp_path: Path
) -> None:
    store_file, end = tmp_path / "runs.sqlite", tmp_path / "end"
    first = runner.submit("opens", {"device": "cuda:0", "until": str(end)})
    wait_until(lambda: len(workers_of(store_file)) == 2)
    (successor,) = workers_of(store_file) - {pid_of(run_of(runner.store, first))}
    end.touch()
    wait_until(lambda: run_of(runner.store, first).ended)
    second = runner.submit("computes", {})
    wait_until(lambda: run_of(runner.store, second).ended)
    assert pid_of(run_of(runner.store, second)) == successor
