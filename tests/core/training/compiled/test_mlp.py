"""Compiled steps are torch's steps: same weights after them, whatever activation, loss and optimiser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, optim

from core.models.mlp import MLP
from core.training.compiled import kernels, mlp

ACTIVATIONS: dict[str, tuple[int, float, Callable[[Tensor], Tensor]]] = {
    "identity": (kernels.IDENTITY, 0.0, lambda x: x),
    "sigmoid": (kernels.SIGMOID, 0.0, torch.sigmoid),
    "tanh": (kernels.TANH, 0.0, torch.tanh),
    "relu": (kernels.RELU, 0.0, F.relu),
    "leaky_relu": (kernels.LEAKY_RELU, 0.01, F.leaky_relu),
    "elu": (kernels.ELU, 1.0, F.elu),
    "silu": (kernels.SILU, 0.0, F.silu),
    "softplus": (kernels.SOFTPLUS, 0.0, F.softplus),
    "gelu": (kernels.GELU, 0.0, F.gelu),
    "sine": (kernels.SINE, 0.0, torch.sin),
}
OPTIMIZERS: dict[str, tuple[mlp.Optimizer, Callable[[Any], optim.Optimizer]]] = {
    "sgd": (
        mlp.Optimizer(mlp.SGD, weight_decay=0.01),
        lambda p: optim.SGD(p, 0.05, weight_decay=0.01),
    ),
    "momentum": (mlp.Optimizer(mlp.MOMENTUM), lambda p: optim.SGD(p, 0.05, momentum=0.9)),
    "nesterov": (
        mlp.Optimizer(mlp.NESTEROV),
        lambda p: optim.SGD(p, 0.05, momentum=0.9, nesterov=True),
    ),
    "rmsprop": (mlp.Optimizer(mlp.RMSPROP, beta2=0.99), lambda p: optim.RMSprop(p, 0.05)),
    "adam": (
        mlp.Optimizer(mlp.ADAM, weight_decay=0.01),
        lambda p: optim.Adam(p, 0.05, weight_decay=0.01),
    ),
    "adamw": (
        mlp.Optimizer(mlp.ADAMW, weight_decay=0.1),
        lambda p: optim.AdamW(p, 0.05, weight_decay=0.1),
    ),
}
SAMPLES, BATCH, STEPS = 37, 8, 10  # two passes of five steps, the last batch of each smaller


def both(
    activation: str, optimizer: str, loss: int, sizes: tuple[int, ...] = (3, 5, 4, 1), smoothing: float = 0.0
) -> tuple[np.ndarray, np.ndarray, float, float, MLP]:
    """Weights after STEPS steps and the last loss: ours, then torch's own in float64."""
    kind, parameter, function = ACTIVATIONS[activation]
    settings_of, build = OPTIMIZERS[optimizer]
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(SAMPLES, sizes[0], generator=generator)
    targets = torch.randint(0, max(2, sizes[-1]), (SAMPLES,), generator=generator).double()
    with torch.random.fork_rng():
        torch.manual_seed(2)
        model = MLP((sizes[0],), sizes[-1], sizes[1:-1], function)
    theta = torch.cat([p.detach().flatten() for p in model.parameters()]).numpy().copy()
    memory = mlp.Memory(theta, np.zeros_like(theta), np.zeros_like(theta))
    network = mlp.Network(sizes, kind, parameter)
    order = np.random.default_rng(0).permutation(SAMPLES)
    rates = np.full(STEPS // 2, 0.05)
    for done in (0, STEPS // 2):
        ours = mlp.take_steps(
            network,
            settings_of,
            memory,
            inputs.numpy(),
            targets.numpy(),
            order,
            BATCH,
            rates,
            done,
            loss,
            smoothing,
        )
    model = model.double()
    theirs = build(model.parameters())
    for _ in range(2):
        for batch in torch.from_numpy(order).split(BATCH):
            value = loss_of(loss, model(inputs[batch].double()), targets[batch], smoothing)
            theirs.zero_grad()
            value.backward()
            theirs.step()
    expected = torch.cat([p.detach().flatten() for p in model.parameters()]).numpy()
    return theta, expected, ours, value.item(), model


def loss_of(loss: int, outputs: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    if loss == mlp.BINARY:
        smooth = targets * (1 - smoothing) + smoothing / 2
        return F.binary_cross_entropy_with_logits(outputs[:, 0], smooth)
    if loss == mlp.SQUARED:
        return F.mse_loss(outputs[:, 0], targets)
    return F.cross_entropy(outputs, targets.long(), label_smoothing=smoothing)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_learns_as_in_torch(activation: str) -> None:
    ours, torchs, our_loss, torchs_loss, _ = both(activation, "sgd", mlp.BINARY)
    np.testing.assert_allclose(ours, torchs, rtol=1e-4, atol=1e-6)
    assert our_loss == pytest.approx(torchs_loss, rel=1e-5)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_steps_as_in_torch(optimizer: str) -> None:
    ours, torchs, *_ = both("tanh", optimizer, mlp.BINARY)
    np.testing.assert_allclose(ours, torchs, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize(("loss", "outputs"), [(mlp.BINARY, 1), (mlp.SQUARED, 1), (mlp.SOFTMAX, 4)])
def test_every_loss_is_torchs(loss: int, outputs: int, smoothing: float) -> None:
    smoothing = 0.0 if loss == mlp.SQUARED else smoothing
    ours, torchs, our_loss, torchs_loss, _ = both("silu", "adam", loss, (3, 6, outputs), smoothing)
    np.testing.assert_allclose(ours, torchs, rtol=1e-3, atol=2e-5)
    assert our_loss == pytest.approx(torchs_loss, rel=1e-4)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_are_the_networks(activation: str) -> None:
    kind, parameter, _ = ACTIVATIONS[activation]
    theta, *_, model = both(activation, "sgd", mlp.SOFTMAX, (3, 5, 4))
    inputs = torch.randn(130, 3, generator=torch.Generator().manual_seed(5))
    ours = mlp.outputs(mlp.Network((3, 5, 4), kind, parameter), theta, inputs.numpy())
    np.testing.assert_allclose(ours, model(inputs.double()).detach().numpy(), rtol=1e-3, atol=1e-5)


def test_a_network_without_hidden_layers_is_linear_regression() -> None:
    ours, torchs, *_ = both("tanh", "sgd", mlp.SQUARED, (3, 1))
    np.testing.assert_allclose(ours, torchs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_nan_stays_nan(activation: str) -> None:
    kind, parameter, _ = ACTIVATIONS[activation]
    theta = np.full(3 * 5 + 5 + 5 + 1, np.nan, np.float32)
    inputs = np.ones((2, 3), np.float32)
    assert np.isnan(mlp.outputs(mlp.Network((3, 5, 1), kind, parameter), theta, inputs)).all()


@settings(max_examples=50, deadline=None)
@given(st.floats(-80, 80))
def test_tanh_and_sigmoid_are_right_to_float32(x: float) -> None:
    weight = np.array([1, 0, 1, 0], np.float32)  # one hidden unit with weight 1, one output with weight 1
    inputs = np.array([[x]], np.float32)
    for kind, function in ((kernels.TANH, np.tanh), (kernels.SIGMOID, lambda x: 1 / (1 + np.exp(-x)))):
        ours = mlp.outputs(mlp.Network((1, 1, 1), kind), weight, inputs)[0, 0]
        assert ours == pytest.approx(function(float(inputs[0, 0])), rel=2e-7, abs=2e-7)


def test_same_arguments_same_weights() -> None:
    assert (both("gelu", "adam", mlp.BINARY)[0] == both("gelu", "adam", mlp.BINARY)[0]).all()
