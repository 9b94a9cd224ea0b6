"""Runs on a real Ray of two nodes: the local runner's promises, and what a node's death makes of them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.jobs import CHECKPOINT_EVERY_S
from core.operator_settings import variable
from core.records import from_record, to_record
from core.runs.operating import NODE_LOST, SERVER_ENDED
from core.runs.quota import Owner
from core.runs.runners.ray_runner import RayRunner
from core.runs.status import FINISHED, INTERRUPTED, LIMITED, PAUSED, QUEUED, RUNNING, STOPPED
from core.timing.sweeps.config import SweepConfig
from core.training.config import TrainConfig, default_config
from core.training.events import EpochCompleted
from core.training.loop import train
from tests.core.cluster.started import NEEDS_RAY, Nodes, two_nodes
from tests.core.runs.runners.test_local import is_locked, losses, pid_of, run_of
from tests.waiting import wait_until

pytestmark = NEEDS_RAY

# Eager, since a node would first have to compile.
SHORT = to_record(default_config("mlp", "moons", epochs=3, engine="eager"))
LONG = to_record(default_config("mlp", "moons", epochs=10_000, engine="eager", snapshots=()))


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with two_nodes(tmp_path_factory.mktemp("ray") / "log") as started:
        yield started


@pytest.fixture(scope="module")
def shared_runner(nodes: Nodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayRunner]:
    runner = RayRunner(tmp_path_factory.mktemp("runs") / "runs.sqlite", nodes.address)
    try:
        wait_until(lambda: runner.max_concurrent_runs() == 2)
        yield runner
    finally:
        runner.close()


@pytest.fixture
def runner(shared_runner: RayRunner) -> Iterator[RayRunner]:
    """A runner with both nodes and nothing to do."""
    wait_until(lambda: shared_runner.max_concurrent_runs() == 2)
    yield shared_runner
    store = shared_runner.store
    for run in store.all_with_status(QUEUED, RUNNING, PAUSED):
        shared_runner.request(run.id, "stop")
    wait_until(lambda: not store.all_with_status(QUEUED, RUNNING, PAUSED))


def at_home(config: dict[str, object]) -> list[tuple[int, float]]:
    """The losses of the same training in this process."""
    events = train(from_record(TrainConfig, config))
    return [(event.epoch, event.test_loss) for event in events if isinstance(event, EpochCompleted)]


def ended(runner: RayRunner, *run_ids: str) -> None:
    wait_until(lambda: all(run_of(runner.store, run_id).ended for run_id in run_ids))


def started(runner: RayRunner, run_id: str) -> None:
    wait_until(lambda: len(runner.store.events_after(run_id)) > 5)


def test_a_training_has_the_numbers_of_one_machine(runner: RayRunner) -> None:
    run_id = runner.submit("training", SHORT)
    ended(runner, run_id)
    run = run_of(runner.store, run_id)
    assert (run.status, run.message) == (FINISHED, None)
    assert losses(runner.store, run_id) == at_home(SHORT)
    records = [record["event"] for _, record in runner.store.events_after(run_id)]
    assert (records[0], records[-1]) == ("training_started", "training_finished")
    assert "decision_map" in runner.store.pictures(run_id)
    assert run.environment is not None
    assert psutil.Process(pid_of(run)).name().startswith("ray::"), "a node's process has done it"


def test_two_runs_are_at_work_at_once_and_the_others_wait_in_order(runner: RayRunner) -> None:
    first, second, third = (runner.submit("training", LONG) for _ in range(3))
    started(runner, first)
    started(runner, second)
    assert run_of(runner.store, third).status == QUEUED
    said = runner.cluster()
    assert said is not None
    assert [node.at_work for node in said.nodes] == [1, 1]
    workers = {pid_of(run_of(runner.store, run_id)) for run_id in (first, second)}
    assert len(workers) == 2
    runner.request(first, "stop")
    wait_until(lambda: run_of(runner.store, third).status == RUNNING)
    assert run_of(runner.store, first).message == "Stopped."


def test_a_long_run_gives_way_to_a_short_one_and_resumes_where_it_stood(runner: RayRunner) -> None:
    class_, other = Owner("a", None), Owner("b", None)
    longs = [runner.submit("training", LONG, class_) for _ in range(2)]
    for run_id in longs:
        started(runner, run_id)
    short = runner.submit("training", SHORT, other)
    ended(runner, short)
    assert not any(run_of(runner.store, run_id).ended for run_id in longs)
    gave_way = [run_id for run_id in longs if run_of(runner.store, run_id).worked_s > 0]
    assert gave_way
    stood = {run_id: len(losses(runner.store, run_id)) for run_id in gave_way}
    for run_id in gave_way:
        wait_until(lambda run_id=run_id: len(losses(runner.store, run_id)) > stood[run_id] + 5)  # type: ignore[misc]
        epochs = [epoch for epoch, _ in losses(runner.store, run_id)]
        assert epochs == list(range(1, len(epochs) + 1))
        records = [record["event"] for _, record in runner.store.events_after(run_id)]
        assert (records.count("training_started"), records.count("training_resumed")) == (1, 0)


def test_a_paused_run_leaves_its_node_to_others_and_resumes(runner: RayRunner) -> None:
    paused = [runner.submit("training", LONG) for _ in range(2)]
    for run_id in paused:
        started(runner, run_id)
        runner.request(run_id, "pause")
        wait_until(lambda run_id=run_id: run_of(runner.store, run_id).status == PAUSED)  # type: ignore[misc]
    others = [runner.submit("training", SHORT) for _ in range(2)]
    ended(runner, *others)
    assert {run_of(runner.store, run_id).status for run_id in others} == {FINISHED}
    held = len(runner.store.events_after(paused[0]))
    runner.request(paused[0], "resume")
    wait_until(lambda: len(runner.store.events_after(paused[0])) > held + 5)
    runner.request(paused[1], "stop")
    ended(runner, paused[1])
    assert run_of(runner.store, paused[1]).status == STOPPED


def test_stop_ends_a_process_that_answers_nobody(runner: RayRunner) -> None:
    run_id = runner.submit("training", LONG)
    started(runner, run_id)
    process = psutil.Process(pid_of(run_of(runner.store, run_id)))
    process.suspend()
    wait_until(lambda: not is_locked(runner.store.place) or process.resume() or process.suspend())
    runner.request(run_id, "stop")
    ended(runner, run_id)
    run = run_of(runner.store, run_id)
    assert (run.status, run.message) == (STOPPED, "Stopped in the middle of a step.")
    wait_until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
    after = runner.submit("training", SHORT)
    ended(runner, after)
    assert run_of(runner.store, after).status == FINISHED


def test_a_killed_process_is_said_and_its_run_can_be_resumed(runner: RayRunner) -> None:
    run_id = runner.submit("training", LONG)
    started(runner, run_id)
    os.kill(pid_of(run_of(runner.store, run_id)), signal.SIGKILL)
    ended(runner, run_id)
    run = run_of(runner.store, run_id)
    assert run.status == INTERRUPTED
    assert "its process died. The system may have run out of memory." in str(run.message)
    assert runner.resume_what_a_restart_left() == [], "it may be what kills its process"
    before = len(losses(runner.store, run_id))
    runner.resume(run_id)
    wait_until(lambda: len(losses(runner.store, run_id)) > before + 5)


def test_a_benchmark_runs_alone_on_its_machine(runner: RayRunner) -> None:
    """Both nodes are on this machine."""
    sizes = tuple(range(16, 16 + 8))
    config = SweepConfig("gemm", sizes=sizes, dtypes=("float32",), threads=(1,), max_seconds=0.1)
    benchmark = runner.submit("timing", to_record(config))
    waiting = runner.submit("training", LONG)
    ended(runner, benchmark)
    run, other = run_of(runner.store, benchmark), run_of(runner.store, waiting)
    assert (run.status, run.message) == (FINISHED, None)
    records = [record for _, record in runner.store.events_after(benchmark)]
    assert [r["size"] for r in records if r["event"] == "measurement_taken"] == [*sizes]
    wait_until(lambda: run_of(runner.store, waiting).status == RUNNING)
    other = run_of(runner.store, waiting)
    assert other.started_at is not None
    assert run.ended_at is not None
    assert run.started_at is not None
    assert other.started_at >= run.ended_at or other.started_at < run.started_at


def test_what_cannot_be_done_fails_in_one_sentence(runner: RayRunner) -> None:
    on_gpu = runner.submit("training", SHORT | {"device": "cuda"})
    ended(runner, on_gpu)
    message = str(run_of(runner.store, on_gpu).message)
    assert message.startswith("No node of the cluster can do it. ")
    assert "0 GPUs that Ray may use, and it needs 1" in message
    lost = runner.submit("training", SHORT | {"resume_from": "nothing"})
    ended(runner, lost)
    assert run_of(runner.store, lost).message == "The run 'nothing' has no checkpoint to resume from."


def test_the_run_of_a_lost_node_resumes_at_another_with_the_same_numbers(
    runner: RayRunner, nodes: Nodes
) -> None:
    config = to_record(default_config("mlp", "moons", epochs=100, engine="eager", snapshots=()))
    if int(nodes.do("where")):  # the first run goes to the first of two empty nodes
        started(runner, runner.submit("training", LONG))
    lost = runner.submit("training", config)
    wait_until(lambda: run_of(runner.store, lost).status == RUNNING)
    worker = pid_of(run_of(runner.store, lost))
    os.kill(worker, signal.SIGSTOP)
    time.sleep(CHECKPOINT_EVERY_S)  # without work, so that the first steps hereafter make a checkpoint

    def has_a_checkpoint() -> bool:
        os.kill(worker, signal.SIGCONT)
        time.sleep(0.02)
        os.kill(worker, signal.SIGSTOP)
        resumable = runner.store.can_resume(lost) and len(losses(runner.store, lost)) > 0
        return resumable and not is_locked(runner.store.place)

    wait_until(has_a_checkpoint)
    assert not run_of(runner.store, lost).ended
    nodes.do("kill")
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker, signal.SIGCONT)
    ended(runner, lost)
    run = run_of(runner.store, lost)
    assert (run.status, run.message) == (INTERRUPTED, NODE_LOST)
    assert 0 < len(losses(runner.store, lost)) < 100
    wait_until(lambda: runner.max_concurrent_runs() == 1)
    for other in runner.store.all_with_status(RUNNING):
        runner.request(other.id, "stop")
    wait_until(lambda: not psutil.pid_exists(worker))
    assert runner.resume_what_a_restart_left() == [lost]
    ended(runner, lost)
    assert run_of(runner.store, lost).status == FINISHED
    assert losses(runner.store, lost) == at_home(config)
    records = [record["event"] for _, record in runner.store.events_after(lost)]
    assert records.count("training_resumed") == 1
    nodes.do("add")


def test_the_end_of_the_server_ends_its_runs_on_all_nodes_and_the_limits_of_one_are_kept(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable("max_run_minutes"), "0.2")
    server = RayRunner(tmp_path / "runs.sqlite", nodes.address)
    try:
        limited = server.submit("training", LONG)
        ended(server, limited)
        run = run_of(server.store, limited)
        assert run.status == LIMITED
        assert "Ended by this server’s limit of 12 s of work" in str(run.message)
        last = server.submit("training", LONG)
        wait_until(lambda: run_of(server.store, last).status == RUNNING)
        worker = psutil.Process(pid_of(run_of(server.store, last)))
    finally:
        server.close()
    run = run_of(server.store, last)
    assert (run.status, run.message) == (INTERRUPTED, SERVER_ENDED)
    wait_until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


def test_a_cluster_that_does_not_answer_is_said_and_runs_wait(tmp_path: Path, nodes: Nodes) -> None:
    server = RayRunner(tmp_path / "runs.sqlite", "127.0.0.1:4")
    try:
        run_id = server.submit("training", SHORT)
        wait_until(lambda: "Connection refused" in str(server.unready_reason()))
        assert server.unready_reason() == "No Ray cluster answers at 127.0.0.1:4: Connection refused."
        assert run_of(server.store, run_id).status == QUEUED
    finally:
        server.close()
