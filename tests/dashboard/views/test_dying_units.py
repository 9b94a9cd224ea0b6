"""The page of dying units runs the experiment and says what it found."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import runs
from tests.waiting import wait_until


def test_a_click_measures_and_says_that_leaky_relu_lives(page: AppTest) -> None:
    page.query_params["steps"] = "50"
    page.query_params["seeds"] = "2"
    page.run()
    page.button[0].click().run()
    assert not page.exception
    store, run_id = runs.runner().store, page.session_state["started runs"]["dying_units"]
    wait_until(lambda: store.get(run_id).ended)
    run = store.get(run_id)
    page.run()
    assert not page.exception
    (verdict,) = [text.value for text in page.markdown if "of its units are dead" in text.value]
    assert "ReLU at a learning rate of" in verdict
    assert "Leaky ReLU 0%" in verdict
    assert len(page.get("vega_lite_chart")) == 4
    chosen = (run.config["steps"], run.config["seeds"], run.config["activations"][0])
    assert chosen == (50, 2, "relu")


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"functions": []}, "Choose at least one function."),
        ({"rates": []}, "Choose at least one learning rate."),
        ({"biases": []}, "Choose at least one initial bias."),
    ],
)
def test_nothing_chosen_is_answered_and_cannot_start(
    page: AppTest, chosen: dict[str, list[float]], sentence: str
) -> None:
    for key, values in chosen.items():
        page.session_state[key] = values
    page.run()
    assert page.error[0].value == sentence
    assert page.button[0].disabled


def test_a_custom_function_is_accepted_and_nonsense_is_answered(page: AppTest) -> None:
    page.session_state["own"] = "max(x, 0.1 * x)"
    page.run()
    assert not page.error
    assert "480 networks" in page.caption[0].value
    page.text_input(key="own").set_value("x * (").run()
    assert page.error
    assert page.button[0].disabled


def test_too_much_is_answered_and_cannot_start(page: AppTest) -> None:
    page.session_state["hidden"] = "32-32"
    page.session_state["seeds"] = 32
    page.session_state["biases"] = [1.0, 0.0, -0.5, -1.0, -2.0, -3.0, -5.0]
    page.run()
    assert "at most 4,096 are possible" in page.error[0].value
    assert page.button[0].disabled


def test_an_unknown_address_is_answered(page: AppTest) -> None:
    page.query_params["run"] = "nothing"
    page.run()
    assert not page.exception
    assert "There is no dying units run with the address" in page.warning[0].value
