"""A GPU over a CPU: the rule on planted speed-ups; tests/simulated_gpu runs the whole on a card."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.experiments.statement_events import Fact
from core.experiments.statements import gpu_speedup as statement
from core.experiments.verdicts import DEPENDS, NOT_MEASURED, REFUTED, SUPPORTED, judge
from core.timing.results import files, kept
from tests.core.experiments.statements.running import judged, run

SETTINGS = {"workloads": ("gemm", "lstm"), "scales": ("small", "medium")}


def planted(*speedups: float) -> dict[str, dict[int, tuple[float, float]]]:
    cells = statement._cells(SETTINGS)
    return {
        f"{statement.WALL}, {cell}": {n: (value * (1 + n / 1000),) * 2 for n in range(10)}
        for cell, value in zip(cells, speedups, strict=True)
    }


@pytest.mark.parametrize(
    ("speedups", "verdict"),
    [
        ((12, 20, 30, 38), SUPPORTED),
        ((0.2, 3, 0.5, 200), REFUTED),
        ((0.2, 20, 0.5, 30), DEPENDS),
    ],
)
def test_planted_speed_ups_get_their_verdict(speedups: tuple[float, ...], verdict: str) -> None:
    assert judge(statement.claims(SETTINGS), planted(*speedups))[0] == verdict


def test_without_a_gpu_it_is_not_measured_and_says_what_is_missing() -> None:
    if statement.accelerator.first_gpu()[0]:
        pytest.skip("there is a GPU here")
    events = run("gpu_speedup")
    assert judged(events).verdict == NOT_MEASURED
    assert "GPU" in judged(events).reason
    (fact,) = [event for event in events if isinstance(event, Fact)]
    assert fact == statement.kept_results(kept.FOLDER)
    assert fact.name == "On a real card"  # for the kept result of a simulated one is no evidence


def test_a_kept_file_of_a_card_is_read_and_a_missing_one_is_said(tmp_path: Path) -> None:
    assert "results/kept/" in statement.kept_results(tmp_path).text
    stored = kept.read_kept(kept.SIMULATED_GPU)
    files.write(tmp_path / "simulated.json", stored)
    assert "results/kept/" in statement.kept_results(tmp_path).text
    real = [{**stored[0], "environment": {"cpu": "another"}}, *stored[1:]]
    files.write(tmp_path / "real.json", real)
    assert statement.kept_results(tmp_path).text.startswith("real: ")
    point = {"event": "measurement_taken", "workload": "gemm", "size": 512, "dtype": "float32"}
    times = {"ci_low_s": 1.0, "ci_high_s": 1.0, "step": "forward", "data": "random"}
    on_cpu = point | times | {"device": "cpu", "threads": 8, "median_s": 20.0}
    on_gpu = point | times | {"device": "cuda:0", "threads": None, "median_s": 1.0, "wall_s": 1.0}
    ratios = [ratio for _, _, ratio in statement._ratios([on_cpu, on_gpu])]
    assert ratios == [20.0, 20.0]  # wall, and the device's own
    assert statement.in_the_band([ratios[0], 1.0, 90.0]).startswith("1 of 3 between 10 and 40 times")
    (tmp_path / "broken.json").write_text("{")
    assert "broken" in statement.kept_results(tmp_path).text
    assert files.read  # what reads them
