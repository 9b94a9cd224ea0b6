"""The Frameworks page compares what is here, opens results of other machines, and names what is missing."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.operator_settings import variable
from core.timing.frameworks.events import (
    FrameworkFinished,
    FrameworkStarted,
    WorkCompared,
    WorkMeasured,
)
from core.timing.frameworks.gone import GONE
from core.timing.frameworks.registry import LIBRARIES
from dashboard.components import runs
from dashboard.components.markdown import escaped
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _no_environment_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """NumPy and PyTorch alone, those of the tests."""
    monkeypatch.setenv(variable("frameworks"), str(tmp_path))
    st.cache_data.clear()


def test_all_frameworks_are_listed_with_the_way_to_have_those_that_are_missing(page: AppTest) -> None:
    page.run()
    assert not page.exception
    here = page.dataframe[0].value.set_index("Framework")
    assert set(here.index) == {library.name for library in LIBRARIES.values()}
    assert set(here.index[here["Here"]]) == {"NumPy", "PyTorch"}
    assert "make frameworks" in here.loc["JAX", "Why not, and how to have it"]
    gone = page.table[0].value
    assert list(gone["Framework"]) == [entry.name for entry in GONE.values()]


def test_no_work_is_answered_in_words_before_the_start(page: AppTest) -> None:
    page.run()
    page.pills(key="work").set_value([]).run()
    assert not page.exception
    assert "at least one is needed" in page.error[0].value
    assert page.button[0].disabled


@pytest.mark.slow
def test_a_click_compares_and_shows_a_verdict_charts_tables_and_files(page: AppTest) -> None:
    page.query_params["only"] = ["numpy", "pytorch-eager"]
    page.query_params["work"] = ["mlp_step"]
    page.run()
    page.button[0].click().run()

    def ended() -> bool:
        page.run()
        assert not page.exception
        return runs.runner().store.get(page.session_state["started runs"]["frameworks"]).ended

    wait_until(ended)
    page.run()
    assert not page.exception
    assert len(page.get("vega_lite_chart")) == 2
    rows = page.dataframe[0].value
    assert list(rows["Framework"]) == ["PyTorch (eager)", "NumPy"]
    assert rows["Agrees"].all()
    assert rows["Verdict"].notna().tolist() == [False, True]
    assert len(page.get("download_button")) == 3
    assert any("equal to NumPy's in float64" in text.value for text in page.markdown)


def stored() -> bytes:
    """A result of another machine, with a framework that no version here knows."""
    started = FrameworkStarted(
        "chainer", "Chainer", {"chainer": "9"}, "/python", 1.0, 10**8, 1, (0,), {}, False
    )
    taken = WorkMeasured(
        framework="chainer",
        title="Chainer",
        work="attention",
        size="any",
        dtype="float32",
        threads=1,
        first_call_s=0.5,
        median_s=0.01,
        ci_low_s=0.009,
        ci_high_s=0.011,
        samples=6,
        times_s=(0.01,) * 6,
        stopped_by="target",
        repeats=1,
        flops=1000,
        gflops=1e-4,
        relative_error=1e-7,
        tolerance=1e-5,
        agrees=True,
        precision=None,
        losses=(),
    )
    other = asdict(taken) | {"framework": "mine", "title": "Mine"}
    compared = WorkCompared(
        "mine", "Mine", "attention", "chainer", 1.5, 1.4, 1.6, 0.02, "SLOWER", 40, ("a browser",)
    )
    events = [
        {
            "event": "environment_read",
            "schema": 3,
            "started_at": "2026-01-01",
            "environment": {"cpu": "Elsewhere"},
        },
        {"event": "framework_started"} | asdict(started),
        {"event": "work_measured"} | asdict(taken),
        {"event": "work_measured"} | other,
        {"event": "work_compared"} | asdict(compared),
        {"event": "framework_finished"} | asdict(FrameworkFinished("chainer", None)),
    ]
    return json.dumps({"schema": 3, "events": events}).encode()


def test_a_result_opens_on_a_machine_that_has_none_of_its_frameworks(page: AppTest) -> None:
    page.run()
    page.file_uploader(key="result_file").upload("theirs.json", stored(), "application/json").run()
    assert not page.exception
    assert any("Elsewhere" in caption.value for caption in page.caption)
    assert list(page.dataframe[0].value["Verdict"])[1] == "SLOWER"
    assert any(escaped("slower: Mine 1.5 times") in text.value for text in page.markdown)


def test_a_file_of_something_else_is_answered_in_words(page: AppTest) -> None:
    page.run()
    other = {"event": "environment_read", "schema": 3, "started_at": "now", "environment": {}}
    content = json.dumps({"schema": 3, "events": [other]}).encode()
    page.file_uploader(key="result_file").upload("sweep.json", content, "application/json").run()
    assert not page.exception
    assert "holds no comparison of frameworks" in page.error[0].value
