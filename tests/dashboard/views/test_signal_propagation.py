"""The pages of deep stacks, with and without activation functions, as a person uses them; no browser."""

from __future__ import annotations

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import open_view

page = open_view


def text(opened: AppTest) -> str:
    return " ".join(part.value for part in opened.markdown)


def titles(opened: AppTest) -> list[str]:
    return [json.loads(chart.proto.spec)["title"]["text"] for chart in opened.get("vega_lite_chart")]


def test_it_says_whose_gradient_vanishes_and_what_would_keep_it() -> None:
    opened = page("signal_propagation", functions=["sigmoid", "relu"])
    words = text(opened)
    assert "**Sigmoid**: the gradient :red[**vanishes**]" in words
    assert "In theory no gain on these weights preserves it." in words
    assert "**ReLU**: the gradient :red[**vanishes**], ×0.7" in words
    assert "He preserves it best" in words
    assert "In theory a gain of 1.41 on these weights preserves it." in words


def test_following_the_advice_preserves_the_gradient() -> None:
    opened = page("signal_propagation", functions="relu", gain="1.4")
    assert ":green[**is preserved**]" in text(opened)
    opened = page("signal_propagation", functions="relu", initialisation="he")
    assert ":green[**is preserved**]" in text(opened)


def test_each_function_has_its_histograms_beside_the_lines() -> None:
    assert titles(page("signal_propagation", functions=["tanh", "selu"], layers="10", width="32")) == [
        "Backward: the gradient",
        "Forward: the signal",
        "Tanh: outputs of each layer",
        "SELU: outputs of each layer",
    ]


def test_an_overflow_is_explained() -> None:
    words = text(page("signal_propagation", functions="squared_relu", gain="3"))
    assert "the values no longer fit float32" in words
    assert "nan" not in words.lower()


@pytest.mark.parametrize("name", ["signal_propagation", "linear_collapse"])
def test_nonsense_in_the_address_leaves_the_defaults(name: str) -> None:
    opened = page(name, functions="swoosh", layers="-3", width="77", gain="x", bias="nan", seed="-1")
    assert opened.slider(key="layers").value in (10, 50)


def test_a_typed_function_goes_through_depth_as_its_catalogue_entry_does() -> None:
    typed = page("signal_propagation", functions=["mish"], own="x*tanh(log(1+exp(x)))", layers="20")
    assert not typed.exception
    _, mish, own = re.split(r"\*\*(?:Mish|Custom)\*\*: ", text(typed))
    assert mish.split("Theory")[0] == own.split("Theory")[0] != ""


def test_a_typed_function_without_numbers_says_so() -> None:
    typed = page("signal_propagation", functions=["tanh"], own="log(x)")
    assert not typed.exception
    assert "no signal comes through: its value at x = 0 is not a finite number" in text(typed)


def test_a_typed_function_stands_beside_the_matrix() -> None:
    typed = page("linear_collapse", functions=["tanh"], own="2*x")
    assert not typed.exception
    assert not typed.warning


def test_a_page_without_functions_asks_for_one() -> None:
    opened = page("signal_propagation")
    opened.multiselect(key="functions").set_value([]).run()
    assert opened.info[0].value == "Choose at least one function."
    assert not opened.exception


def test_a_linear_network_is_one_matrix_of_a_rank() -> None:
    opened = page("linear_collapse", layers="12", width="16")
    assert "12 layers with 3,072 weights do what **one 16 × 16 matrix of rank 16** does: equal up to" in text(
        opened
    )
    opened.select_slider(key="narrowest of 16").set_value(3).run()
    assert "matrix of rank 3**" in text(opened)
    assert "Rank 3 of 16" in titles(opened)
    assert not opened.exception


def test_one_layer_is_exactly_its_matrix() -> None:
    assert "exactly equal" in text(page("linear_collapse", layers="1"))


def test_the_small_example_gives_the_same_vector_twice() -> None:
    (numbers,) = (block.value for block in page("linear_collapse").latex if "M x" in block.value)
    layer_by_layer, at_once = (part.split("}", 1)[1] for part in numbers.split("pmatrix")[3::2][:2])
    assert layer_by_layer.split(r"\end")[0] == at_once.split(r"\end")[0]
