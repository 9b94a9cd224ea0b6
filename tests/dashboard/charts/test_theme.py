"""Curves that are shown together can be told apart."""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import pandas as pd
import pytest
from altair.utils.schemapi import SchemaValidationError
from hypothesis import given
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from dashboard.charts.series_colours import COLOURS
from dashboard.charts.theme import DASHES, LONGEST, dash_numbers, series_color, short_names


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
    assert json.dumps("x*tanh(log(1+ex…") in color["legend"]["labelExpr"]
    assert max(len(activation.name) for activation in ACTIVATIONS.values()) <= LONGEST


def test_names_that_begin_alike_are_told_apart_in_a_legend() -> None:
    names = [
        "Exercise 3 of week 2, Ada",
        "Exercise 3 of week 2, Bob",
        "Exercise 3 of week 2, and Bob",
        "relu",
    ]
    short = short_names(names)
    assert len({*short.values()}) == len(names)
    assert all(len(text) <= LONGEST for text in short.values())
    assert short["relu"] == "relu"
    assert short_names(["x * tanh(log(1 + exp(x)))"]) == {"x * tanh(log(1 + exp(x)))": "x * tanh(log(1 …"}


def test_a_chart_that_breaks_the_schema_is_found_in_tests_of_charts() -> None:
    axis = alt.Axis(labelAngle="steep")  # type: ignore[arg-type]
    chart = alt.Chart(pd.DataFrame({"x": [1.0]})).mark_point().encode(x=alt.X("x:Q", axis=axis))
    with pytest.raises(SchemaValidationError, match="steep"):
        chart.to_dict()
