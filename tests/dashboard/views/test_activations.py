"""The Activations page as a person uses it, without a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from core.activations import ACTIVATIONS

PAGE = Path(__file__).parents[3] / "dashboard/views/activations.py"
DEFAULT = ["Sigmoid", "Tanh", "ReLU", "Leaky ReLU", "GELU"]


def page(**query: str | list[str]) -> AppTest:
    opened = AppTest.from_file(str(PAGE), default_timeout=120)
    for key, value in query.items():
        opened.query_params[key] = value
    opened.run()
    assert not opened.exception
    return opened


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
    return [text.value for text in opened.markdown if text.value.startswith("####")]


def test_it_opens_with_functions_and_derivatives_side_by_side() -> None:
    opened = page()
    function, derivative = charts(opened)
    assert json.loads(function.spec)["title"]["text"] == "Function"
    assert json.loads(derivative.spec)["title"]["text"] == "Derivative"
    assert names_in(function) == names_in(derivative) == DEFAULT
    assert value_at(function, "Sigmoid", 0) == pytest.approx(0.5, abs=0.01)
    assert value_at(derivative, "Sigmoid", 0) == pytest.approx(0.25, abs=0.001)
    assert len(cards(opened)) == 5


def test_a_card_tells_formula_range_properties_and_source() -> None:
    (card,) = cards(page(functions="Sigmoid"))
    for part in (r"\frac{1}{1 + e^{-x}}", "(0, 1)", "steepest slope 0.25", "1986", "mean output 0.50"):
        assert part in card
    assert ":blue-badge[saturates below −3.9 and above 3.9]" in card
    assert ":gray-badge[slope jumps at −3 and 3]" in cards(page(functions="Hard Swish"))[0]


def test_the_slider_changes_the_range_of_both_charts_and_nothing_else_of_them() -> None:
    opened = page()
    before = charts(opened)
    opened.slider(key="x").set_value((-2.0, 3.0)).run()
    for old, new in zip(before, charts(opened), strict=True):
        assert (data(new)["x"].min(), data(new)["x"].max()) == (-2, 3)
        assert new.spec == old.spec


def test_a_parameter_reshapes_its_curve_and_its_card() -> None:
    opened = page(functions="ELU")
    assert ":blue-badge[smooth]" in cards(opened)[0]
    opened.slider(key="elu_alpha").set_value(2.0).run()
    assert value_at(charts(opened)[0], "ELU", -6) == pytest.approx(2 * np.expm1(-6))
    assert ":gray-badge[slope jumps at 0]" in cards(opened)[0]


def test_every_function_can_be_shown_at_once() -> None:
    names = [activation.name for activation in ACTIVATIONS.values()]
    opened = page(functions=names)
    assert names_in(charts(opened)[0]) == names
    assert len(cards(opened)) == len(names)


def test_saturation_is_shaded_for_the_chosen_function() -> None:
    opened = page()
    assert opened.selectbox(key="shade").value == "Sigmoid"
    assert data(charts(opened)[0], "zones")["to"] == pytest.approx([-3.87, 6], abs=0.01)
    opened.selectbox(key="shade").set_value("ReLU").run()
    assert data(charts(opened)[0], "zones")["to"] == pytest.approx([0])
    opened.selectbox(key="shade").set_value("nothing").run()
    assert len(data(charts(opened)[0], "zones")["to"]) == 0


def test_shading_moves_on_when_its_function_is_taken_away() -> None:
    opened = page(shade="GELU")
    opened.multiselect(key="functions").set_value(["Tanh", "ReLU"]).run()
    assert not opened.exception
    assert opened.selectbox(key="shade").value in ("nothing", "Tanh")


def test_the_address_restores_the_page() -> None:
    opened = page(
        functions=["Leaky ReLU", "Mish"], x=["-3", "4.5"], leaky_relu_negative_slope="0.2", shade="Mish"
    )
    function, derivative = charts(opened)
    assert names_in(function) == ["Leaky ReLU", "Mish"]
    assert (data(function)["x"].min(), data(function)["x"].max()) == (-3, 4.5)
    assert value_at(derivative, "Leaky ReLU", -3) == pytest.approx(0.2)
    assert opened.selectbox(key="shade").value == "Mish"


def test_nonsense_in_the_address_leaves_the_defaults() -> None:
    opened = page(
        functions="swoosh",
        x=["from", "to"],
        shade="<script>",
        leaky_relu_negative_slope="77",
        nothing="at all",
    )
    assert opened.multiselect(key="functions").value == DEFAULT
    assert opened.slider(key="x").value == (-6, 6)
    assert opened.slider(key="leaky_relu_negative_slope").value == 0.01
    assert len(charts(opened)) == 2


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


def test_the_curves_can_be_taken_away_as_csv() -> None:
    (button,) = page().get("download_button")
    assert button.proto.label == "Curves as CSV"
