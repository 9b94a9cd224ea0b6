"""The reference is right, and no coarser number format passes for float32."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from core.timing.frameworks.work import reference
from core.timing.frameworks.work.arrays import arrays_of
from core.timing.frameworks.work.catalogue import CHECKED_STEPS, LEARNING_RATE, WORKS
from core.timing.frameworks.work.reference import exact, relative_errors

Arrays = dict[str, np.ndarray]


def doubles(work: str) -> dict[str, torch.Tensor]:
    return {
        name: torch.from_numpy(array.astype(np.float64) if array.dtype.kind == "f" else array)
        for name, array in arrays_of(work).items()
    }


def test_forward_work_is_what_torch_computes_in_float64() -> None:
    product, silu, images = (doubles(work) for work in ("matmul", "activation", "convolution"))
    assert np.allclose(exact("matmul")[0]["product"], product["a"] @ product["b"], rtol=1e-12, atol=1e-10)
    assert np.allclose(exact("activation")[0]["output"], functional.silu(silu["x"]), rtol=1e-12)
    convolved = functional.conv2d(images["x"], images["filters"], padding="same")
    assert np.allclose(exact("convolution")[0]["output"], convolved, rtol=1e-10, atol=1e-12)


def mlp(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    hidden = torch.tanh(x @ weights["hidden"] + weights["hidden_bias"])
    return hidden @ weights["output"] + weights["output_bias"]


def lstm(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    layer = nn.LSTM(x.shape[2], len(weights["recurrent"]), batch_first=True, dtype=torch.float64)
    own = {
        "weight_ih_l0": weights["input"].T,
        "weight_hh_l0": weights["recurrent"].T,
        "bias_ih_l0": weights["bias"],
        "bias_hh_l0": torch.zeros_like(weights["bias"]),
    }
    states, _ = torch.func.functional_call(layer, own, (x,))
    return states[:, -1] @ weights["output"] + weights["output_bias"]


@pytest.mark.parametrize(("work", "outputs"), [("mlp_step", mlp), ("lstm_step", lstm)])
def test_training_steps_are_those_of_autograd(work: str, outputs: Callable[..., torch.Tensor]) -> None:
    given = doubles(work)
    weights = {name: given[name].clone().requires_grad_() for name in reference.WEIGHTS[work]}
    losses = []
    for _ in range(CHECKED_STEPS):
        loss = functional.cross_entropy(outputs(weights, given["x"]), given["y"])
        slopes = torch.autograd.grad(loss, [*weights.values()])
        losses.append(loss.item())
        with torch.no_grad():
            for weight, slope in zip(weights.values(), slopes, strict=True):
                weight -= LEARNING_RATE * slope
    changes, reference_losses = exact(work)
    assert reference_losses == pytest.approx(losses, rel=1e-12)
    for name, change in changes.items():
        assert np.allclose(change, (weights[name] - given[name]).detach(), rtol=1e-9, atol=1e-13), name


def rounded(array: np.ndarray, bits: int) -> np.ndarray:
    """A float32 array with so many significant bits."""
    fraction, exponent = np.frexp(array)
    return np.ldexp(np.round(fraction * 2**bits) / 2**bits, exponent).astype(np.float32)


def result_with(work: str, bits: int) -> Arrays:
    """What comes of operands, or of weights and data in each step, that have so many significant bits."""
    given = arrays_of(work)
    floats = {name: rounded(a, bits) if a.dtype.kind == "f" else a for name, a in given.items()}
    if work == "matmul":
        return {"product": floats["a"] @ floats["b"]}
    if work == "activation":
        return {"output": reference.silu(floats["x"])}
    if work == "convolution":
        return {"output": reference.convolution(floats["x"], floats["filters"])}
    step = {"mlp_step": reference.mlp_step, "lstm_step": reference.lstm_step}[work]
    weights = {name: given[name].copy() for name in reference.WEIGHTS[work]}
    for _ in range(CHECKED_STEPS):
        coarse = {name: rounded(array, bits) for name, array in weights.items()}
        before = {name: array.copy() for name, array in coarse.items()}
        step(coarse, floats["x"], given["y"])
        weights = {name: array + (coarse[name] - before[name]) for name, array in weights.items()}
    return weights


@pytest.mark.parametrize("work", WORKS)
def test_float32_passes_and_tf32_and_bfloat16_do_not(work: str) -> None:
    errors = {bits: max(relative_errors(work, result_with(work, bits)).values()) for bits in (24, 11, 8)}
    assert errors[24] <= WORKS[work].tolerance < errors[11] < errors[8]


def test_an_array_of_another_shape_is_no_result() -> None:
    assert np.isnan(relative_errors("matmul", {"product": np.zeros((2, 2))})["product"])
