"""The Train page learns what a person brings: a typed formula."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import runs
from tests.dashboard.conftest import view
from tests.waiting import wait_until


@pytest.fixture
def page(own_runner: None) -> AppTest:
    return view("train")


def run_to_end(page: AppTest) -> str:
    page.button[0].click().run()
    run_id: str = page.session_state["training_run"]
    wait_until(lambda: runs.runner().store.get(run_id).ended)
    page.run()
    assert not page.exception
    return run_id


def test_a_formula_of_the_address_is_drawn_trained_and_named(page: AppTest) -> None:
    page.query_params.update({"data": "formula", "formula": "x*y - 0.5*x^2", "margin": "0.1", "epochs": "1"})
    page.run()
    assert page.text_input(key="formula").value == "x*y - 0.5*x^2"
    assert len(page.get("vega_lite_chart")) == 1  # the points
    run_id = run_to_end(page)
    config = runs.runner().store.get(run_id).config
    assert config["data_options"]["formula"] == "x*y - 0.5*x^2"
    assert any(r"**Your own formula** x\*y - 0.5\*x^2" in text.value for text in page.caption)
    page.text_input(key="formula").set_value("x - y").run()
    assert any(r"Formula x - y instead of x\*y - 0.5\*x^2" in text.value for text in page.markdown)


@pytest.mark.parametrize(
    ("data", "typed", "sentence"),
    [
        ("formula", "import os", "cannot be read"),
        ("formula", "2*3*4", r"The formula '2\*3\*4' is a number"),
        ("formula_surface", "x/y", "has no finite value"),
        ("formula_curve", "", "The expression is empty"),
    ],
)
def test_a_formula_that_cannot_be_is_answered_and_cannot_start(
    page: AppTest, data: str, typed: str, sentence: str
) -> None:
    page.query_params["data"] = data
    page.run()
    assert not page.button[0].disabled
    page.text_input(key="formula").set_value(typed).run()
    assert not page.exception
    assert sentence in page.error[0].value
    assert page.button[0].disabled
