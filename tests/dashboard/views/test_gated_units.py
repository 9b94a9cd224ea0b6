"""The page of gated units and softmax as a person uses it, without a browser."""

from __future__ import annotations

import json
import math
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from core.activations.gated import GATED, OF_VECTOR
from tests.dashboard.conftest import open_view

page = partial(open_view, "gated_units")


def titles(opened: AppTest) -> list[str]:
    return [json.loads(chart.proto.spec)["title"]["text"] for chart in opened.get("vega_lite_chart")]


def metrics(opened: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in opened.metric}


def test_it_opens_with_swiglu_its_slopes_and_its_kin() -> None:
    opened = page()
    assert set(titles(opened)) >= {"SwiGLU", "SwiGLU: slices at five values", "Slope by the value"}
    assert titles(opened)[-len(GATED) :] == [unit.name for unit in GATED.values()]
    silu = 1 / (1 + math.exp(-1))  # of b = 1
    assert float(metrics(opened)["f(a, b)"]) == pytest.approx(2 * silu, rel=0.01)
    assert float(metrics(opened)["∂f/∂a"]) == pytest.approx(silu, rel=0.01)


@pytest.mark.parametrize("key", [*GATED, *OF_VECTOR])
def test_every_function_can_be_asked_for_in_the_address(key: str) -> None:
    opened = page(function=key)
    name = (GATED[key] if key in GATED else OF_VECTOR[key]).name
    assert any(f"## {name}\n" in text.value for text in opened.markdown)
    assert len(opened.get("download_button")) == 1


def test_softmax_follows_its_logits_and_its_temperature() -> None:
    opened = page(function="softmax", logit1="1", logit2="1", logit3="1")
    # Three equal ones: each a third, and the slopes 2/9 and -1/9.
    assert metrics(opened)["Largest slope"] == "0.222"
    assert opened.dataframe[0].value.iloc[0].tolist() == ["0.222", "−0.111", "−0.111"]
    opened.slider(key="temperature").set_value(2.0).run()
    assert metrics(opened)["Largest slope"] == "0.111"


def test_nonsense_in_the_address_leaves_the_defaults() -> None:
    opened = page(function="hardmax", a="1e9", b="x", temperature="0", reach="-1")
    assert "SwiGLU" in titles(opened)
    assert opened.slider(key="a").value == 2.0
