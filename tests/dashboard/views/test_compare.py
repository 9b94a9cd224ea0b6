"""The Compare page trains every variant with every seed, and ranks them."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.training import default_config
from dashboard.components import runs
from tests.waiting import wait_until


def test_a_click_trains_every_value_with_every_seed(page: AppTest) -> None:
    page.query_params["data"] = "breast_cancer"
    page.run()
    page.selectbox(key="vary").set_value("optimizer").run()
    page.select_slider(key="seeds").set_value(2).run()
    page.number_input(key="epochs").set_value(2).run()
    last = finished_run(page)
    assert sorted(last["final"]) == ["Adam", "Momentum", "SGD"]
    assert all(len(values) == 2 for values in last["final"].values())
    assert len(page.get("vega_lite_chart")) == 5
    improvement = page.dataframe[0].value["P(best is better)"]
    assert improvement.isna().tolist() == [True, False, False]  # the best has none over itself
    # Two of its three cells are of one class: an accuracy alone flatters.
    assert any("Always the most frequent class: accuracy 6" in caption.value for caption in page.caption)
    assert page.dataframe[0].value["Balanced accuracy"].between(0, 1).all()


def finished_run(page: AppTest) -> dict[str, Any]:
    """Press Start, wait for the end, and give the last record."""
    page.button[0].click().run()
    store, run_id = runs.runner().store, page.session_state["started runs"]["ensemble"]
    wait_until(lambda: store.get(run_id).ended)
    page.run()
    assert not page.exception
    return store.events_after(run_id)[-1][1]


def test_a_typed_function_is_ranked_beside_the_others(page: AppTest) -> None:
    page.query_params.update({"activation": ["mish"], "own": "x*tanh(log(1+exp(x)))", "seeds": "2"})
    page.run()
    page.number_input(key="epochs").set_value(2).run()
    last = finished_run(page)
    typed, mish = last["final"]["x*tanh(log(1+exp(x)))"], last["final"]["Mish"]
    assert typed == pytest.approx(mish, abs=0.02)  # the same function, so the same race of each seed
    table = page.dataframe[0].value
    assert sorted(table["Variant"]) == ["Mish", "x*tanh(log(1+exp(x)))"]
    assert (table["Seconds per network"] > 0).all()


@pytest.mark.parametrize(("typed", "answer"), [("__import__('os')", "is not known"), ("1+1", "is a number")])
def test_what_cannot_be_read_is_answered_and_left_out(page: AppTest, typed: str, answer: str) -> None:
    page.run()
    page.text_input(key="own").set_value(typed).run()
    assert answer in page.warning[0].value
    assert not page.button[0].disabled  # the others can still be compared


def test_a_function_that_no_network_learns_through_cannot_start(page: AppTest) -> None:
    page.run()
    page.text_input(key="own").set_value("log(x)").run()
    assert "not a finite number" in page.error[0].value
    assert page.button[0].disabled


def test_the_address_keeps_what_is_compared(page: AppTest) -> None:
    page.query_params.update({"vary": "hidden", "hidden": ["8", "nonsense"]})
    page.run()
    assert not page.exception
    assert page.session_state["hidden"] == ["8"]


def test_nothing_chosen_is_answered_and_cannot_start(page: AppTest) -> None:
    page.run()
    page.pills[0].set_value([]).run() if hasattr(page, "pills") else page.button_group[0].set_value([]).run()
    assert page.error[0].value == "Choose at least one value of activation."
    assert page.button[0].disabled


def test_other_data_brings_as_many_epochs_as_suit_it(page: AppTest) -> None:
    page.run()
    for data in ("spiral", "moons"):
        page.selectbox(key="data").set_value(data).run()
        assert page.number_input(key="epochs").value == default_config("mlp", data).epochs


@pytest.mark.parametrize("model", ["mlp", "lenet", "rnn", "gru"])
def test_every_kind_of_network_can_be_compared(page: AppTest, model: str) -> None:
    page.run()
    page.selectbox(key="model").set_value(model).run()
    assert not page.exception
    assert not page.error
    assert not page.button[0].disabled
