"""What a run may take: the rules and their words, and real runs that take more."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.errors import InvalidRequest
from core.jobs import CHECKPOINT_EVERY_S
from core.records import to_record
from core.runs.runners import usage
from core.runs.runners.limits import (
    IDLE_WORKER_BYTES,
    NO_LIMITS,
    AboveLimit,
    Limits,
    Usage,
    ended_by,
    expected_usage,
    operator_limits,
)
from core.runs.runners.local import LocalRunner
from core.runs.runners.usage import UsageMeter
from core.runs.status import LIMITED
from core.runs.store import RunStore
from core.timing.quick_check.config import QuickCheckConfig
from core.timing.sweeps.config import SweepConfig
from core.training.config import default_config
from core.training.ensembles.config import EnsembleConfig
from tests.core.runs.runners.test_local import LONG, run_of
from tests.waiting import wait_until

MIB = 2**20
ALL = Limits(seconds=3600, memory_bytes=4096 * MIB, disk_bytes=512 * MIB)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRunner]:
    runner = LocalRunner(tmp_path_factory.mktemp("limits") / "runs.sqlite", limit=1)
    yield runner
    runner.close()


@pytest.mark.parametrize(
    ("variables", "limits", "said"),
    [
        ({}, NO_LIMITS, ""),
        ({"SHARED": "1"}, ALL, "60 min of work, 4 GiB of memory and 512 MiB of disk"),
        (
            {"SHARED": "1", "MAX_RUN_MINUTES": "0", "MAX_RUN_DISK_MIB": "0"},
            replace(NO_LIMITS, memory_bytes=ALL.memory_bytes),
            "4 GiB of memory",
        ),
        ({"MAX_RUN_MINUTES": "0.5"}, Limits(seconds=30), "30 s of work"),
        (
            {"MAX_RUN_MINUTES": "1440", "MAX_RUN_DISK_MIB": "1"},
            Limits(86400, None, MIB),
            "24 h of work and 1 MiB of disk",
        ),
    ],
)
def test_the_operator_sets_them_and_a_shared_server_has_some(
    variables: dict[str, str], limits: Limits, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"NABLASCOPE_{name}", value)
    assert operator_limits() == limits
    assert str(limits) == said
    assert bool(limits) == bool(said)


def test_a_limit_that_would_end_every_run_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NABLASCOPE_MAX_RUN_MEMORY_MIB", "100")
    with pytest.raises(InvalidRequest, match=r"MAX_RUN_MEMORY_MIB 100 .* 0, for no limit, or at least 512"):
        operator_limits()


@pytest.mark.parametrize(
    ("job", "config", "limits", "said"),
    [
        ("training", LONG, Limits(seconds=20), "about 50 s of work, .* allows 20 s .* end after 20 seconds"),
        (
            "ensemble",
            to_record(EnsembleConfig(default_config("mlp", "moons", epochs=1000), 100)),
            Limits(seconds=60),
            "about 8.33 min",
        ),
        ("stress", {"minutes": 90.0}, ALL, "about 90 min of work, .* allows 60 min"),
        (
            "timing",
            to_record(SweepConfig("gemm", sizes=(4096,))),
            Limits(memory_bytes=512 * MIB),
            "about 592 MiB of memory, .* allows 512 MiB",
        ),
        (
            "training",
            to_record(
                default_config(
                    "resnet",
                    "mnist5k",
                    batch_size=1024,
                    model_options={"depth": "56", "width": 32},
                    max_steps=1,
                )
            ),
            ALL,
            "about .* GiB of memory, .* allows 4 GiB",
        ),
        (
            "training",
            to_record(default_config("mlp", "moons", epochs=10_000, max_seconds=60.0)),
            replace(ALL, disk_bytes=4 * MIB),
            "about .* MiB of disk, .* allows 4 MiB .* fewer epochs",
        ),
    ],
)
def test_what_is_expected_to_take_more_is_refused_before_it_starts(
    job: str, config: dict[str, Any], limits: Limits, said: str, runner: LocalRunner
) -> None:
    runner.limits = limits
    with pytest.raises(AboveLimit, match=said):
        runner.submit(job, config)
    assert runner.store.all_with_status("queued", "running") == []
    NO_LIMITS.check(job, config)


def test_what_ends_itself_in_time_and_what_is_not_known_may_start() -> None:
    Limits(seconds=20).check("training", LONG | {"max_seconds": 15.0})
    Limits(seconds=20).check("training", LONG | {"device": "cuda"})  # a GPU's time is not known before
    assert expected_usage("statements", {}) == Usage()


def test_a_run_that_writes_too_much_or_works_too_long_ends_and_keeps_what_it_recorded(
    runner: LocalRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "DISK_EVERY_S", 0.1)
    store, runner.limits = runner.store, NO_LIMITS
    run_id = runner.submit("training", LONG)
    wait_until(lambda: "epoch_completed" in [record["event"] for _, record in store.events_after(run_id)])
    runner.limits = Limits(disk_bytes=64 * 1024)  # less than is expected

    def ended_at(words: str) -> float:
        wait_until(lambda: run_of(store, run_id).ended)
        run = run_of(store, run_id)
        assert run.status == LIMITED
        assert str(run.message).startswith(f"Ended by this server’s limit of {words}")
        assert str(run.message).endswith("; what it recorded is kept.")
        with pytest.raises(AboveLimit, match=f"has had the {words} that this server allows"):
            runner.resume(run_id)
        return run.worked(0)

    worked_s = ended_at("64 KiB of disk")
    recorded = [record["event"] for _, record in store.events_after(run_id)]
    assert "epoch_completed" in recorded
    runner.limits = Limits(seconds=worked_s + CHECKPOINT_EVERY_S)  # the operator has changed his mind
    runner.resume(run_id)
    assert ended_at(str(runner.limits)) >= worked_s + CHECKPOINT_EVERY_S
    assert store.can_resume(run_id)


def test_waits_and_pauses_are_no_work(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs.sqlite")
    run_id = store.create("training", LONG)
    claimed = store.claim("worker", 1)
    assert claimed
    assert claimed.claimed_at
    meter, limits = UsageMeter(store), Limits(seconds=10)
    assert meter.reached(claimed, os.getpid(), limits, claimed.claimed_at + 9) is None
    assert meter.reached(claimed, os.getpid(), limits, claimed.claimed_at + 10) == "10 s of work"
    store.pause(run_id)
    paused = run_of(store, run_id)
    assert meter.reached(paused, os.getpid(), limits, claimed.claimed_at + 1000) is None
    store.close()


def test_memory_is_that_of_the_worker_and_of_what_it_has_started(tmp_path: Path) -> None:
    """Here a program that has started another."""
    store = RunStore(tmp_path / "runs.sqlite")
    store.create("training", LONG)
    claimed = store.claim("worker", 1)
    assert claimed
    assert claimed.claimed_at
    held = "held = b'x' * 200_000_000; print(flush=True); input()"
    starts_it = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {held!r}])"
    worker = subprocess.Popen(
        [sys.executable, "-c", starts_it],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert worker.stdout
    worker.stdout.readline()

    def reached(mib: int) -> str | None:
        limits = Limits(memory_bytes=mib * MIB)
        return UsageMeter(store).reached(claimed, worker.pid, limits, claimed.claimed_at)

    assert psutil.Process(worker.pid).memory_info().rss < 150 * MIB
    assert (reached(150), reached(400)) == ("150 MiB of memory", None)
    worker.communicate(b"\n")
    assert reached(1) is None  # it has gone meanwhile
    store.close()


@pytest.mark.slow  # a worker dies, and the next one needs seconds
def test_a_run_that_takes_too_much_memory_is_ended_and_the_next_one_runs(runner: LocalRunner) -> None:
    runner.limits = Limits(memory_bytes=512 * MIB)
    run_id = runner.submit(
        "quick_check", to_record(QuickCheckConfig())
    )  # what it will take is not known before
    wait_until(lambda: run_of(runner.store, run_id).ended)
    run = run_of(runner.store, run_id)
    assert run.status == LIMITED
    assert str(run.message).startswith("Ended by this server’s limit of 512 MiB of memory")
    assert IDLE_WORKER_BYTES < 512 * MIB
    after = runner.submit("training", to_record(default_config("mlp", "moons", epochs=3)))
    wait_until(lambda: run_of(runner.store, after).ended)
    assert run_of(runner.store, after).status == "finished"


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (None, "2 GiB of memory; what"),
        ({"done": 12.2, "total": 30, "unit": "epochs"}, "2 GiB of memory at epoch 12; what"),
        ({"done": 3, "total": 1200, "unit": "points"}, "2 GiB of memory after 3 of 1,200 points; what"),
    ],
)
def test_the_words_say_where_it_ended(progress: dict[str, Any] | None, said: str) -> None:
    assert said in ended_by("2 GiB of memory", progress)
