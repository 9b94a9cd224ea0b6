"""Gated units and softmax equal torch's, and their closed-form gradients equal autograd's."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from core.activations.gated import (
    GATED,
    OF_VECTOR,
    at_point,
    at_temperature,
    over_first_logit,
    over_temperatures,
)
from core.errors import InvalidRequest

A, B = torch.meshgrid(*[torch.linspace(-6, 6, 61, dtype=torch.float64)] * 2, indexing="ij")
BY_HAND = {
    "glu": lambda a, b: F.glu(torch.cat([a, b], -1)),
    "swiglu": lambda a, b: a * F.silu(b),
    "geglu": lambda a, b: a * F.gelu(b),
    "reglu": lambda a, b: a * F.relu(b),
    "bilinear": lambda a, b: a * b,
}


def test_each_gated_unit_is_the_papers() -> None:
    assert BY_HAND.keys() == GATED.keys()
    for key, gated in GATED.items():
        torch.testing.assert_close(gated.function(A, B), BY_HAND[key](A, B), rtol=1e-14, atol=0)


@pytest.mark.parametrize("key", GATED)
def test_gradients_equal_autograds_and_are_finite_far_out(key: str) -> None:
    far = torch.tensor([-1e4, 0, 1e4], dtype=torch.float64)
    for a, b in ((A, B), (far, far.flip(0)), (far, far)):
        a, b = a.clone().requires_grad_(), b.clone().requires_grad_()
        found = torch.autograd.grad(GATED[key].function(a, b).sum(), (a, b))
        for ours, theirs in zip(GATED[key].gradients(a.detach(), b.detach()), found, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)
            assert ours.isfinite().all()


@pytest.mark.parametrize("key", OF_VECTOR)
def test_jacobians_equal_autograds(key: str) -> None:
    x = torch.tensor([-2.0, 0.0, 0.5, 3.0], dtype=torch.float64)
    expected = torch.func.jacrev(OF_VECTOR[key].function)(x)
    torch.testing.assert_close(OF_VECTOR[key].jacobian(x), expected, rtol=1e-12, atol=1e-14)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=20), st.floats(-100, 100))
def test_softmax_is_a_distribution_that_a_common_shift_leaves_alone(x: list[float], shift: float) -> None:
    vector = torch.tensor(x, dtype=torch.float64)
    share = OF_VECTOR["softmax"].function(vector)
    assert share.sum().item() == pytest.approx(1)
    assert (share >= 0).all()
    torch.testing.assert_close(OF_VECTOR["softmax"].function(vector + shift), share, rtol=1e-9, atol=1e-9)


def test_softmax_of_two_is_the_sigmoid_of_their_difference() -> None:
    share = OF_VECTOR["softmax"].function(torch.tensor([1.5, 0.0], dtype=torch.float64))
    assert share[0].item() == pytest.approx(1 / (1 + math.exp(-1.5)))


@pytest.mark.parametrize("entry", [*GATED.values(), *OF_VECTOR.values()], ids=[*GATED, *OF_VECTOR])
def test_an_entry_is_complete(entry) -> None:
    assert entry.latex.startswith("f(")
    assert entry.note.endswith(".")
    assert entry.use.endswith(".")
    assert re.search(r"[\u4e00-\u9fff]{2,}.*。$", entry.note_zh)
    assert 1980 < entry.source.year < 2100


@pytest.mark.parametrize("key", OF_VECTOR)
@given(
    st.lists(st.floats(-10, 10), min_size=2, max_size=5),
    st.floats(0.05, 20),
)
def test_at_a_temperature_outputs_and_slopes_are_autograds(
    key: str, logits: list[float], temperature: float
) -> None:
    found = at_temperature(key, logits, temperature)
    x = torch.tensor(logits, dtype=torch.float64)
    function = {"softmax": F.softmax, "log_softmax": F.log_softmax}[key]
    expected = torch.autograd.functional.jacobian(lambda x: function(x / temperature, -1), x)
    assert found.outputs == pytest.approx(function(x / temperature, -1).numpy(), abs=1e-9)
    assert found.jacobian == pytest.approx(expected.numpy(), abs=1e-9)
    assert found.largest_slope == pytest.approx(expected.abs().max().item(), abs=1e-9)


def test_softmax_along_one_of_two_logits_is_a_shifted_sigmoid() -> None:
    for one in over_first_logit("softmax", [0.0, 1.0], points=21):
        assert one.outputs[0] == pytest.approx(1 / (1 + math.exp(1 - one.logits[0])))


def test_cold_softmax_is_one_hot_and_hot_softmax_uniform() -> None:
    every = over_temperatures("softmax", [2.0, 1.0, -1.0], 0.01, 1e4, points=5)
    assert every[0].outputs == pytest.approx([1, 0, 0])
    assert every[-1].outputs == pytest.approx([1 / 3] * 3, abs=1e-3)
    assert [one.temperature for one in every] == pytest.approx([1e-2, 10**-0.5, 10, 10**2.5, 1e4])


@pytest.mark.parametrize("key", GATED)
def test_a_point_has_the_value_and_slopes_of_autograd(key: str) -> None:
    a, b = (torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in (1.5, -0.7))
    value = BY_HAND[key](a.reshape(1), b.reshape(1)).sum()
    slopes = torch.autograd.grad(value, (a, b))
    assert at_point(key, 1.5, -0.7) == pytest.approx([part.item() for part in (value, *slopes)])


@pytest.mark.parametrize(
    "ask",
    [
        lambda: at_temperature("hardmax", [1.0]),
        lambda: at_temperature("softmax", [1.0], 0.0),
        lambda: at_temperature("softmax", [1.0], math.nan),
        lambda: at_temperature("softmax", []),
        lambda: at_temperature("softmax", [math.inf]),
        lambda: at_point("flu", 0, 0),
    ],
)
def test_what_cannot_be_is_refused(ask: Callable[[], object]) -> None:
    with pytest.raises(InvalidRequest):
        ask()
