"""The pages that use a GPU, on two unlike simulated cards: the workers that they start find them too."""

from __future__ import annotations

import sys

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.status import FINISHED
from dashboard.components import runs
from tests.dashboard.conftest import open_view, own_runner, page, page_home, view  # noqa: F401
from tests.waiting import wait_until


def ended(opened: AppTest, job: str) -> str:
    """Wait for the run of this page, and draw it once more; its status."""
    run_id = opened.session_state["started runs"][job]
    wait_until(lambda: runs.runner().store.get(run_id).ended)
    opened.run()
    assert not opened.exception
    return runs.runner().store.get(run_id).status


@pytest.mark.usefixtures("own_runner")
def test_home_names_both_cards_and_imports_no_torch() -> None:
    opened = open_view("../main")
    written = " ".join(element.value for element in opened.markdown)
    assert "Stub H100" in written
    assert "Stub T4" in written
    assert "torch" not in sys.modules


def assert_measured_on(*names: str) -> None:
    """A click on Benchmark measures on these devices."""
    opened = view("benchmark")
    opened.query_params["dtypes"] = "float32"
    opened.run()
    assert not opened.exception
    opened.select_slider(key="sizes").set_value((32, 64)).run()
    opened.button[0].click().run()
    assert ended(opened, "timing") == FINISHED
    assert {*names} <= {*opened.dataframe[0].value["device"]}


def assert_trained_on(name: str) -> None:
    """A click on Train trains on this device."""
    opened = view("train")
    opened.run()
    opened.number_input(key="epochs").set_value(1).run()
    opened.selectbox(key="device").set_value(name).run()
    opened.button[0].click().run()
    assert not opened.exception
    assert ended(opened, "training") == FINISHED
    assert runs.runner().store.get(opened.session_state["started runs"]["training"]).config["device"] == name


@pytest.mark.usefixtures("own_runner")
def test_a_click_on_benchmark_measures_on_both_cards() -> None:
    assert_measured_on("cuda:0", "cuda:1")


@pytest.mark.usefixtures("own_runner")
def test_a_click_on_train_trains_on_the_second_card() -> None:
    assert_trained_on("cuda:1")
