"""A formula written out is the function that torch computes in one call, and really takes more calls."""

from __future__ import annotations

import pytest
import torch

from core.activations import ACTIVATIONS
from core.timing.activation_cost.unfused import UNFUSED
from core.timing.roofline.limits import launches


@pytest.mark.parametrize("key", UNFUSED)
def test_the_formula_is_torchs_function_with_its_gradient(key: str) -> None:
    x = torch.linspace(-5, 5, 1000, dtype=torch.float64, requires_grad=True)  # no place is a kink
    ours, torchs = UNFUSED[key](x), ACTIVATIONS[key].function(x)
    torch.testing.assert_close(ours, torchs)
    (gradient,) = torch.autograd.grad(ours.sum(), x)
    torch.testing.assert_close(gradient, torch.autograd.grad(torchs.sum(), x)[0])


@pytest.mark.parametrize("key", UNFUSED)
def test_torch_takes_one_call_and_the_formula_several(key: str) -> None:
    x = torch.randn(64)
    assert launches(lambda: ACTIVATIONS[key].function(x)) == 1
    assert launches(lambda: UNFUSED[key](x)) >= 2


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_the_formula_keeps_shape_and_format(dtype: torch.dtype) -> None:
    for function in UNFUSED.values():
        result = function(torch.randn(3, 5).to(dtype))
        assert (result.shape, result.dtype) == ((3, 5), dtype)
