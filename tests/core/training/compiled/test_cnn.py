"""Compiled steps of convolutional networks are torch's steps: same weights after them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn, optim

from core.models import MODELS
from core.models.model import CONVOLUTIONAL
from core.models.plans import Plan
from core.training.compiled import kernels, mlp
from core.training.compiled.cnn import (
    ConvMemory,
    ConvNetwork,
    Convolution,
    Linear,
    Mean,
    UnknownOperation,
    network_of,
    outputs,
    take_steps,
)
from core.training.compiled.learner import CompiledLearner, supervised_learner
from core.training.config import default_config
from core.training.events import EpochCompleted
from core.training.learners.supervised import SupervisedLearner
from core.training.loop import train

SAMPLES = 20
Function = Callable[[Tensor], Tensor]
NETWORKS = [name for name, model in MODELS.items() if model.family == CONVOLUTIONAL]


class Reference(nn.Module):
    """The same network of torch.nn's parts, activation before pooling as papers have it."""

    def __init__(self, network: ConvNetwork, activation: Function) -> None:
        super().__init__()
        self.network, self.activation = network, activation
        self.parts = nn.ModuleList()
        x = torch.zeros(1, *network.shape)
        values = [x]
        for layer in network.layers:
            self.parts.append(self._part(layer, x))
            x = self.eval()._apply_layer(len(self.parts) - 1, values)
            values.append(x)
        self.train()

    def _part(self, layer: Any, x: Tensor) -> nn.Module:
        if isinstance(layer, Convolution):
            sizes = (x.shape[1], layer.channels, layer.kernel, layer.stride, layer.padding)
            convolution = nn.Conv2d(*sizes, bias=layer.bias)
            return nn.Sequential(convolution, nn.BatchNorm2d(layer.channels) if layer.norm else nn.Identity())
        return nn.Linear(x.flatten(1).shape[1], layer.units) if isinstance(layer, Linear) else nn.Identity()

    def _apply_layer(self, number: int, values: list[Tensor]) -> Tensor:
        layer, part, x = self.network.layers[number], self.parts[number], values[number]
        if isinstance(layer, Mean):
            return x.mean((2, 3))
        if isinstance(layer, Linear):
            y = part(x.flatten(1))
            return self.activation(y) if layer.active else y
        y = part(x)
        if layer.kept is not None:
            kept = values[layer.kept][:, :, :: layer.kept_stride, :: layer.kept_stride]
            y = y + F.pad(kept, (0, 0, 0, 0, 0, y.shape[1] - kept.shape[1]))
        y = self.activation(y)
        return F.max_pool2d(y, layer.pool, layer.pool_stride) if layer.pool > 1 else y

    def forward(self, x: Tensor) -> Tensor:
        values = [x]
        for number in range(len(self.parts)):
            values.append(self._apply_layer(number, values))
        return values[-1]


def flat(tensors: Any) -> np.ndarray:
    return torch.cat([tensor.detach().flatten() for tensor in tensors]).double().numpy()


def running_of(network: nn.Module) -> np.ndarray:
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    return flat([torch.zeros(0), *(t for norm in norms for t in (norm.running_mean, norm.running_var))])


def assert_same_steps(
    network: ConvNetwork, activation: Function, batch: int, blank_rows: int = 0, single: bool = False
) -> None:
    """At a learning rate at which steps do not enlarge what float32 and float64 differ by.

    single: the last batch has one sample, for which the eager learner normalises by the running statistics.
    """
    torch.manual_seed(0)
    reference = Reference(network, activation).double()
    assert network.parameters == sum(weight.numel() for weight in reference.parameters())
    theta = flat(reference.parameters()).astype(np.float32)
    running = running_of(reference).astype(np.float32)
    memory = ConvMemory(theta, np.zeros_like(theta), np.zeros_like(theta), running)
    samples = 2 * batch + 1 if single else SAMPLES
    inputs, classes = torch.rand(samples, *network.shape), network.layers[-1].units  # type: ignore[union-attr]
    inputs[:, :, :blank_rows] = 0  # squares without a single greatest value, as in pictures with a margin
    targets, order = torch.randint(0, classes, (samples,)), torch.randperm(samples)
    rates = np.full(-(-samples // batch), 0.01)
    workspace, flat_inputs = network.workspace(batch), inputs.flatten(1).numpy()
    loss = take_steps(
        workspace,
        mlp.Optimizer(mlp.SGD),
        memory,
        flat_inputs,
        targets.double().numpy(),
        order.numpy(),
        batch,
        rates,
        0,
        mlp.SOFTMAX,
    )
    optimizer = optim.SGD(reference.parameters(), 0.01)
    for some in order.split(batch):
        reference.train(len(some) > 1)
        expected = F.cross_entropy(reference(inputs[some].double()), targets[some])
        optimizer.zero_grad()
        expected.backward()
        optimizer.step()
    assert loss == pytest.approx(expected.item(), rel=1e-4)
    np.testing.assert_allclose(theta, flat(reference.parameters()), rtol=1e-3, atol=3e-6)
    np.testing.assert_allclose(running, running_of(reference), rtol=1e-4, atol=1e-6)
    answers = reference.eval()(inputs.double()).detach().numpy()
    np.testing.assert_allclose(outputs(workspace, memory, flat_inputs), answers, rtol=1e-3, atol=1e-5)


LENET = (
    *(Convolution(6, 5, 1, 2, pool=2, pool_stride=2), Convolution(16, 5, pool=2, pool_stride=2)),
    *(Linear(120, True), Linear(84, True), Linear(10, False)),
)


@pytest.mark.parametrize(
    ("kind", "activation", "rises"),
    [
        (kernels.RELU, F.relu, True),
        (kernels.RELU, F.relu, False),
        (kernels.TANH, torch.tanh, True),
        (kernels.SOFTPLUS, F.softplus, True),
        (kernels.GELU, F.gelu, False),
        (kernels.SINE, torch.sin, False),
    ],
)
def test_lenets_steps_are_torchs(kind: int, activation: Function, rises: bool) -> None:
    network = ConvNetwork((1, 28, 28), LENET, kind, rises=rises)
    assert_same_steps(network, activation, 7, blank_rows=5)


@st.composite
def networks(draw: Any) -> tuple[ConvNetwork, Function]:
    """Any network that a plan can describe: small maps of any size, and whatever follows a convolution."""
    kind, activation, rises = draw(
        st.sampled_from([(kernels.TANH, torch.tanh, True), (kernels.SINE, torch.sin, False)])
    )
    shape = draw(st.tuples(st.integers(1, 3), st.integers(5, 9), st.integers(5, 9)))
    layers: list[Any] = []
    sizes = [shape]
    for _ in range(draw(st.integers(1, 3))):
        channels, *size = sizes[-1]
        kernel = draw(st.sampled_from([n for n in (1, 2, 3, 5, 7) if n <= min(size)]))
        layer = Convolution(
            draw(st.integers(channels, channels + 9)),
            kernel,
            draw(st.integers(1, 2)),
            draw(st.integers(0, kernel - 1)),
            draw(st.booleans()),
        )
        high, wide = ((n + 2 * layer.padding - kernel) // layer.stride + 1 for n in size)
        # Of few values a normalisation leaves next to nothing but signs, with gradients next to nothing.
        layer = replace(layer, norm=high * wide >= 6 and draw(st.booleans()))
        shortcuts = [
            (number, stride)
            for number, (_, *before) in enumerate(sizes)
            for stride in (1, 2)
            if number and [-(-n // stride) for n in before] == [high, wide]
        ]
        if shortcuts and draw(st.booleans()):
            number, stride = draw(st.sampled_from(shortcuts))
            layer = replace(layer, kept=number, kept_stride=stride)
        elif min(high, wide) >= 3:
            pool = draw(st.integers(1, 3))
            layer = replace(layer, pool=pool, pool_stride=1 if pool == 1 else draw(st.integers(1, pool)))
        layers.append(layer)
        after = [(n - layer.pool) // layer.pool_stride + 1 for n in (high, wide)]
        sizes.append((layer.channels, *after))
    if draw(st.booleans()):
        layers.append(Mean())
    layers += [Linear(draw(st.integers(1, 9)), True)] * draw(st.integers(0, 1)) + [Linear(3, False)]
    return ConvNetwork(shape, tuple(layers), kind, rises=rises), activation


@settings(max_examples=60, deadline=None)
@given(both=networks(), batch=st.integers(2, SAMPLES))
def test_whatever_the_layers_shapes_and_batches(both: tuple[ConvNetwork, Function], batch: int) -> None:
    assert_same_steps(*both, batch)


@pytest.mark.parametrize("batch", [1, 15, 16, 17, 33])
def test_a_batch_of_any_size_and_a_last_one_of_a_single_sample(batch: int) -> None:
    layers = (
        Convolution(8, 3, 1, 1, bias=False, norm=True),
        Convolution(8, 3, 1, 1, bias=False, norm=True, kept=1),
        *(Mean(), Linear(3, False)),
    )
    network = ConvNetwork((1, 6, 5), layers, kernels.TANH, rises=True)
    assert_same_steps(network, torch.tanh, batch, single=True)


@pytest.mark.parametrize("rises", [True, False])
@pytest.mark.parametrize("spoiled", ["input", "weight"])
def test_nan_is_seen_through_relu_and_pooling(spoiled: str, rises: bool) -> None:
    network = ConvNetwork((1, 28, 28), LENET, kernels.RELU, rises=rises)
    memory, inputs = network.memory(), np.ones((1, 784), np.float32)
    memory.theta[:] = 0.01
    assert np.isfinite(outputs(network.workspace(1), memory, inputs)).all()
    if spoiled == "input":
        inputs[0, 400] = np.nan
    else:
        memory.theta[60] = np.nan
    assert np.isnan(outputs(network.workspace(1), memory, inputs)).all()


def test_the_same_arguments_give_the_same_weights_bit_for_bit() -> None:
    def trained() -> np.ndarray:
        network = ConvNetwork((1, 28, 28), LENET, kernels.TANH, rises=True)
        memory, workspace = network.memory(), network.workspace(7)
        memory.theta[:] = np.random.default_rng(0).normal(0, 0.1, network.parameters)
        inputs = np.random.default_rng(1).random((20, 784), np.float32)
        rest = (np.arange(20.0) % 10, np.arange(20), 7, np.full(3, 0.01), 0, mlp.SOFTMAX)
        take_steps(workspace, mlp.Optimizer(mlp.ADAM), memory, inputs, *rest)
        return memory.theta

    assert (trained() == trained()).all()


@pytest.mark.parametrize("model", NETWORKS)
def test_a_compiled_training_is_the_eager_one(model: str) -> None:
    def losses(engine: str) -> list[float]:
        some: dict[str, Any] = {"epochs": 1, "max_steps": 12, "test_fraction": 0.1, "snapshot_every_s": None}
        config = default_config(model, activation="tanh", engine=engine, **some)
        return [event.test_loss for event in train(config) if isinstance(event, EpochCompleted)]

    assert losses("compiled") == pytest.approx(losses("eager"), rel=0.01)


@pytest.mark.parametrize("model", ["lenet", "convnet"])
def test_images_of_three_channels_and_32_pixels_take_the_steps_of_torch(model: str) -> None:
    losses = []
    for engine in ("compiled", "eager"):
        options = {"colour": "rgb", "size": "32"}
        config = default_config(model, "own_images", epochs=2, engine=engine, data_options=options)
        losses.append([event.test_loss for event in train(config) if isinstance(event, EpochCompleted)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.parametrize("optimizer", ["adam", "momentum", "rmsprop"])
def test_a_checkpoint_of_the_eager_engine_continues_compiled(optimizer: str) -> None:
    some: dict[str, Any] = {"optimizer": optimizer, "snapshot_every_s": None}
    eager, compiled = (
        supervised_learner(default_config("resnet", engine=engine, **some))
        for engine in ("eager", "compiled")
    )
    assert type(eager) is SupervisedLearner
    assert isinstance(compiled, CompiledLearner)
    for batch in islice(eager.batches(), 4):
        eager.learn(batch)
    compiled.restore(eager.state())
    before = flat(eager.network.parameters())
    for learner in (eager, compiled):
        for batch in islice(learner.batches(), 3):
            learner.learn(batch)
    assert eager.step == compiled.step == 7
    # Steps by a gradient's sign enlarge what two engines differ by where a gradient is next to nothing.
    theirs, ours = flat(eager.network.parameters()), flat(compiled.network.parameters())
    assert np.linalg.norm(ours - theirs) < 0.03 * np.linalg.norm(theirs - before)
    np.testing.assert_allclose(running_of(compiled.network), running_of(eager.network), rtol=0.02, atol=2e-3)


def test_a_plan_with_something_else_is_refused_in_words() -> None:
    plan = Plan((1, 8, 8), ({"op": "layer_norm"},), 0, 0)
    with pytest.raises(UnknownOperation, match="layer_norm after nothing"):
        network_of(plan, kernels.TANH, 0.0, True)
