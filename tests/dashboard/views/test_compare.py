"""The Compare page trains every variant with every seed, and ranks them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import runs

PAGE = str(Path(__file__).parents[3] / "dashboard" / "views" / "compare.py")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setenv("NABLASCOPE_HOME", str(tmp_path))
    runs.runner.clear()
    yield AppTest.from_file(PAGE, default_timeout=30)
    runs.runner().close()
    runs.runner.clear()


def test_a_click_trains_every_value_with_every_seed(page: AppTest) -> None:
    page.run()
    page.selectbox(key="vary").set_value("optimizer").run()
    page.select_slider(key="seeds").set_value(2).run()
    page.number_input(key="epochs").set_value(2).run()
    page.button[0].click().run()
    assert not page.exception
    store, run_id = runs.runner().store, page.session_state["ensemble_run"]
    deadline = time.monotonic() + 60
    while not store.get(run_id).ended:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    page.run()
    assert not page.exception
    last = store.events_after(run_id)[-1][1]
    assert sorted(last["final"]) == ["Adam", "Momentum", "SGD"]
    assert all(len(values) == 2 for values in last["final"].values())
    assert len(page.get("vega_lite_chart")) == 3


def test_nothing_chosen_is_told_and_cannot_start(page: AppTest) -> None:
    page.run()
    page.pills[0].set_value([]).run() if hasattr(page, "pills") else page.button_group[0].set_value([]).run()
    assert page.error[0].value == "Choose at least one value of activation."
    assert page.button[0].disabled


@pytest.mark.parametrize("model", ["mlp", "lenet", "rnn", "gru"])
def test_every_kind_of_network_can_be_compared(page: AppTest, model: str) -> None:
    page.run()
    page.selectbox(key="model").set_value(model).run()
    assert not page.exception
    assert not page.error
    assert not page.button[0].disabled
