"""The Cost page measures the chosen functions, draws them, and answers the impossible in words."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import runs
from tests.waiting import wait_until


def test_no_function_is_answered_in_words_before_the_start(page: AppTest) -> None:
    page.run()
    assert not page.exception
    page.multiselect(key="functions").set_value([]).run()
    assert not page.exception
    assert "at least one is needed" in page.error[0].value
    assert page.button[0].disabled


@pytest.mark.parametrize("typed", ["x +", "y * 2", "__import__('os')", "gelly"])
def test_what_is_no_expression_is_answered_in_words(page: AppTest, typed: str) -> None:
    page.run()
    page.text_input(key="own").set_value(typed).run()
    assert not page.exception
    assert page.error[0].value.endswith(".")
    assert page.button[0].disabled


def test_an_unknown_run_is_answered_in_words(page: AppTest) -> None:
    page.query_params["run"] = "nothing"
    page.run()
    assert not page.exception
    assert "nothing" in page.warning[0].value


def test_a_click_measures_and_shows_charts_a_table_and_files(page: AppTest) -> None:
    page.run()
    page.multiselect(key="functions").set_value(["relu"]).run()
    page.text_input(key="own").set_value("x * tanh(x)").run()
    page.select_slider(key="size").set_value(1024).run()
    page.button[0].click().run()

    def ended() -> bool:
        page.run()
        assert not page.exception
        return runs.runner().store.get(page.session_state["started runs"]["cost"]).ended

    wait_until(ended)
    page.run()
    assert not page.exception
    assert len(page.get("vega_lite_chart")) == 4
    figures = page.dataframe[0].value
    assert list(zip(figures["Function"], figures["Pass"], strict=True)) == [
        ("ReLU", "forward"),
        ("ReLU", "backward"),
        ("x * tanh(x)", "forward"),
        ("x * tanh(x)", "backward"),
    ]
    assert (figures["Median (µs)"] > 0).all()
    assert figures["Verdict"].notna().tolist() == [True, True, False, False]
    assert len(page.get("download_button")) == 2
    assert any("Fastest forward: **" in caption.value for caption in page.caption)
    assert sum(caption.value.startswith("Look ") for caption in page.caption) == 4
