"""The Train page's presets set every control, and say what there is to see for as long as they stand so."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.training.demonstrations import DEMONSTRATIONS
from dashboard.components import runs
from tests.dashboard.conftest import view
from tests.waiting import wait_until


@pytest.fixture
def page(own_runner: None) -> AppTest:
    return view("train").run()


def said(page: AppTest) -> list[str]:
    """The names of the presets that the page says what to see of."""
    sentences = {f"**{entry.name}.** {entry.see}": entry.name for entry in DEMONSTRATIONS.values()}
    return [sentences[text.value] for text in page.markdown if text.value in sentences]


@pytest.mark.parametrize("key", DEMONSTRATIONS)
def test_a_preset_sets_every_control_and_says_what_to_see(page: AppTest, key: str) -> None:
    assert not said(page)
    page.number_input(key="seed").set_value(3)
    page.selectbox(key="model").set_value("mlp").run()
    page.button(key=f"show {key}").click().run()
    assert not page.exception
    assert not page.error
    entry = DEMONSTRATIONS[key]
    assert said(page) == [entry.name]
    assert page.selectbox(key="data").value == entry.data
    assert page.select_slider(key="learning_rate").value == entry.config().learning_rate
    page.number_input(key="epochs").set_value(7).run()
    assert not said(page)


def test_a_run_of_a_preset_ends_as_it_says_and_its_address_says_so_too(page: AppTest) -> None:
    page.button(key="show explode").click().run()
    page.button[0].click().run()
    run_id, store = page.session_state["started runs"]["training"], runs.runner().store
    wait_until(lambda: store.get(run_id).ended)
    page.run()
    assert any("no longer a finite number" in text.value for text in page.warning)
    later = view("train")
    later.query_params["run"] = run_id
    later.run()
    assert said(later) == [DEMONSTRATIONS["explode"].name]


def test_another_network_is_left_for_a_preset(page: AppTest) -> None:
    page.selectbox(key="model").set_value("gru").run()
    page.button(key="show stall").click().run()
    assert not page.exception
    assert (page.selectbox(key="model").value, page.text_input(key="hidden").value) == (
        "mlp",
        "8, 8, 8, 8, 8, 8",
    )
    assert page.button[0].label == "Start"
