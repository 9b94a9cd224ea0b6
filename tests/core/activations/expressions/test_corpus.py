"""Properties of formulas that people type are those that mpmath finds, or are said to be not determined."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from core.activations import find
from core.activations.properties import SATURATED_SLOPE, Properties, properties
from tests.core.activations.expressions.corpus_oracle import formulas

EXPECTED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "corpus.json").read_text("utf-8"))
FORMULAS = dict(formulas())
# The faults that were reported, and every fourth of the others; `make slow` checks all.
REPORTED = {"x*exp(x)/(1+exp(x))", "50*tanh(x/50)", "100*tanh(x/100)", "500*atan(x/500)", "relu(x-500)"}
# What more digits than ours would show.
OPEN = {
    "cosh(x)^2-sinh(x)^2": 7,
    "(sqrt(x^2+1)-x)*x": 1,
    "max(x,x*sigmoid(x))": 1,
    "log(abs(x))": 1,
    "1/x": 1,
    "1/x^2": 1,
}


def cases() -> list[Any]:
    return [
        pytest.param(text, marks=() if text in REPORTED or number % 8 == 0 else pytest.mark.slow)
        for number, text in enumerate(FORMULAS)
    ]


def test_the_corpus_is_whole() -> None:
    assert len(FORMULAS) >= 150
    assert {*EXPECTED} == {*FORMULAS}


@pytest.mark.parametrize("text", cases())
def test_every_property_is_what_mpmath_finds(text: str) -> None:
    found, expected, places = properties(find(text)), EXPECTED[text], FORMULAS[text]
    assert len(found.undetermined) <= OPEN.get(text, 0)
    for name, tolerance in {"lowest": 1e-5, "highest": 1e-5, "mean_output": 1e-4}.items():
        if name not in found.undetermined and expected[name] is not None:
            assert getattr(found, name) == approximately(expected[name], tolerance), name
    if "monotonic" not in found.undetermined:
        assert found.monotonic == expected["monotonic"]
    assert [*found.jumps] == places.get("jumps", [])
    assert [kink for kink in found.kinks if kink not in found.jumps] == places.get("kinks", [])
    if found.jumps:
        assert found.lipschitz == math.inf
    elif "largest_slope" not in found.undetermined:
        assert found.lipschitz == approximately(expected["largest_slope"], 1e-4)
    check_saturation(text, found, expected["saturates"])


def approximately(value: Any, tolerance: float) -> Any:
    return pytest.approx(float(value), rel=tolerance, abs=tolerance)


def check_saturation(text: str, found: Properties, expected: list[bool]) -> None:
    """It is there or not; where it begins, the slope is below the threshold outside and above it inside."""
    import torch

    for name, is_there, side in zip(("saturates_below", "saturates_above"), expected, (-1, 1), strict=True):
        place = getattr(found, name)
        if name in found.undetermined:
            continue
        assert (place is not None) == is_there, name
        if place is not None and abs(place) > 0.02:
            further = torch.linspace(0.002, 3 * abs(place) + 5, 200, dtype=torch.float64)
            outside = find(text).derivative(place + side * further).abs()
            inside = find(text).derivative(torch.tensor([place - side * 0.011], dtype=torch.float64)).abs()
            assert not (outside >= SATURATED_SLOPE).any()
            assert (inside >= 0.98 * SATURATED_SLOPE).all()
