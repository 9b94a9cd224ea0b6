"""Gated units and softmax equal torch's, and their closed-form gradients equal autograd's."""

from __future__ import annotations

import math
import re
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from core.activations.gated import GATED, OF_VECTOR

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


def test_reading_it_does_not_import_torch() -> None:
    code = "import sys, core.activations.gated; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
