"""The catalogue lists every function, filters by property, and sets two side by side."""

from __future__ import annotations

from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from core.activations import ACTIVATIONS
from core.activations.properties import properties
from tests.dashboard.conftest import open_view

open_page = partial(open_view, "catalogue")


@pytest.fixture
def page() -> AppTest:
    return open_page()


def test_every_function_has_a_row(page: AppTest) -> None:
    assert not page.exception
    shown = page.dataframe[0].value
    assert list(shown["Name"]) == [activation.name for activation in ACTIVATIONS.values()]


def test_a_property_leaves_only_the_functions_that_have_it(page: AppTest) -> None:
    page.button_group[0].set_value(["bounded", "zero_centred"]).run()
    names = set(page.dataframe[0].value["Name"])
    expected = {
        activation.name
        for activation in ACTIVATIONS.values()
        if (found := properties(activation, **activation.with_defaults())).bounded and found.zero_centred
    }
    assert names == expected
    assert "Tanh" in names
    assert "Sigmoid" not in names


def names(opened: AppTest) -> set[str]:
    return set(opened.dataframe[0].value["Name"])


def test_functions_without_a_gradient_are_marked_and_can_be_left_out(page: AppTest) -> None:
    shown = page.dataframe[0].value.set_index("Name")
    assert not shown.loc["Binary Step", "Trains"]
    assert shown.loc["Binary Step", "Slope 0"] == "everywhere"
    page.toggle(key="trains").set_value(True).run()
    assert names(page) == {activation.name for activation in ACTIVATIONS.values() if not activation.unfit}


def test_dead_zones_jumps_and_kinks_have_columns(page: AppTest) -> None:
    shown = page.dataframe[0].value.set_index("Name")
    assert shown.loc["ReLU", "Slope 0"] == "below 0"
    assert shown.loc["ReLU", "Kinks at"] == "0"
    assert shown.loc["Hard Tanh", "Slope 0"] == "below −1, above 1"
    assert shown.loc["Softshrink", "Slope 0"] == "−0.5 to 0.5"
    assert shown.loc["Threshold", "Jumps at"] == "1"
    assert shown.loc["Threshold", "Steepest"] == float("inf")
    assert (shown.loc["GELU", ["Slope 0", "Jumps at", "Kinks at"]] == "").all()


def test_a_function_that_jumps_is_not_smooth() -> None:
    assert names(open_page(only="smooth")).isdisjoint({"Sign", "Binary Step", "ReLU"})


def test_a_name_an_alias_or_a_use_can_be_searched() -> None:
    assert names(open_page(search="Heaviside")) == {"Binary Step"}
    assert "GELU" in names(open_page(search="bert"))
    assert names(open_page(search="(.*")) == set()


def test_the_address_keeps_the_pair() -> None:
    opened = open_page(pair=["relu", "sign"])
    assert len(opened.get("vega_lite_chart")) == 2
    text = " ".join(text.value for text in opened.markdown)
    assert "no network learns through it" in text
    assert ":gray-badge[dead zone]" in text


def test_the_table_can_be_downloaded() -> None:
    assert [button.proto.label for button in open_page().get("download_button")] == ["Table as CSV"]


def test_the_table_says_formula_parameters_and_paper(page: AppTest) -> None:
    row = page.dataframe[0].value.set_index("Name").loc["Leaky ReLU"]
    assert row["Parameters"] == "negative slope = 0.01 (0.01 to 1)"
    assert row["Authors"] == "Maas, Hannun & Ng"
    assert row["Link"].startswith("https://")
    assert row["Formula"].startswith("f(x) = ")
    assert row["Derivative"].startswith("f'(x) = ")


def test_a_typed_function_stands_beside_one_of_the_catalogue() -> None:
    opened = open_page(pair=["relu"], own="max(x, 0)^2")
    assert len(opened.get("vega_lite_chart")) == 2
    assert any("Custom: `max(x, 0)^2`" in part.value for part in opened.markdown)


def test_what_cannot_be_read_is_answered() -> None:
    opened = open_page(pair=["relu"], own="lambda x: x")
    assert len(opened.warning) == 1
    assert not opened.get("vega_lite_chart")
