"""The Curves page as a person uses it, without a browser."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from core.activations import ACTIVATIONS
from dashboard.components.markdown import escaped
from tests.dashboard.conftest import open_view

DEFAULT = ["Sigmoid", "Tanh", "ReLU", "Leaky ReLU", "GELU"]


page = partial(open_view, "curves")


def charts(opened: AppTest) -> list[Any]:
    return [chart.proto for chart in opened.get("vega_lite_chart")]


def data(chart: Any, name: str = "curves") -> dict[str, np.ndarray]:
    (stored,) = (dataset.data.data for dataset in chart.datasets if dataset.name == name)
    table = pa.ipc.open_stream(stored).read_all()
    return {column: table[column].to_numpy() for column in table.column_names}


def names_in(chart: Any) -> list[str]:
    return list(dict.fromkeys(data(chart)["series"].tolist()))


def value_at(chart: Any, name: str, x: float) -> float:
    drawn = data(chart)
    mine = drawn["series"] == name
    return float(np.interp(x, drawn["x"][mine], drawn["value"][mine]))


def cards(opened: AppTest) -> list[str]:
    return [text.value for text in opened.markdown if text.value.startswith("## ")]


def test_it_opens_with_functions_and_both_derivatives_side_by_side() -> None:
    opened = page()
    function, derivative, second = charts(opened)
    assert json.loads(function.spec)["title"]["text"] == "Function"
    assert json.loads(derivative.spec)["title"]["text"] == "Derivative"
    assert json.loads(second.spec)["title"]["text"] == "Second derivative"
    assert names_in(function) == names_in(derivative) == names_in(second) == DEFAULT
    assert value_at(function, "Sigmoid", 0) == pytest.approx(0.5, abs=0.01)
    assert value_at(derivative, "Sigmoid", 0) == pytest.approx(0.25, abs=0.001)
    assert value_at(second, "Sigmoid", 0) == pytest.approx(0, abs=0.001)
    assert value_at(second, "Tanh", -0.6585) == pytest.approx(4 / 27**0.5, abs=0.002)
    assert len(cards(opened)) == 5


def test_a_card_shows_formula_range_properties_and_source() -> None:
    (card,) = cards(page(functions="sigmoid"))
    for part in (r"\frac{1}{1 + e^{-x}}", "(0, 1)", "steepest slope 0.25", "1986", "mean output 0.50"):
        assert part in card
    assert ":blue-badge[saturates below −3.9 and above 3.9]" in card
    assert ":gray-badge[slope jumps at −3 and 3]" in cards(page(functions="hardswish"))[0]


def test_the_slider_changes_the_range_of_both_charts_and_nothing_else_of_them() -> None:
    opened = page()
    before = charts(opened)
    opened.slider(key="x").set_value((-2.0, 3.0)).run()
    for old, new in zip(before, charts(opened), strict=True):
        assert (data(new)["x"].min(), data(new)["x"].max()) == (-2, 3)
        assert new.spec == old.spec


def test_a_parameter_reshapes_its_curve_and_its_card() -> None:
    opened = page(functions="elu")
    assert ":blue-badge[smooth]" in cards(opened)[0]
    opened.slider(key="elu_alpha").set_value(2.0).run()
    assert value_at(charts(opened)[0], "ELU", -6) == pytest.approx(2 * np.expm1(-6))
    assert ":gray-badge[slope jumps at 0]" in cards(opened)[0]


def test_every_function_can_be_shown_together() -> None:
    names = [activation.name for activation in ACTIVATIONS.values()]
    opened = page(functions=[*ACTIVATIONS])
    assert names_in(charts(opened)[0]) == names
    assert len(cards(opened)) == len(names)


def test_saturation_is_shaded_for_the_chosen_function() -> None:
    opened = page()
    assert opened.selectbox(key="shade").value == "sigmoid"
    assert data(charts(opened)[0], "zones")["to"] == pytest.approx([-3.87, 6], abs=0.01)
    opened.selectbox(key="shade").set_value("relu").run()
    assert data(charts(opened)[0], "zones")["to"] == pytest.approx([0])
    opened.selectbox(key="shade").set_value("none").run()
    assert len(data(charts(opened)[0], "zones")["to"]) == 0


def test_shading_moves_on_when_its_function_is_removed() -> None:
    opened = page(shade="gelu")
    opened.multiselect(key="functions").set_value(["tanh", "relu"]).run()
    assert not opened.exception
    assert opened.selectbox(key="shade").value in ("none", "tanh")


def test_the_address_restores_the_page() -> None:
    opened = page(
        functions=["leaky_relu", "mish"], x=["-3", "4.5"], leaky_relu_negative_slope="0.2", shade="mish"
    )
    function, derivative, _ = charts(opened)
    assert names_in(function) == ["Leaky ReLU", "Mish"]
    assert (data(function)["x"].min(), data(function)["x"].max()) == (-3, 4.5)
    assert value_at(derivative, "Leaky ReLU", -3) == pytest.approx(0.2)
    assert opened.selectbox(key="shade").value == "mish"


def test_nonsense_in_the_address_leaves_the_defaults() -> None:
    opened = page(
        functions="swoosh",
        x=["from", "to"],
        shade="<script>",
        leaky_relu_negative_slope="77",
        nothing="at all",
    )
    assert opened.multiselect(key="functions").value == ["sigmoid", "tanh", "relu", "leaky_relu", "gelu"]
    assert opened.slider(key="x").value == (-6, 6)
    assert opened.slider(key="leaky_relu_negative_slope").value == 0.01
    assert len(charts(opened)) == 3


def test_an_empty_range_is_refused_in_one_sentence() -> None:
    opened = page(x=["3", "3"])
    assert [warning.value for warning in opened.warning] == [
        "x runs from 3 to 3; the left end must be below the right end."
    ]
    assert not charts(opened)


def test_without_a_function_the_page_asks_for_one() -> None:
    opened = page()
    opened.multiselect(key="functions").set_value([]).run()
    assert not opened.exception
    assert opened.info[0].value == "Choose at least one function."


def test_a_custom_function_is_drawn_beside_the_others_with_a_card_of_its_own() -> None:
    opened = page(functions="mish", own="x*tanh(log(1+exp(x)))")
    for chart in charts(opened):
        assert names_in(chart) == ["Mish", "Custom"]
        assert value_at(chart, "Custom", 1.3) == pytest.approx(value_at(chart, "Mish", 1.3), abs=0.005)
    theirs, ours = cards(opened)
    assert "Custom: `x*tanh(log(1+exp(x)))`" in ours
    assert r"\ln\left(1 + e^{x}\right)" in ours
    assert ours.split("Range")[1].split("steepest")[1].strip() in theirs  # slope and all badges
    opened.text_input(key="own").set_value("max(x, 0)").run()
    assert value_at(charts(opened)[0], "Custom", -3) == 0
    assert ":gray-badge[slope jumps at 0]" in cards(opened)[1]
    opened.text_input(key="own").set_value("").run()
    assert names_in(charts(opened)[0]) == ["Mish"]


@pytest.mark.parametrize(
    ("own", "answer"),
    [
        ("2x", "A product needs its sign: write 2*x in place of 2 x."),
        ("__import__('os')", "is not known here"),
        ("1+1", "The expression is a number; an activation must depend on x."),
        ("x+" * 50 + "x", "An expression of 101 numbers, names and operations is too large"),
    ],
)
def test_what_is_no_expression_is_answered_in_one_sentence_and_the_others_stay(own: str, answer: str) -> None:
    opened = page(own=own)
    (warning,) = opened.warning
    assert escaped(answer) in warning.value
    assert names_in(charts(opened)[0]) == DEFAULT


@pytest.mark.parametrize(
    "own", ["log(x)", "1/x", "tan(x)", "sqrt(x)", "sin(x^20)", "x/(x-x)", "x-x", "exp(exp(x))"]
)
def test_functions_with_poles_and_holes_are_drawn_where_they_are_defined(own: str) -> None:
    opened = page(own=own, shade="custom")
    assert "Custom" in cards(opened)[-1]
    assert len(charts(opened)) == 3


def test_the_fraction_of_its_range_within_4_is_shown_for_the_shaded_sigmoid() -> None:
    opened = page()
    shares = [caption.value for caption in opened.caption if "of its range" in caption.value]
    assert shares == ["Between x = −4 and 4 Sigmoid passes through 0.964 of its range."]
    opened.selectbox(key="shade").set_value("relu").run()
    assert not [caption for caption in opened.caption if "of its range" in caption.value]


def test_the_curves_can_be_downloaded_as_csv() -> None:
    (button,) = page().get("download_button")
    assert button.proto.label == "Curves as CSV"
