"""The table of an activation is the registry's function, also where that jumps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.activations import ACTIVATIONS
from core.activations.expressions.expression import find
from core.errors import InvalidRequest
from core.models import MODELS
from dashboard.film.activation_table import _DERIVATIVES_IN_NUMPY, _IN_NUMPY, NODES, table

REACH = 32
X = np.arange(-REACH * NODES, REACH * NODES + 1) / NODES
TRAINABLE = MODELS["mlp"].activations


def values(activation: str, derivative: bool = False) -> np.ndarray:
    return np.frombuffer(table(activation, REACH, derivative), "<f4")


def jumps(activation: str, derivative: bool = False) -> np.ndarray:
    return values(activation, derivative)[len(X) :].reshape(-1, 4)


@pytest.mark.parametrize("activation", [*TRAINABLE, "x*sin(3*x)"])
def test_the_nodes_are_the_registrys_function(activation: str) -> None:
    theirs = find(activation).function(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(values(activation)[: len(X)], theirs, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("activation", [*TRAINABLE, "x*sin(3*x)", "abs(x)"])
def test_the_nodes_of_a_derivative_are_autograds(activation: str) -> None:
    x = torch.from_numpy(X).requires_grad_()
    find(activation).function(x).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(values(activation, True)[: len(X)], x.grad.numpy(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("activation", "places"), [("relu", [0]), ("hardtanh", [-1, 1]), ("sign(x)", [])])
def test_a_derivative_jumps_where_the_function_has_a_kink(activation: str, places: list[float]) -> None:
    np.testing.assert_allclose(jumps(activation, True)[:, 1], places, atol=1e-6)


def test_what_is_computed_without_torch_is_an_entry_with_its_defaults() -> None:
    assert set(_IN_NUMPY) <= set(ACTIVATIONS)
    assert set(_DERIVATIVES_IN_NUMPY) == set(_IN_NUMPY)


@pytest.mark.parametrize(
    ("activation", "places"),
    [("hardshrink", [-0.5, 0.5]), ("threshold", [1]), ("sign(x)", [0, 0]), ("x*sign(x - 1.3)", [1.3])],
)
def test_a_jump_is_found_to_the_last_bit(activation: str, places: list[float]) -> None:
    found = jumps(activation)
    np.testing.assert_allclose(found[:, 1], places, atol=1e-6)
    for cell, place, below, above in found:
        assert X[int(cell)] <= place <= X[int(cell) + 1]
        beside = np.float32([place, np.nextafter(np.float32(place), np.float32(np.inf))]).astype(float)
        np.testing.assert_allclose(
            [below, above], find(activation).function(torch.from_numpy(beside)), atol=1e-7
        )


@pytest.mark.parametrize("activation", ["tanh", "relu", "selu", "softplus", "hardtanh", "tanh(50*x)"])
def test_a_steep_or_bent_function_has_no_jumps(activation: str) -> None:
    assert len(jumps(activation)) == 0


def test_an_unknown_function_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no activation 'swishy'"):
        table("swishy", REACH)
