"""The page of pre-activations shows those of the run of its address, and says how to record them."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from core.records import to_record
from core.runs.quota import Owner
from core.training import default_config
from dashboard.components import runs
from dashboard.components.visitor import BROWSER_COOKIE
from tests.waiting import wait_until


def trained(model: str = "mlp", data: str = "moons", owner: str | None = None, **settings: Any) -> str:
    """A finished training in the store."""
    config = to_record(default_config(model, data, epochs=2, **settings))
    run_id = runs.runner().submit("training", config, Owner(owner))
    wait_for(run_id)
    return run_id


def wait_for(run_id: str) -> None:
    wait_until(lambda: runs.runner().store.get(run_id).ended)


def test_a_run_with_the_snapshot_is_shown_with_its_flat_fraction(page: AppTest) -> None:
    page.query_params["run"] = trained(activation="sigmoid", snapshots=("input_histograms", "dead_units"))
    page.run()
    assert not page.exception
    assert len(page.get("vega_lite_chart")) == 2
    figures = {metric.label: metric.value for metric in page.metric}
    assert 0 <= float(figures["Where |f′| < 0.1"].rstrip("%")) <= 100
    assert figures["Dead units of this layer"] == "0%"
    assert not page.info


def test_each_layer_can_be_chosen_and_is_kept_in_the_address(page: AppTest) -> None:
    page.query_params["run"] = trained("mlp", "circles", hidden=(4, 4), snapshots=("input_histograms",))
    page.run()
    run, layer = page.selectbox
    assert "MLP on Circles · Tanh" in run.options[0]
    assert len(layer.options) == 2
    layer.set_value(layer.options[1]).run()
    assert not page.exception
    assert len(page.get("vega_lite_chart")) == 2


def test_a_layer_that_only_another_run_has_is_forgotten(page: AppTest) -> None:
    page.query_params["run"] = trained(hidden=(4,), snapshots=("input_histograms",))
    page.session_state["layer"] = "Layer 7"
    page.run()
    assert not page.exception
    assert page.selectbox[1].value == "Layer 1"


def test_a_visitor_from_elsewhere_sees_the_runs_of_the_own_browser_alone(page: AppTest) -> None:
    """AppTest's visitor has no address of this machine."""
    trained(snapshots=("input_histograms",))
    trained("mlp", "circles", "me", snapshots=("input_histograms",))
    page.run()
    assert page.info[0].value.startswith("There is no training yet.")
    page.session_state[BROWSER_COOKIE] = "me"
    page.run()
    (shown,) = page.selectbox[0].options
    assert "Circles" in shown


def test_a_run_without_the_snapshot_says_how_and_trains_again_with_it(page: AppTest) -> None:
    first = page.query_params["run"] = trained()
    page.run()
    assert "choose **Pre-activation histograms**" in page.info[0].value
    page.button[-1].click().run()
    assert not page.exception
    again = page.session_state["started runs"]["training"]
    assert again != first
    wait_for(again)
    page.run()
    assert len(page.get("vega_lite_chart")) == 2


def test_a_run_without_the_snapshot_is_drawn_from_its_film(page: AppTest) -> None:
    run_id = page.query_params["run"] = trained()
    page.run()
    next(button for button in page.button if button.label == "Draw them from its film").click().run()
    assert not page.exception
    store, job = runs.runner().store, page.session_state[f"drawing_of_{run_id}"]
    wait_until(lambda: store.get(job).ended)
    page.run()
    assert not page.exception
    assert len(page.get("vega_lite_chart")) == 2
    assert not page.info
    assert "started runs" not in page.session_state, "it trained again"


def test_without_any_run_one_click_starts_one(page: AppTest) -> None:
    page.run()
    assert page.info[0].value.startswith("There is no training yet.")
    page.button[0].click().run()
    assert not page.exception
    store, run_id = runs.runner().store, page.session_state["started runs"]["training"]
    wait_until(lambda: "input_histograms" in store.pictures(run_id))
    page.run()
    assert len(page.get("vega_lite_chart")) == 2


def test_a_network_without_such_layers_is_answered(page: AppTest) -> None:
    page.query_params["run"] = trained("rnn", "sines", samples=100)
    page.run()
    assert not page.exception
    assert "RNN has no layer whose pre-activations go into one activation each" in page.info[0].value


def test_an_unknown_address_is_answered(page: AppTest) -> None:
    page.query_params["run"] = "nothing"
    page.run()
    assert not page.exception
    assert "There is no training run with the address" in page.warning[0].value
