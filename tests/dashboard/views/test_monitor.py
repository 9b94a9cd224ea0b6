"""The Live monitor's page; what it shows comes from dashboard/machine, and tests/browser looks at it."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.monitor.figures import FIGURES, strips
from dashboard.machine.monitor import data
from tests.dashboard.conftest import open_view


def test_the_window_is_in_the_address() -> None:
    page = open_view("monitor", window="1h")
    assert page.get("button_group")[0].value == "1h"
    assert "window" not in open_view("monitor").query_params


def test_it_opens_without_an_exception() -> None:
    page: AppTest = open_view("monitor")
    assert page.title[0].value == "Live monitor"


def test_what_is_drawn_is_registered_and_its_history_is_kept() -> None:
    described = data(120)
    assert set(described["figures"]) == set(FIGURES)  # type: ignore[call-overload]
    for kind in ("cpu", "cuda"):
        for strip in strips(kind):
            assert all(FIGURES[name].history for name in strip.figures)
            assert {FIGURES[name].unit for name in strip.figures} == {strip.unit}
            assert isinstance(strip.max, float | None) or strip.max in FIGURES
