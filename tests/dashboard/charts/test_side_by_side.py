"""Charts of several runs give each run one colour and draw what was recorded over what is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.charts.side_by_side import OVER, POINTS_ON_SCREEN, RunCurves, side_by_side_chart


def run(label: str, epochs: int, late_s: float = 0.0) -> RunCurves:
    records = [
        {"epoch": n, "step": 10 * n, "elapsed_s": late_s + n / 2, "train_loss": 1 / n, "test_loss": 2 / n}
        | {"train_metric": 0.5, "test_metric": None}
        for n in range(1, epochs + 1)
    ]
    return RunCurves(label, records)


def chart(curves: list[RunCurves], every: list[str], score: str = "loss", over: str = "step") -> Any:
    return side_by_side_chart(curves, every, score, over, "Loss", "Loss", ".4f")


def test_a_run_has_the_same_colour_wherever_it_is_drawn() -> None:
    every = ["a", "b", "c"]
    for curves in ([run("a", 9), run("b", 9), run("c", 9)], [run("c", 9)]):
        spec = chart(curves, every).to_dict()
        for layer in spec["layer"]:
            assert layer["encoding"]["color"]["scale"]["domain"] == every


@pytest.mark.parametrize(("over", "last"), [("step", 90.0), ("epoch", 9.0), ("seconds", 104.5)])
def test_curves_are_drawn_over_what_is_asked_for(over: str, last: float) -> None:
    drawn = chart([run("a", 9, late_s=100)], ["a"], over=over)
    assert drawn.data["x"].max() == last
    assert drawn.to_dict()["layer"][0]["encoding"]["x"]["title"] == OVER[over][1]
    losses = drawn.data[drawn.data["split"] == "Test"].sort_values("x")["y"]
    assert [*losses] == [2 / n for n in range(1, 10)]


def test_few_points_are_not_joined_and_many_are_thinned() -> None:
    few, many = run("few", 3), run("many", 5000)
    data = chart([few, many], ["few", "many"]).data
    assert set(data[data["few"]]["run"]) == {"few"}
    assert len(data[data["run"] == "many"]) <= 2 * POINTS_ON_SCREEN


def test_a_value_that_is_none_leaves_a_gap() -> None:
    data = chart([run("a", 5)], ["a"], score="metric").data
    assert data[data["split"] == "Test"]["y"].isna().all()
