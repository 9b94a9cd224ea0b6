"""What autograd keeps is counted as its formulas say, each storage once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from core.timing.activation_cost.saved_for_backward import SavedForBackward, saved_for_backward

N = 1000


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x + 1, SavedForBackward(0, 0, 0)),  # the slope is 1 whatever x was
        (torch.sigmoid, SavedForBackward(0, 4 * N, 0)),  # s' = s (1 - s)
        (torch.tanh, SavedForBackward(0, 4 * N, 0)),  # t' = 1 - t^2
        (F.relu, SavedForBackward(0, 4 * N, 0)),
        (F.silu, SavedForBackward(4 * N, 0, 0)),
        (lambda x: x * x, SavedForBackward(4 * N, 0, 0)),  # saved twice, and held once
        (lambda x: torch.where(x > 0, x, 0.0), SavedForBackward(0, 0, N)),  # a mask, one byte each
        (lambda x: torch.sigmoid(x) * x, SavedForBackward(4 * N, 0, 4 * N)),
        (lambda x: torch.exp(torch.exp(x)), SavedForBackward(0, 4 * N, 4 * N)),
    ],
)
def test_kept_bytes_are_those_that_the_derivative_needs(
    function: Callable[[Tensor], Tensor], expected: SavedForBackward
) -> None:
    assert saved_for_backward(function, torch.randn(N)) == expected
    assert expected.all_bytes == expected.input_bytes + expected.result_bytes + expected.other_bytes


def test_half_the_format_keeps_half_the_bytes() -> None:
    assert saved_for_backward(F.gelu, torch.randn(N).bfloat16()) == SavedForBackward(2 * N, 0, 0)


def test_the_tensor_that_is_given_stays_as_it_was() -> None:
    x = torch.randn(N)
    saved_for_backward(F.relu, x)
    assert not x.requires_grad
