"""The catalogue lists every function, filters by property, and sets two side by side."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.activations import ACTIVATIONS
from core.activations.properties import properties

PAGE = str(Path(__file__).parents[3] / "dashboard" / "views" / "catalogue.py")


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(PAGE, default_timeout=60).run()


def test_every_function_has_a_row(page: AppTest) -> None:
    assert not page.exception
    shown = page.dataframe[0].value
    assert list(shown["Name"]) == [activation.name for activation in ACTIVATIONS.values()]


def test_a_property_leaves_only_the_functions_that_have_it(page: AppTest) -> None:
    page.button_group[0].set_value(["bounded", "zero-centred"]).run()
    names = set(page.dataframe[0].value["Name"])
    expected = {
        activation.name
        for activation in ACTIVATIONS.values()
        if (found := properties(activation, **activation.with_defaults())).bounded and found.zero_centred
    }
    assert names == expected
    assert "Tanh" in names
    assert "Sigmoid" not in names
