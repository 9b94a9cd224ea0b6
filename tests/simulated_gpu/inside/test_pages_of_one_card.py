"""The pages that use a GPU, where the only card is a slice of one (MIG) or AMD's."""

from __future__ import annotations

import sys

import pytest

from core import devices
from core.runs.status import FINISHED
from dashboard.components import runs
from tests.dashboard.conftest import open_view, own_runner, page_home, view  # noqa: F401
from tests.simulated_gpu.inside.test_pages import ended

pytestmark = pytest.mark.usefixtures("own_runner")


def card() -> devices.Device:
    (_cpu, found) = devices.usable()
    return found


def test_home_names_the_card_and_imports_no_torch() -> None:
    assert card().id == "cuda:0"
    opened = open_view("../app")
    assert card().name in " ".join(element.value for element in opened.markdown)
    assert "torch" not in sys.modules


def test_a_click_on_benchmark_measures_it() -> None:
    opened = view("benchmark")
    opened.run()
    assert not opened.exception
    opened.select_slider(key="sizes").set_value((32, 64)).run()
    opened.button[0].click().run()
    assert ended(opened, "timing_run") == FINISHED
    assert {"cpu", "cuda:0"} <= {*opened.dataframe[0].value["device"]}


def test_a_click_on_train_trains_on_it() -> None:
    opened = view("train")
    opened.run()
    opened.number_input(key="epochs").set_value(1).run()
    opened.selectbox(key="device").set_value("cuda:0").run()
    opened.button[0].click().run()
    assert not opened.exception
    assert ended(opened, "training_run") == FINISHED
    assert runs.runner().store.get(opened.session_state["training_run"]).config["device"] == "cuda:0"
