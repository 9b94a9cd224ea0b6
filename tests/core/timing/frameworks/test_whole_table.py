"""Every framework at every piece of work, in the environment that `make frameworks` makes.

`make test-frameworks` runs it; without that environment it is skipped with the reason.
"""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from core.events import Progress, event_record
from core.timing.frameworks import table
from core.timing.frameworks.config import FrameworksConfig
from core.timing.frameworks.environment import MAKE, own_python, search_path
from core.timing.frameworks.job import compare_frameworks
from core.timing.frameworks.registry import BASELINE, ENTRIES
from core.timing.frameworks.work.catalogue import WORKS

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.skipif(own_python() is None, reason=f"the frameworks' environment is not here: {MAKE}"),
]


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    """One comparison of all."""
    events = compare_frameworks(FrameworksConfig(max_seconds=0.05))
    return [event_record(event) for event in events if not isinstance(event, Progress)]


def test_the_table_is_complete_and_every_framework_agrees_with_numpy(records: list[dict[str, Any]]) -> None:
    with_clang = shutil.which("clang", path=search_path(str(own_python()))) is not None
    absent = {record["framework"]: record["reason"] for record in table.of(records, "framework_absent")}
    assert set(absent) == (set() if with_clang else {"tinygrad"}), absent
    assert table.of(records, "work_failed") == []
    rows = table.figures(records)
    here = [key for key, entry in ENTRIES.items() if entry.library not in absent]
    assert {(row["framework"], row["work"]) for row in rows} == {
        (key, work) for key in here for work in WORKS
    }
    assert [row for row in rows if not row["agrees"]] == []
    assert {row["precision"] for row in rows if row["work"] == "matmul"} == {"float32"}


def test_every_figure_but_the_baselines_has_a_verdict(records: list[dict[str, Any]]) -> None:
    rows = table.figures(records)
    assert all((row["verdict"] is None) == (row["framework"] == BASELINE) for row in rows)


def test_losses_of_the_first_steps_are_the_same_in_all(records: list[dict[str, Any]]) -> None:
    for work in ("mlp_step", "lstm_step"):
        losses = [record["losses"] for record in table.of(records, "work_measured") if record["work"] == work]
        # Keras tells the mean of the losses so far, so that the first one alone is the same.
        assert [first for first, *_ in losses] == pytest.approx([losses[0][0]] * len(losses), rel=1e-5)


def test_each_runs_in_that_environment_with_the_same_processors(records: list[dict[str, Any]]) -> None:
    rows = table.frameworks(records)
    assert {row["python"] for row in rows} == {str(own_python())}
    assert len({(row["threads"], row["cpus"]) for row in rows}) == 1
