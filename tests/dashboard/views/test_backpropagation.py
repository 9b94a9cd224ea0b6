"""Backpropagation by hand as a person uses it, without a browser."""

from __future__ import annotations

import json
import math

import pytest
from streamlit.testing.v1 import AppTest

from core.backpropagation import EDGES, LAST, Network, backward, forward, stepped
from tests.dashboard.conftest import open_view

FIRST = Network()


def page(**query: str) -> AppTest:
    return open_view("backpropagation", **query)


def press(opened: AppTest, name: str, times: int = 1) -> AppTest:
    for _ in range(times):
        opened.button(key=f"press {name}").click().run()
        assert not opened.exception
    return opened


def drawn(opened: AppTest) -> str:
    """The picture in words."""
    (chart,) = opened.get("vega_lite_chart")
    return str(json.loads(chart.proto.spec)["description"])


def test_numbers_appear_one_after_the_other() -> None:
    opened = page()
    assert "∂" not in drawn(opened)
    assert "h₁" not in drawn(opened)
    press(opened, "forward")
    assert "h₁ = 0.651" in drawn(opened)
    assert "h₂" not in drawn(opened)
    press(opened, "loss")
    assert f"L = {forward(FIRST).loss:.3g}" in drawn(opened)
    press(opened, "backward")
    assert drawn(opened).count("∂") == 1
    press(opened, "backward", len(EDGES) - 1)
    assert drawn(opened).count("∂") == len(EDGES)


def test_the_chain_rules_line_is_that_of_the_chosen_weight() -> None:
    opened = page(at=str(LAST), edge="w21")
    gradient = backward(FIRST, forward(FIRST))
    (line,) = (shown.value for shown in opened.latex if r"\cdot \frac" in shown.value)
    assert line.count(r"\frac") == 6
    assert f"{gradient['w21']:.4g}"[:5] in line
    opened.selectbox(key="edge").set_value("v1").run()
    (line,) = (shown.value for shown in opened.latex if r"\cdot \frac" in shown.value)
    assert line.count(r"\frac") == 4


def test_a_weight_whose_derivative_is_not_there_has_no_line() -> None:
    opened = page(at="5", edge="w11")
    assert not any(r"\cdot \frac" in shown.value for shown in opened.latex)


def test_a_step_moves_the_weights_and_begins_anew() -> None:
    opened = press(press(page(), "backward"), "step")
    new = stepped(FIRST)
    for key in EDGES:
        assert math.isclose(opened.number_input(key=key).value, new.weights[key], rel_tol=1e-9)
    assert "∂" not in drawn(opened)
    assert f"{forward(new).loss:.6g}" in opened.caption[0].value
    opened.button[-1].click().run()  # Reset
    assert opened.number_input(key="w11").value == FIRST.weights["w11"]


def test_the_address_restores_numbers_and_moment() -> None:
    opened = page(x1="2", w11="-1.5", activation="tanh", rate="0.1", at="4")
    weights = FIRST.weights | {"w11": -1.5}
    expected = forward(Network(x1=2.0, activation="tanh", rate=0.1, weights=weights))
    assert f"L = {expected.loss:.3g}" in drawn(opened)


@pytest.mark.parametrize("at", ["-1", "x", "9999999999", "99", ""])
def test_a_moment_that_cannot_be_is_no_fault(at: str) -> None:
    assert not page(at=at).exception


def test_a_step_that_diverges_is_said_and_changes_nothing() -> None:
    opened = press(page(x1="100", x2="100", y="-100", activation="identity", rate="10"), "step")
    assert "smaller rate" in opened.warning[0].value
    assert opened.number_input(key="w11").value == FIRST.weights["w11"]
