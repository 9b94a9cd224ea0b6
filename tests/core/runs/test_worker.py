"""What a worker does with a job that it is to stop."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.events import Picture, Progress
from core.records import to_record
from core.runs import recorder
from core.runs.recorder import Recorder
from core.runs.status import FINISHED, QUEUED
from core.runs.store import Run, RunStore
from core.runs.worker import _last_events, _may_be_held
from core.training import default_config, loop
from core.training.loop import train
from tests.waiting import wait_until

CONFIG = default_config("gan", "ring", epochs=50, snapshots=("generated",), snapshot_every_s=60.0)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    with contextlib.closing(RunStore(tmp_path / "runs.sqlite")) as store:
        found = store.get(store.create("training", to_record(CONFIG)))
    assert found is not None
    return found


def test_a_training_shows_its_last_step_before_it_ends(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "MAX_LAST_MOMENT_S", 60.0)
    events = train(CONFIG)
    steps = (event.done for event in events if isinstance(event, Progress) and event.unit == "steps")
    step = next(done for done in steps if done >= 1)
    last = [event for event in _last_events(run, events) if isinstance(event, Picture)]
    assert [(picture.name, picture.step) for picture in last] == [("generated", step)]
    assert next(events, None) is None


def test_a_run_is_held_only_where_nothing_is_measured_and_comes_back_to_its_worker(tmp_path: Path) -> None:
    inside, between = Progress(1, 9, "points"), Progress(1, 9, "points", between=True)
    with contextlib.closing(RunStore(tmp_path / "runs.sqlite")) as store:
        for exclusive, expected in ((True, [False, True]), (False, [True, True])):
            run_id = store.create("timing", {}, exclusive=exclusive, holdable=True)
            run = store.claim("mine", 1)
            assert run is not None
            assert [_may_be_held(run, event) for event in (inside, between)] == expected
            assert not _may_be_held(replace(run, holdable=False), between)
            store.give_way(run_id, held=True)
            assert store.claim("other", 1) is None
            held = store.get(run_id)
            assert held is not None
            assert (held.status, held.worker, held.gave_way) == (QUEUED, "mine", True)
            again = store.claim("mine", 1, run_id)
            assert again is not None
            assert again.id == run_id
            store.end(run_id, FINISHED)


def test_a_job_of_another_kind_ends_where_it_stands(run: Run) -> None:
    def job() -> Generator[int, None, None]:
        yield 1
        yield 2

    events = job()
    next(events)
    assert [*_last_events(replace(run, job="cost"), events)] == []


def test_a_signal_to_all_processes_leaves_the_worker_to_the_end_of_its_server(tmp_path: Path) -> None:
    """As service managers send it."""
    RunStore(tmp_path / "runs.sqlite").close()
    for number in (signal.SIGTERM, signal.SIGINT):
        with started_worker(tmp_path) as worker:
            worker.send_signal(number)
            with pytest.raises(subprocess.TimeoutExpired):
                worker.wait(0.5)
            assert worker.stdin is not None
            worker.stdin.close()
            assert worker.wait() == 0


@pytest.mark.slow
def test_a_signal_to_the_worker_alone_ends_it_a_moment_later(tmp_path: Path) -> None:
    RunStore(tmp_path / "runs.sqlite").close()
    with started_worker(tmp_path) as worker:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait() == -signal.SIGTERM


@contextlib.contextmanager
def started_worker(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One that heeds signals as it means to."""
    command = [sys.executable, "-m", "core.runs.worker", str(home / "runs.sqlite"), "1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as worker:
        status = Path(f"/proc/{worker.pid}/status")
        if not status.exists():
            pytest.skip("only Linux says which signals a process catches")
        wait_until(lambda: _catches(status.read_text(), signal.SIGTERM))
        yield worker


def _catches(status: str, number: int) -> bool:
    (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (number - 1) & 1)


ORDER = """
import sys, threading
from pathlib import Path
from core.events import Progress
from core.jobs import JOBS, Job
from core.runs import worker
from core.runs.store import RunStore

def job(config):
    print("run", flush=True)
    yield Progress(1, 1, "steps")

def warm():
    print("warm", flush=True)

JOBS["said"] = Job(job)
worker.import_frameworks = warm
worker.Worker(lambda: RunStore(Path(sys.argv[1])), 1).work()
"""


def test_a_worker_warms_up_when_no_run_waits_for_it(tmp_path: Path) -> None:
    store_file = tmp_path / "runs.sqlite"
    with contextlib.closing(RunStore(store_file)) as store:
        store.create("said", {})
    command = [sys.executable, "-c", ORDER, str(store_file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        said = [worker.stdout.readline() for _ in range(2)]
        worker.stdin.close()
    assert said == ["run\n", "warm\n"]


def test_the_first_picture_is_in_the_store_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "WRITE_EVERY_S", 3600.0)
    with contextlib.closing(RunStore(tmp_path / "runs.sqlite")) as store:
        run_id = store.create("training", {})
        sink = Recorder(store, run_id)
        sink.add(Progress(0, 2, "steps"))
        for step in (1, 2):
            sink.add(Progress(step, 2, "steps"))
            sink.add(Picture("map", step, {}))
        assert store.pictures(run_id)["map"].step == 1
        sink.finish()
        assert store.pictures(run_id)["map"].step == 2
