"""Vector steps are torch's steps in float64, for one network and for stacks, of any shape and function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, optim

from core.activations import ACTIVATIONS
from core.activations.expressions.expression import find, tree_of
from core.training.compiled import dense, elementwise, mlp, stack
from core.training.compiled.simd import LANES

OPTIMIZERS: dict[str, tuple[mlp.Optimizer, Callable[[Any, float], optim.Optimizer]]] = {
    "sgd": (
        mlp.Optimizer(mlp.SGD, weight_decay=0.01),
        lambda p, rate: optim.SGD(p, rate, weight_decay=0.01),
    ),
    "momentum": (mlp.Optimizer(mlp.MOMENTUM), lambda p, rate: optim.SGD(p, rate, momentum=0.9)),
    "nesterov": (
        mlp.Optimizer(mlp.NESTEROV),
        lambda p, rate: optim.SGD(p, rate, momentum=0.9, nesterov=True),
    ),
    "rmsprop": (mlp.Optimizer(mlp.RMSPROP, beta2=0.99), lambda p, rate: optim.RMSprop(p, rate)),
    "adam": (
        mlp.Optimizer(mlp.ADAM, weight_decay=0.01),
        lambda p, rate: optim.Adam(p, rate, weight_decay=0.01),
    ),
    "adamw": (
        mlp.Optimizer(mlp.ADAMW, weight_decay=0.1),
        lambda p, rate: optim.AdamW(p, rate, weight_decay=0.1),
    ),
}
FIT = [name for name, one in ACTIVATIONS.items() if not one.unfit]


def loss_of(kind: int, smoothing: float) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss in torch."""
    if kind == dense.BINARY:
        return lambda z, y: F.binary_cross_entropy_with_logits(z[:, 0], y * (1 - smoothing) + smoothing / 2)
    if kind == dense.SQUARED:
        return lambda z, y: F.mse_loss(z[:, 0], y)
    return lambda z, y: F.cross_entropy(z, y.long(), label_smoothing=smoothing)


class InTorch:
    """The same steps by autograd in float64."""

    def __init__(self, theta: np.ndarray, sizes: Sequence[int], activations: Sequence[str]) -> None:
        self.functions = [find(name).function for name in activations]
        self.parameters, at = [], 0
        for fan_in, fan_out in pairwise(sizes):
            for shape in ((fan_out, fan_in), (fan_out,)):
                count = int(np.prod(shape))
                values = torch.tensor(theta[at : at + count], dtype=torch.float64).reshape(shape)
                self.parameters.append(values.requires_grad_())
                at += count

    def outputs(self, x: Tensor) -> Tensor:
        layers = [*zip(self.parameters[::2], self.parameters[1::2], strict=True)]
        for at, (weight, bias) in enumerate(layers):
            x = F.linear(x, weight, bias)
            if at < len(layers) - 1:
                x = self.functions[at](x)
        return x

    def step(self, optimizer: optim.Optimizer, loss: Tensor, l1: float, clip_norm: float | None) -> None:
        optimizer.zero_grad()
        loss.backward()
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.parameters, clip_norm)
        for weight in self.parameters:
            if weight.dim() > 1:
                weight.grad.add_(weight.detach().sign(), alpha=l1)  # type: ignore[union-attr]
        optimizer.step()

    def theta(self) -> np.ndarray:
        return torch.cat([one.detach().flatten() for one in self.parameters]).numpy()


def assert_same_steps(
    activations: Sequence[str],
    optimizer: str,
    loss: int,
    sizes: tuple[int, ...],
    networks: int,
    batch_size: int = 7,
    smoothing: float = 0.0,
    l1: float = 0.0,
    clip_norm: float | None = None,
    stacked: bool = True,
    tolerance: float = 1e-4,
) -> None:
    """Two passes over 17 samples, a call each, against torch: weights of each network, and the losses."""
    rng = np.random.default_rng(0)
    samples, passes = 17, 2
    trees = tuple(tree_of(name) for name in activations)
    network = stack.Network(sizes, trees)  # type: ignore[arg-type]
    ours, build = OPTIMIZERS[optimizer]
    jobs, theirs = [], []
    for at in range(networks):
        theta = (rng.standard_normal(network.parameters) * 0.5).astype(np.float32)
        memory = mlp.Memory(theta, np.zeros_like(theta), np.zeros_like(theta))
        inputs = rng.standard_normal((samples, sizes[0])).astype(np.float32)
        targets = rng.integers(0, max(2, sizes[-1]), samples).astype(float)
        order = np.concatenate([rng.permutation(samples) for _ in range(passes)])
        rate = 0.01 * (1 + at % 3)
        jobs.append(stack.Job(memory, inputs, targets, order, ours, rate, l1, clip_norm, smoothing))
        theirs.append(InTorch(theta, sizes, activations))
    steps = stack.Steps(
        network=network,
        optimizer_kind=ours.kind,
        betas=(ours.momentum, ours.beta2),
        loss=loss,
        batch_size=batch_size,
        passes=1,
        penalized=bool(l1) or clip_norm is not None,
    )
    a_pass = -(-samples // batch_size)
    for done in range(passes):
        half = [
            stack.Job(**(vars(job) | {"order": job.order[done * samples : (done + 1) * samples]}))
            for job in jobs
        ]
        losses, frames = stack.take_steps(
            steps, half, np.full(a_pass, 1.0), done * a_pass, stacked, [a_pass - 1]
        )
    for at, (job, torch_way) in enumerate(zip(jobs, theirs, strict=True)):
        optimizer_of = build(torch_way.parameters, job.learning_rate)
        for start in [p * samples + s for p in range(passes) for s in range(0, samples, batch_size)]:
            chosen = job.order[start : min(start + batch_size, (start // samples + 1) * samples)]
            x, y = torch.tensor(job.inputs[chosen]).double(), torch.tensor(job.targets[chosen])
            value = loss_of(loss, smoothing)(torch_way.outputs(x), y)
            torch_way.step(optimizer_of, value, l1, clip_norm)
        np.testing.assert_allclose(job.memory.theta, torch_way.theta(), tolerance, tolerance)
        assert losses[at] == pytest.approx(value.item(), rel=1e-3, abs=1e-5)
        np.testing.assert_array_equal(frames[-1, at], job.memory.theta)
        ours_out = stack.outputs(network, job.memory.theta, job.inputs)
        expected = torch_way.outputs(torch.tensor(job.inputs).double()).detach().numpy()
        np.testing.assert_allclose(ours_out, expected, 1e-3, 1e-3)


@given(
    activations=st.lists(st.sampled_from(FIT), max_size=3),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    loss=st.sampled_from([dense.BINARY, dense.SQUARED, dense.SOFTMAX]),
    widths=st.lists(st.integers(1, 13), min_size=4, max_size=4),
    networks=st.integers(1, LANES),
    stacked=st.booleans(),
    batch_size=st.integers(1, 20),
    smoothing=st.sampled_from([0.0, 0.2]),
    l1=st.sampled_from([0.0, 0.01]),
    clip_norm=st.sampled_from([None, 0.3]),
)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_steps_of_any_network_are_those_of_autograd(
    activations: list[str], loss: int, widths: list[int], networks: int, stacked: bool, **rest: Any
) -> None:
    rest |= {"networks": networks if stacked else 1, "stacked": stacked}
    outputs = 4 if loss == dense.SOFTMAX else 1
    sizes = (widths[0], *widths[1 : 1 + len(activations)], outputs)
    # Adam and RMSprop divide by the size of a gradient that may be all rounding.
    adaptive = rest["optimizer"] in ("adam", "adamw", "rmsprop")
    assert_same_steps(activations, loss=loss, sizes=sizes, tolerance=2e-3 if adaptive else 3e-4, **rest)


def values_and_slopes(name: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An activation as the operations that its expression becomes."""
    tree = tree_of(name)
    assert tree is not None
    network = stack.Network((1, 1, 1), (tree,))
    register = elementwise.TILE * LANES
    work, (_, layer, registers) = stack._work(network, register)
    padded = np.resize(x, -(-len(x) // register) * register)
    values, slopes = np.zeros_like(padded), np.zeros_like(padded)
    for start in range(0, len(padded), register):
        work[layer : layer + register] = padded[start : start + register]
        code = network.program.code
        elementwise.run(code, 0, len(code), work, registers, layer, 0, 2 * register, elementwise.TILE)
        values[start : start + register] = work[:register]
        slopes[start : start + register] = work[2 * register : 3 * register]
    return values[: len(x)], slopes[: len(x)]


@pytest.mark.parametrize(
    "name", [*ACTIVATIONS, "abs(x)^1.7", "x^-2 + 2^x", "log(1 + x^2)", "sinh(x/4)*cos(x)"]
)
def test_values_and_slopes_are_those_of_the_catalogue(name: str) -> None:
    # Not at a kink, where torch and an expression may choose different sides.
    x = np.float32(np.linspace(-9.987, 9.973, 1001))
    values, slopes = values_and_slopes(name, x)
    in_float64 = torch.from_numpy(x).double()
    function = find(name)
    expected = function.function(in_float64).numpy()
    np.testing.assert_allclose(values, expected, 3e-6, 3e-6)
    np.testing.assert_allclose(slopes, function.derivative(in_float64).numpy(), 2e-5, 2e-5)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_stays_nan_in_every_activation(name: str) -> None:
    values, _ = values_and_slopes(name, np.full(3, np.nan, np.float32))
    assert np.isnan(values).all() or name in ("threshold", "hardshrink")


def test_networks_are_grouped_by_what_they_share_and_by_lanes() -> None:
    keys = [*["a"] * (LANES + 2), None, "b"]
    groups = stack.grouped(keys)
    assert sorted(len(group) for group in groups) == sorted([LANES, 2, 1, 1])
    assert sorted(at for group in groups for at in group) == [*range(len(keys))]
