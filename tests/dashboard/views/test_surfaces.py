"""The Surfaces page as a person uses it, without a browser."""

from __future__ import annotations

import json
from functools import partial

from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import open_view

page = partial(open_view, "surfaces")


def titles(opened: AppTest) -> list[str]:
    return [json.loads(chart.proto.spec)["title"]["text"] for chart in opened.get("vega_lite_chart")]


def test_it_opens_with_a_neuron_beside_a_network_and_other_functions() -> None:
    assert titles(page()) == [
        "One neuron, Tanh",
        "One neuron, Tanh: slices",
        "Network 2–8–8–1, Tanh",
        "Network 2–8–8–1, Tanh: slices",
        *("ReLU", "Tanh", "GELU", "Sine"),
    ]


def test_the_address_restores_the_page() -> None:
    opened = page(function="mish", w1="-2.5", units="3", layers="1", seed="7", functions="elu", show="slope")
    assert titles(opened)[2] == "Network 2–3–1, Mish"
    assert titles(opened)[4:] == ["ELU"]
    assert opened.slider(key="w1").value == -2.5
    read = json.loads(opened.get("vega_lite_chart")[0].proto.spec)["layer"][1]["encoding"]["tooltip"]
    assert read[2]["title"] == "|∇z|"


def test_a_slider_of_the_neuron_changes_its_picture_alone() -> None:
    opened = page()
    before = [chart.proto.SerializeToString() for chart in opened.get("vega_lite_chart")]
    opened.slider(key="w1").set_value(-3.0).run()
    after = [chart.proto.SerializeToString() for chart in opened.get("vega_lite_chart")]
    assert before[0] != after[0]
    assert before[2:] == after[2:]


def test_a_typed_function_is_drawn_and_joins_the_others() -> None:
    opened = page(own="x*exp(-x^2)")
    assert titles(opened)[0] == "One neuron, Custom"
    assert titles(opened)[-1] == "Custom"


def test_a_typed_function_that_is_none_is_answered_in_one_sentence() -> None:
    opened = page(own="__import__('os')")
    assert len(opened.warning) == 1
    assert titles(opened)[0] == "One neuron, Tanh"


def test_a_function_that_is_not_defined_everywhere_is_drawn_where_it_is() -> None:
    assert titles(page(own="log(x)"))[0] == "One neuron, Custom"


def test_nonsense_in_the_address_leaves_the_defaults() -> None:
    opened = page(function="swoosh", w1="1e99", units="-4", layers="99", seed="x", functions="y", show="w")
    assert titles(opened)[2] == "Network 2–8–8–1, Tanh"


def test_without_functions_to_compare_the_rest_is_shown() -> None:
    opened = page()
    opened.multiselect(key="functions").set_value([]).run()
    assert not opened.exception
    assert len(titles(opened)) == 4


def test_both_surfaces_can_be_downloaded_as_csv() -> None:
    labels = [button.proto.label for button in page().get("download_button")]
    assert labels == ["Neuron as CSV", "Network as CSV"]
