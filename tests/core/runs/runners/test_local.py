"""The runner and its workers: started, stopped, paused, killed. Real processes, real trainings, no mocks."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from core.jobs import CHECKPOINT_EVERY_S
from core.records import to_record
from core.runs.runners import local
from core.runs.runners.local import LocalRunner, default_limit, interpreter
from core.runs.status import FAILED, FINISHED, INTERRUPTED, PAUSED, QUEUED, RUNNING, STOPPED
from core.runs.store import Run, RunStore
from core.timing.sweeps.config import SweepConfig
from core.training.config import default_config
from core.training.ensembles.config import EnsembleConfig
from core.training.ensembles.job import evaluated_epochs
from tests.waiting import wait_until

SHORT = to_record(default_config("mlp", "moons", epochs=3))
LONG = to_record(default_config("mlp", "moons", epochs=10_000, engine="eager"))


def run_of(store: RunStore, run_id: str) -> Run:
    run = store.get(run_id)
    assert run is not None
    return run


def pid_of(run: Run) -> int:
    assert run.worker is not None
    return int(run.worker.split("/")[-2])


@pytest.fixture(scope="module")
def shared_runner(shared_place: Path | str) -> Iterator[LocalRunner]:
    runner = LocalRunner(shared_place, limit=1)
    yield runner
    runner.close()


@pytest.fixture
def runner(shared_runner: LocalRunner) -> Iterator[LocalRunner]:
    """A runner with nothing to do. It is one for all tests: a worker's start costs more than what it runs."""
    yield shared_runner
    for run in shared_runner.store.all_with_status(QUEUED, RUNNING, PAUSED):
        shared_runner.request(run.id, "stop")
        wait_until(lambda run_id=run.id: run_of(shared_runner.store, run_id).ended)  # type: ignore[misc]


def losses(store: RunStore, run_id: str) -> list[tuple[int, float]]:
    records = [record for _, record in store.events_after(run_id)]
    return [(r["epoch"], r["test_loss"]) for r in records if r["event"] == "epoch_completed"]


def test_a_killed_run_resumes_and_ends_with_the_numbers_of_one_that_was_not(runner: LocalRunner) -> None:
    config = to_record(default_config("mlp", "moons", epochs=60, engine="eager", snapshots=()))
    unharmed = runner.submit("training", config)
    wait_until(lambda: run_of(runner.store, unharmed).ended)
    killed = runner.submit("training", config)
    wait_until(lambda: run_of(runner.store, killed).status == RUNNING)
    worker = pid_of(run_of(runner.store, killed))
    os.kill(worker, signal.SIGSTOP)
    time.sleep(CHECKPOINT_EVERY_S)  # without work, so that the first steps hereafter make a checkpoint

    def has_a_checkpoint() -> bool:
        os.kill(worker, signal.SIGCONT)
        time.sleep(0.02)
        os.kill(worker, signal.SIGSTOP)
        resumable = runner.store.can_resume(killed) and len(losses(runner.store, killed)) > 0
        return resumable and not is_locked(runner.store.place)  # by what froze in the middle of writing

    wait_until(has_a_checkpoint)
    assert not run_of(runner.store, killed).ended
    waiting = runner.submit("training", SHORT)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: run_of(runner.store, waiting).ended)
    run = run_of(runner.store, killed)
    assert (run.status, run_of(runner.store, waiting).status) == (INTERRUPTED, FINISHED)
    assert "SIGKILL" in str(run.message)
    assert 0 < len(losses(runner.store, killed)) < 60
    runner.resume(killed)
    wait_until(lambda: run_of(runner.store, killed).ended)
    assert run_of(runner.store, killed).status == FINISHED
    assert losses(runner.store, killed) == losses(runner.store, unharmed)
    records = [record["event"] for _, record in runner.store.events_after(killed)]
    assert records.count("training_resumed") == 1


def test_a_branch_begins_where_the_other_run_stands(runner: LocalRunner) -> None:
    config = default_config("mlp", "moons", epochs=3)
    first = runner.submit("training", to_record(config))
    wait_until(lambda: run_of(runner.store, first).ended)
    branch = replace(config, epochs=5, learning_rate=0.02, resume_from=first)
    second = runner.submit("training", to_record(branch))
    wait_until(lambda: run_of(runner.store, second).ended)
    assert [epoch for epoch, _ in losses(runner.store, second)] == [4, 5]
    lost = runner.submit("training", to_record(replace(branch, resume_from="nothing")))
    wait_until(lambda: run_of(runner.store, lost).ended)
    assert run_of(runner.store, lost).message == "The run 'nothing' has no checkpoint to resume from."


def test_a_branch_begins_with_the_weights_of_a_frame(runner: LocalRunner) -> None:
    config = default_config("mlp", "moons", epochs=3)
    first = runner.submit("training", to_record(config))
    wait_until(lambda: run_of(runner.store, first).ended)
    frame = runner.store.frames(first)[7]
    branches = [replace(config, start_from=first, start_step=step) for step in (frame.step, 10**6)]
    second, wrong = (runner.submit("training", to_record(branch)) for branch in branches)
    wait_until(lambda: run_of(runner.store, second).ended and run_of(runner.store, wrong).ended)
    begun = runner.store.frames(second)[0]
    assert (begun.step, begun.values) == (0, frame.values)
    assert [epoch for epoch, _ in losses(runner.store, second)] == [1, 2, 3]
    assert str(run_of(runner.store, wrong).message).startswith("start_step 1000000 is no frame of the run ")


def test_a_film_is_drawn_afterwards_with_what_was_not_recorded(runner: LocalRunner) -> None:
    config = default_config("mlp", "moons", epochs=3, snapshots=())
    run_id = runner.submit("training", to_record(config))
    wait_until(lambda: run_of(runner.store, run_id).ended)
    asked = {"run_id": run_id, "store_file": runner.store.place, "snapshots": ["input_histograms"]}
    job, wrong = (runner.submit("film", each) for each in (asked, asked | {"snapshots": ["layer_norms"]}))
    wait_until(lambda: run_of(runner.store, job).ended and run_of(runner.store, wrong).ended)
    steps = [picture.step for _, picture in runner.store.film_pictures(run_id)]
    assert steps == runner.store.frame_steps(run_id)
    assert runner.store.pictures(run_id)["input_histograms"].step == steps[-1]
    assert run_of(runner.store, job).status == FINISHED
    assert "has to be recorded" in str(run_of(runner.store, wrong).message)


def test_a_setting_changes_while_it_runs(runner: LocalRunner) -> None:
    run_id = runner.submit("training", LONG)
    wait_until(lambda: len(losses(runner.store, run_id)) > 0)
    runner.store.change(run_id, {"learning_rate": 0.0123})
    runner.store.change(run_id, {"seed": 3})

    def answer() -> list[dict[str, object]]:
        records = [record for _, record in runner.store.events_after(run_id)]
        return [record for record in records if record["event"].startswith("setting_")]

    wait_until(lambda: len(answer()) == 2)
    runner.request(run_id, "stop")
    changed, refused = answer()
    assert (changed["setting"], changed["before"], changed["after"]) == (
        "learning_rate",
        LONG["learning_rate"],
        0.0123,
    )
    assert (refused["event"], refused["setting"]) == ("setting_refused", "seed")
    wait_until(lambda: run_of(runner.store, run_id).ended)


def test_a_training_runs_to_its_end_and_is_recorded(runner: LocalRunner) -> None:
    run_id = runner.submit("training", SHORT)
    wait_until(lambda: run_of(runner.store, run_id).ended)
    run = run_of(runner.store, run_id)
    events = [record["event"] for _, record in runner.store.events_after(run_id)]
    assert run.status == FINISHED
    assert events[0] == "training_started"
    assert events.count("epoch_completed") == 3
    assert events[-1] == "training_finished"
    assert "decision_map" in runner.store.pictures(run_id)
    assert run.environment is not None
    assert run.environment["torch"].startswith("2.")


def test_one_run_at_a_time_and_the_others_wait_in_order(runner: LocalRunner) -> None:
    first, second, third = (runner.submit("training", LONG) for _ in range(3))
    wait_until(lambda: run_of(runner.store, first).status == RUNNING)
    assert [runner.store.queue_position(run_id) for run_id in (second, third)] == [1, 2]
    runner.request(first, "stop")
    wait_until(lambda: run_of(runner.store, second).status == RUNNING)
    assert run_of(runner.store, third).status == QUEUED


def test_a_long_run_gives_way_to_a_short_one_and_goes_on_where_it_stood(runner: LocalRunner) -> None:
    """Nothing is recorded twice, and nobody sees a second start."""
    config = to_record(default_config("mlp", "moons", epochs=1200, snapshots=(), engine="eager"))
    long = runner.submit("training", config)
    wait_until(lambda: len(losses(runner.store, long)) > 5)
    short = runner.submit("training", SHORT)
    wait_until(lambda: run_of(runner.store, short).ended)
    assert not run_of(runner.store, long).ended, "the short one waited for the end of the long one"
    stood = len(losses(runner.store, long))
    wait_until(lambda: len(losses(runner.store, long)) > stood + 20)
    runner.request(long, "stop")
    wait_until(lambda: run_of(runner.store, long).ended)
    run = run_of(runner.store, long)
    epochs = [epoch for epoch, _ in losses(runner.store, long)]
    assert epochs == list(range(1, len(epochs) + 1))
    records = [record["event"] for _, record in runner.store.events_after(long)]
    assert (records.count("training_started"), records.count("training_resumed")) == (1, 0)
    numbers = [sequence for sequence, _ in runner.store.events_after(long)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert run.ended_at is not None
    assert run.started_at is not None
    assert run.worked(run.ended_at) < run.ended_at - run.started_at, "it counts the time of the other"


def test_an_ensemble_gives_way_and_resumes_without_a_second_start(runner: LocalRunner) -> None:
    training = default_config("mlp", "moons", epochs=400, engine="eager")
    long = runner.submit("ensemble", to_record(EnsembleConfig(training, seeds=4)))
    wait_until(lambda: len(runner.store.events_after(long)) > 2)
    short = runner.submit("training", SHORT)
    wait_until(lambda: run_of(runner.store, short).ended)
    assert not run_of(runner.store, long).ended
    stood = len(runner.store.events_after(long))
    wait_until(lambda: len(runner.store.events_after(long)) > stood + 1)
    runner.request(long, "stop")
    wait_until(lambda: run_of(runner.store, long).ended)
    records = [record for _, record in runner.store.events_after(long)]
    epochs = [record["epoch"] for record in records if "epoch" in record]
    assert epochs == evaluated_epochs(400)[: len(epochs)]
    assert [record["event"] for record in records].count("ensemble_started") == 1


@pytest.mark.slow  # a second worker has to start, which takes seconds
def test_a_benchmark_gives_way_between_two_points_and_measures_each_once(runner: LocalRunner) -> None:
    sizes = tuple(range(16, 16 + 40))
    config = SweepConfig("gemm", sizes=sizes, dtypes=("float32",), threads=(1,), max_seconds=0.3)
    long = runner.submit("timing", to_record(config))

    def measured() -> list[int]:
        records = [record for _, record in runner.store.events_after(long)]
        return [record["size"] for record in records if record["event"] == "measurement_taken"]

    wait_until(lambda: len(measured()) > 0)
    worker = run_of(runner.store, long).worker
    short = runner.submit("training", SHORT)
    wait_until(lambda: run_of(runner.store, long).gave_way)
    assert run_of(runner.store, long).worker == worker, "its worker holds it"
    wait_until(lambda: run_of(runner.store, short).ended)
    assert len(measured()) < len(sizes)
    wait_until(lambda: run_of(runner.store, long).ended)
    run = run_of(runner.store, long)
    assert (run.status, run.worker) == (FINISHED, worker)
    assert measured() == [*sizes]
    (finished,) = [r for _, r in runner.store.events_after(long) if r["event"] == "sweep_finished"]
    assert finished["elapsed_s"] < run.worked(0) + 0.5, "it counts the time of the other"
    held = runner.submit("timing", to_record(config))  # one that is held can be stopped
    wait_until(lambda: run_of(runner.store, held).status == RUNNING)
    runner.submit("training", SHORT)
    wait_until(lambda: run_of(runner.store, held).gave_way or run_of(runner.store, held).ended)
    runner.request(held, "stop")
    wait_until(lambda: run_of(runner.store, held).ended)
    assert run_of(runner.store, held).status == STOPPED


def test_a_stopped_run_keeps_what_it_recorded(runner: LocalRunner) -> None:
    run_id = runner.submit("training", LONG)
    wait_until(lambda: len(runner.store.events_after(run_id)) > 5)
    runner.request(run_id, "stop")
    wait_until(lambda: run_of(runner.store, run_id).ended)
    assert run_of(runner.store, run_id).status == STOPPED
    assert len(runner.store.events_after(run_id)) > 5


def test_a_pause_holds_still_and_a_resume_continues(runner: LocalRunner) -> None:
    run_id = runner.submit("training", LONG)
    wait_until(lambda: len(runner.store.events_after(run_id)) > 5)
    runner.request(run_id, "pause")
    wait_until(lambda: run_of(runner.store, run_id).status == PAUSED)
    held = len(runner.store.events_after(run_id))
    other = runner.submit("training", SHORT)  # a paused run gives its place to others
    wait_until(lambda: run_of(runner.store, other).ended)
    assert len(runner.store.events_after(run_id)) == held
    runner.request(run_id, "resume")
    wait_until(lambda: len(runner.store.events_after(run_id)) > held + 5)
    assert run_of(runner.store, run_id).status == RUNNING
    numbers = [sequence for sequence, _ in runner.store.events_after(run_id)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_paused_run_can_be_stopped(runner: LocalRunner) -> None:
    run_id = runner.submit("training", LONG)
    wait_until(lambda: run_of(runner.store, run_id).status == RUNNING)
    runner.request(run_id, "pause")
    wait_until(lambda: run_of(runner.store, run_id).status == PAUSED)
    runner.request(run_id, "stop")
    wait_until(lambda: run_of(runner.store, run_id).ended)
    assert run_of(runner.store, run_id).status == STOPPED


@pytest.mark.slow  # as the one below, which is harder
def test_stop_ends_a_run_that_is_stuck_in_one_step(runner: LocalRunner) -> None:
    run_id = runner.submit("training", LONG)
    wait_until(lambda: run_of(runner.store, run_id).status == RUNNING)
    os.kill(pid_of(run_of(runner.store, run_id)), signal.SIGSTOP)  # as still as a step that never ends
    runner.request(run_id, "stop")
    wait_until(lambda: run_of(runner.store, run_id).ended)
    assert run_of(runner.store, run_id).status == STOPPED


def is_locked(store_file: str) -> bool:
    if store_file.startswith("postgresql:"):  # a worker has no lock that another run waits for
        return False
    connection = sqlite3.connect(store_file, timeout=0)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.rollback()
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


@pytest.mark.parametrize("shared_place", ["sqlite"], indirect=True)
def test_stop_ends_a_run_that_froze_while_it_held_the_files_lock(runner: LocalRunner) -> None:
    run_id = runner.submit("training", LONG)
    wait_until(lambda: run_of(runner.store, run_id).status == RUNNING)
    process = pid_of(run_of(runner.store, run_id))

    def frozen_with_the_lock() -> bool:
        os.kill(process, signal.SIGCONT)
        time.sleep(0.002)
        os.kill(process, signal.SIGSTOP)
        return is_locked(runner.store.place)

    wait_until(frozen_with_the_lock)
    runner.request(run_id, "stop")
    wait_until(lambda: run_of(runner.store, run_id).ended)
    assert run_of(runner.store, run_id).status == STOPPED
    wait_until(lambda: not psutil.pid_exists(process))  # frozen, it would have held the lock for ever


def test_a_killed_worker_does_not_block_the_queue_with_the_run_that_it_held(runner: LocalRunner) -> None:
    held, going = runner.submit("training", LONG), runner.submit("training", LONG)
    wait_until(lambda: run_of(runner.store, held).status == RUNNING)
    worker = pid_of(run_of(runner.store, held))
    runner.request(held, "pause")
    wait_until(lambda: run_of(runner.store, going).status == RUNNING)
    runner.request(held, "resume")
    assert run_of(runner.store, held).status == QUEUED
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: run_of(runner.store, held).ended)
    runner.request(going, "stop")
    last = runner.submit("training", SHORT)
    wait_until(lambda: run_of(runner.store, last).ended)
    assert run_of(runner.store, last).status == FINISHED


def test_what_cannot_be_done_fails_in_one_sentence(runner: LocalRunner) -> None:
    run_id = runner.submit("training", SHORT | {"model": "no such network"})
    wait_until(lambda: run_of(runner.store, run_id).ended)
    run = run_of(runner.store, run_id)
    assert run.status == FAILED
    assert "no such network" in str(run.message)
    assert "Traceback" not in str(run.message)


SERVER = """
import sys, time
from core.runs.runners.local import LocalRunner
from tests.core.runs.runners.test_local import LONG
runner = LocalRunner(sys.argv[1], limit=1)
print(runner.submit("training", LONG), flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize(
    "signal_sent", [pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGKILL]
)
def test_workers_end_with_their_server_and_the_run_says_so(
    place: Path | str, signal_sent: signal.Signals
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(place)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        run_id = server.stdout.readline().strip()
        store = RunStore(place)
        wait_until(lambda: len(store.events_after(run_id)) > 5)
        workers = [process.pid for process in psutil.Process(server.pid).children()]
        assert workers
        server.send_signal(signal_sent)
        server.wait()
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in workers))
    run = run_of(store, run_id)
    assert run.status == INTERRUPTED
    assert len(store.events_after(run_id)) > 5
    store.close()


def test_after_a_crash_of_server_and_workers_the_next_server_tells_the_truth(place: Path | str) -> None:
    first = LocalRunner(place, limit=1)
    run_id = first.submit("training", LONG)
    wait_until(lambda: len(first.store.events_after(run_id)) > 5 and first.store.can_resume(run_id))
    # The whole machine goes down: nobody is left to write that the run ended.
    first._closing.set()
    first._changed.set()
    first._thread.join()
    first._pruning.join()
    worker = psutil.Process(pid_of(run_of(first.store, run_id)))
    worker.kill()
    worker.wait()
    assert run_of(first.store, run_id).status == RUNNING
    waiting = first.store.create("training", SHORT)
    second = LocalRunner(place, limit=1)
    wait_until(lambda: run_of(second.store, waiting).ended)
    assert run_of(second.store, run_id).status == INTERRUPTED
    assert run_of(second.store, waiting).status == FINISHED
    recorded = len(second.store.events_after(run_id))
    assert second.resume_what_a_restart_left() == [run_id]
    wait_until(lambda: len(second.store.events_after(run_id)) > recorded)  # it goes on, from its checkpoint
    assert run_of(second.store, run_id).status == RUNNING
    first.close()
    second.close()


def test_the_limit_can_be_set_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NABLASCOPE_MAX_RUNS", "3")
    assert default_limit() == 3
    monkeypatch.setenv("NABLASCOPE_MAX_RUNS", "none")
    with pytest.raises(ValueError, match="whole number"):
        default_limit()
    monkeypatch.delenv("NABLASCOPE_MAX_RUNS")
    assert default_limit() >= 1


def test_under_windows_the_worker_is_the_process_that_the_runner_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert interpreter() == (sys.executable, None)
    launcher, base = r"C:\venv\Scripts\python.exe", r"C:\Python\python.exe"
    monkeypatch.setattr(
        local, "sys", SimpleNamespace(platform="win32", executable=launcher, _base_executable=base)
    )
    program, environment = interpreter()
    assert program == base
    assert environment is not None
    assert environment["__PYVENV_LAUNCHER__"] == launcher


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "ended unexpectedly."),
        (1, "ended unexpectedly."),
        (0xC0000005, "(0xC0000005)."),
        (-9, "SIGKILL). The system may have run out of memory."),
        (-11, "SIGSEGV)."),
        (-35, "ended unexpectedly."),
    ],
)
def test_every_way_in_which_a_worker_can_end_has_words(code: int, words: str) -> None:
    assert local._exit_reason(code).endswith(words)
