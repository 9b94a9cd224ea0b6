"""Charts of dying units show one place or one moment of what was measured, and leave out what diverged."""

from __future__ import annotations

from typing import Any

import pytest

from core.experiments.dying_units.events import rows
from dashboard.charts.dying_units import TOP_LOSS, against_rate_chart, over_steps_chart

FUNCTIONS = ["relu", "leaky_relu"]


def combination(activation: str, rate: float, bias: float, dead: tuple[float, ...]) -> dict[str, Any]:
    default = {"units": 16, "died": 1, "came_back": 0, "diverged": 0 if dead else 8}
    quantities = {"flat": dead, "loss": tuple(value + 0.1 for value in dead), "accuracy": dead}
    return (
        {"activation": activation, "learning_rate": rate, "bias": bias, "dead": dead} | quantities | default
    )


CHECKS = [
    {
        "step": step,
        "combinations": [
            combination("relu", 0.1, 0.0, (0.0, 0.1, 0.2)),
            combination("relu", 3.0, 0.0, (0.1, 0.5 + step / 1000, 0.9)),
            combination("relu", 3.0, -1.0, (0.2, 0.6, 0.9)),
            combination("leaky_relu", 0.1, 0.0, (0.0, 0.0, 0.0)),
            combination("leaky_relu", 3.0, 0.0, ()),
        ],
    }
    for step in (0, 10, 100)
]


def points(chart: Any) -> list[dict[str, Any]]:
    (table,) = chart.to_dict()["datasets"].values()
    return list(table)


def test_over_steps_shows_one_place_only() -> None:
    chart = over_steps_chart(rows(CHECKS), FUNCTIONS, "dead", 3.0, 0.0)
    assert [(point["series"], point["step"], point["median"]) for point in points(chart)] == [
        ("ReLU", 0, 0.5),
        ("ReLU", 10, 0.51),
        ("ReLU", 100, 0.6),
    ]
    assert "Dead units at a learning rate of 3" in str(chart.to_dict())


def test_against_rate_shows_the_last_check_and_no_point_where_all_diverged() -> None:
    chart = against_rate_chart(rows(CHECKS), FUNCTIONS, "dead", 0.0)
    assert [(point["series"], point["learning_rate"], point["median"]) for point in points(chart)] == [
        ("ReLU", 0.1, 0.1),
        ("ReLU", 3.0, 0.6),
        ("Leaky ReLU", 0.1, 0.0),
    ]
    assert "Dead units after 100 steps" in str(chart.to_dict())


@pytest.mark.parametrize("quantity", ["dead", "flat", "accuracy"])
def test_fractions_are_drawn_from_none_to_all(quantity: str) -> None:
    assert "'domain': [0, 1]" in str(over_steps_chart(rows(CHECKS), FUNCTIONS, quantity, 0.1, 0.0).to_dict())


def test_an_explosion_does_not_flatten_the_other_lines() -> None:
    assert f"'domainMax': {TOP_LOSS}" in str(
        against_rate_chart(rows(CHECKS), FUNCTIONS, "loss", 0.0).to_dict()
    )


def test_nothing_measured_is_an_empty_chart() -> None:
    assert points(over_steps_chart([], FUNCTIONS, "dead", 0.1, 0.0)) == []
    assert points(against_rate_chart([], FUNCTIONS, "loss", 0.0)) == []
