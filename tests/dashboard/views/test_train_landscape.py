"""The landscape of a run that has ended is one click away."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.runs.status import FINISHED
from dashboard.components import runs
from tests.dashboard.conftest import view
from tests.waiting import wait_until

BUTTON = "Loss landscape"


def ended(page: AppTest, run_id: str) -> None:
    wait_until(lambda: runs.runner().store.get(run_id).ended)
    page.run()
    assert not page.exception


def test_an_ended_run_has_a_landscape_beside_its_limit(own_runner: None) -> None:
    page = view("train")
    page.query_params.update({"optimizer": "sgd", "epochs": "1", "hidden": "4"})
    page.run()
    page.button[0].click().run()
    ended(page, page.session_state["started runs"]["training"])
    charts = len(page.get("vega_lite_chart"))
    next(button for button in page.button if button.label == BUTTON).click().run()
    job = page.session_state[f"landscape_of_{page.session_state['started runs']['training']}"]
    ended(page, job)
    assert runs.runner().store.get(job).status == FINISHED
    assert len(page.get("vega_lite_chart")) == charts + 2
    shown = [chart.proto.spec for chart in page.get("vega_lite_chart")]
    assert (
        "A slice of the loss landscape" in shown[0]
    )  # beneath its button, not below all of the run's charts
    assert any("Li et al. 2018" in text.value for text in page.caption)
    assert next(button for button in page.button if button.label == BUTTON).disabled
