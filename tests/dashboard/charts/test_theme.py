"""Curves that are shown together can be told apart."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from dashboard.charts.theme import COLOURS, DASHES, LONGEST, dash_numbers, series_color


def looks(every: list[str], shown: list[str]) -> list[tuple[int, int]]:
    numbers = dash_numbers(every, shown)
    return [(every.index(name) % COLOURS, numbers[every.index(name)]) for name in shown]


def test_all_activations_differ_in_colour_or_pattern() -> None:
    every = [*ACTIVATIONS]
    assert len(set(looks(every, every))) == len(every)


@given(st.sets(st.integers(0, 199), max_size=len(DASHES)))
def test_the_chosen_differ_however_many_there_are(chosen: set[int]) -> None:
    shown = [str(n) for n in chosen]
    assert len(set(looks([str(n) for n in range(200)], shown))) == len(shown)


def test_patterns_stay_where_nothing_clashes() -> None:
    every = [str(n) for n in range(60)]
    assert dash_numbers(every, every[:30]) == dash_numbers(every, every[5:8])


def test_a_long_name_is_cut_in_the_legend_alone() -> None:
    color: Any = series_color(["x*tanh(log(1+exp(x)))"], ["x*tanh(log(1+exp(x)))"]).to_dict()
    assert color["scale"]["domain"] == color["legend"]["values"] == ["x*tanh(log(1+exp(x)))"]
    assert f"slice(datum.label, 0, {LONGEST - 1})" in color["legend"]["labelExpr"]
    assert max(len(activation.name) for activation in ACTIVATIONS.values()) <= LONGEST
