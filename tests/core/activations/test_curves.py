"""Curves carry autograd's derivative, never NaN, and refuse what cannot be drawn."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.activations.curves import POINTS, X_LIMIT, curves, to_csv
from core.errors import InvalidRequest

ALL: dict[str, dict[str, float]] = {key: {} for key in ACTIVATIONS}


def test_curves_hold_function_and_closed_form_derivative() -> None:
    drawn = curves(ALL, -5, 5)
    x = torch.from_numpy(np.linspace(-5, 5, POINTS))
    np.testing.assert_array_equal(drawn.x, x.float().numpy())
    for key, activation in ACTIVATIONS.items():
        for line, expected in (
            (drawn.values[key], activation.function(x)),
            (drawn.derivatives[key], activation.derivative(x)),
        ):
            assert (line.shape, line.dtype) == ((POINTS,), np.float32)
            np.testing.assert_allclose(line, expected.numpy(), rtol=1e-6, atol=1e-8, err_msg=key)


@given(st.floats(-X_LIMIT, X_LIMIT - 1), st.floats(1e-3, 1), st.integers(2, 400))
def test_curves_are_finite_over_any_range(low: float, share: float, points: int) -> None:
    drawn = curves(ALL, low, min(low + share * (X_LIMIT - low), X_LIMIT), points)
    for key in ALL:
        assert np.isfinite(drawn.values[key]).all()
        assert np.isfinite(drawn.derivatives[key]).all()


def test_parameters_shape_the_curve() -> None:
    slopes = [
        curves({"leaky_relu": {"negative_slope": slope}}).derivatives["leaky_relu"] for slope in (0.1, 0.5)
    ]
    assert [line[0] for line in slopes] == pytest.approx([0.1, 0.5])


def test_curves_are_drawn_also_where_gradients_are_switched_off() -> None:
    with torch.no_grad():
        assert curves({"tanh": {}}, -1, 1, 3).derivatives["tanh"][1] == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"selected": {"swoosh": {}}}, "There is no activation 'swoosh'; did you mean swish?"),
        ({"low": 1, "high": 1}, "x runs from 1 to 1; the left end must be below the right end"),
        ({"low": 2, "high": 1}, "x runs from 2 to 1"),
        ({"high": math.inf}, "x from -6 to inf is too wide"),
        ({"low": math.nan}, "x from nan to 6 is too wide"),
        ({"low": -1e7}, "both ends must lie within ±1e"),
        ({"points": 1}, "1 points were asked for; 2 to 10,001 are allowed"),
        ({"points": 10**9}, "points were asked for"),
        ({"selected": {"elu": {"alpha": -1}}}, "alpha of ELU is -1; it must lie between"),
    ],
)
def test_the_impossible_is_refused_in_one_sentence(given: dict, said: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        curves(**({"selected": {"relu": {}}} | given))
    assert said in str(refusal.value)


def test_csv_reads_back_as_the_curves() -> None:
    chosen = {"sigmoid": {}, "leaky_relu": {"negative_slope": 0.25}}
    drawn = curves(chosen, -6, 6, 5)
    head, *rows = csv.reader(io.StringIO(to_csv(drawn, chosen)))
    leaky = "leaky_relu(negative_slope=0.25)"
    assert head == ["x", "sigmoid", "sigmoid derivative", leaky, f"{leaky} derivative"]
    expected = np.column_stack(
        [drawn.x, *(part[key] for key in chosen for part in (drawn.values, drawn.derivatives))]
    )
    np.testing.assert_array_equal(np.array(rows, np.float32), expected)
    assert rows[0][3:] == ["-1.5", "0.25"]


def test_second_derivatives_are_those_of_the_closed_forms() -> None:
    drawn = curves({"sigmoid": {}, "tanh": {}, "elu": {"alpha": 2}, "relu": {}, "x^3": {}}, second=True)
    x = drawn.x.astype(np.float64)
    sigmoid = 1 / (1 + np.exp(-x))
    expected = {
        "sigmoid": sigmoid * (1 - sigmoid) * (1 - 2 * sigmoid),
        "tanh": -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
        "elu": np.where(x > 0, 0, 2 * np.exp(np.minimum(x, 0))),
        "relu": np.zeros_like(x),
        "x^3": 6 * x,
    }
    for key, second in expected.items():
        away = np.abs(x) > 0.01  # at 0 ELU's second derivative is that of either side
        np.testing.assert_allclose(drawn.second_derivatives[key][away], second[away], atol=1e-5)
    assert curves({"relu": {}}).second_derivatives == {}


def test_second_derivatives_of_every_function_are_the_slopes_of_its_slopes() -> None:
    drawn = curves(ALL, -4.0037, 4.0011, 4001, second=True)
    step = float(drawn.x[1] - drawn.x[0])
    for key, activation in ACTIVATIONS.items():
        slopes = activation.derivative(torch.from_numpy(drawn.x.astype(np.float64))).numpy()
        quotients = np.diff(slopes, 2), (slopes[2:] - slopes[:-2]) / (2 * step)
        smooth = np.abs(quotients[0]) < 1e-4  # away from kinks and bends
        assert smooth.mean() > 0.9
        np.testing.assert_allclose(
            drawn.second_derivatives[key][1:-1][smooth], quotients[1][smooth], atol=0.05, err_msg=key
        )
