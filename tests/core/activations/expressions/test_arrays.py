"""Expressions of arrays have the values of the same expressions of single numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.activations.expressions.arrays import ARRAYS, array_values
from core.activations.expressions.evaluation import tensor_function
from core.activations.expressions.grammar import parse
from core.activations.expressions.operations import OPERATIONS
from core.activations.expressions.rewriting import computable

PLACES = np.array([-30.0, -2.5, -1.0, -0.3, 0.0, 0.7, 1.0, 2.5, 30.0])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_gives_the_numbers_of_its_entry(operation: str) -> None:
    arguments = np.meshgrid(*[PLACES] * len(OPERATIONS[operation].slopes))
    with np.errstate(all="ignore"):
        found = ARRAYS[operation](*arguments)
    for value, *given in zip(found.ravel(), *(argument.ravel() for argument in arguments), strict=True):
        try:
            expected = OPERATIONS[operation].number(*map(float, given))
        except (ValueError, ZeroDivisionError):  # no value
            assert not math.isfinite(value)
        else:
            assert value == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_both_have_the_same_operations() -> None:
    assert ARRAYS.keys() == OPERATIONS.keys()


def test_each_variable_has_its_own_values() -> None:
    x, y = np.random.default_rng(0).normal(0, 1, (2, 100))
    tree = computable(parse("x^2*y - max(x, y)/(1 + exp(-x)) + 2^y", ("x", "y")))
    expected = x**2 * y - np.maximum(x, y) / (1 + np.exp(-x)) + 2**y
    np.testing.assert_allclose(array_values(tree, {"x": x, "y": y}), expected, rtol=1e-12)
    of_one = computable(parse("x*tanh(log(1+exp(x)))"))
    theirs = tensor_function(of_one)(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(array_values(of_one, {"x": x}), theirs, rtol=1e-12)


def test_a_constant_has_the_shape_of_the_variables() -> None:
    assert array_values(parse("2"), {"x": PLACES}).tolist() == [2.0] * len(PLACES)
