"""A run store of version 0.1 opens: every run with its config, events, pictures and checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.jobs import JOBS
from core.records import from_record
from core.runs import checkpoints
from core.runs.runners.local import LocalRunner
from core.runs.store import RunStore
from core.timing.activation_cost.config import CostConfig
from core.timing.activation_cost.table import cost_rows
from core.timing.results.report import FIGURES
from core.timing.results.table import measurements
from tests.version_0_1.conftest import stored
from tests.waiting import wait_until

RUNS = stored("runs.json")


def test_every_run_opens_with_its_config_events_and_pictures(store: RunStore) -> None:
    for label, expected in RUNS.items():
        run = store.get(expected["id"])
        assert run is not None, label
        assert run.status == expected["status"], label
        assert run.job in JOBS, label
        assert len(store.events_after(run.id)) == expected["events"], label
        assert len(store.pictures(run.id)) == len(expected["pictures"]), label
        assert store.can_resume(run.id) == expected["can_resume"], label
        assert store.is_pruned(run.id) == expected["let_go"], label


def test_opening_it_twice_changes_nothing(store: RunStore) -> None:
    again = RunStore(store.place)
    some = RUNS["training_limits"]["id"]
    assert again.get(some) == store.get(some)
    again.close()


@pytest.mark.parametrize(
    ("label", "steps"),
    [
        ("training_stopped_in_epoch", 3_000),  # 2,597 are done
        pytest.param("training_stopped_in_epoch", None, marks=pytest.mark.slow),
        pytest.param("training_interrupted", None, marks=pytest.mark.slow),
    ],
)
def test_a_run_that_ended_early_resumes_to_its_end(data_home: Path, label: str, steps: int | None) -> None:
    run_id = RUNS[label]["id"]
    if steps:
        limit_steps(data_home / "checkpoints" / f"{run_id}.pt", steps)
    runner = LocalRunner(data_home / "runs.sqlite", limit=1)
    try:
        runner.resume(run_id)
        wait_until(lambda: (run := runner.store.get(run_id)) and run.ended)
        run = runner.store.get(run_id)
        assert run is not None
        assert (run.status, run.message) == ("finished", None)
        last = runner.store.events_after(run_id)[-1][1]
        assert last["event"] == "training_finished"
        assert last["steps"] == (steps or 32_000)
    finally:
        runner.close()


def limit_steps(checkpoint: Path, steps: int) -> None:
    """Make it a run that ends after so many steps, as version 0.1 wrote that into its checkpoint."""
    kept = checkpoints.read(checkpoint)
    kept["state"]["config"]["most_steps"] = steps
    checkpoints.write(checkpoint, kept)


def test_the_records_of_timing_have_the_names_of_today(store: RunStore) -> None:
    for label, expected in RUNS.items():
        run = store.get(expected["id"])
        assert run is not None
        records = [record for _, record in store.events_after(run.id)]
        if run.job == "cost":
            from_record(CostConfig, run.config)
            assert cost_rows(records), label
        if run.job in ("cost", "roofline", "timing"):
            assert FIGURES.csv(records).count("\n") == 1 + len(measurements(records)), label
            assert FIGURES.markdown(records), label
            assert not [r for r in records if r["event"] in ("dot", "memory_kept") or "disturbed" in r], label
