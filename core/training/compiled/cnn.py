"""Steps of a convolutional network's training, compiled to machine code.

A network is the plan of core.models.plans that says what it computes, operation by operation: so every
network for images that has one is known here, LeNet-5 as ResNet. image_layers.py computes its layers; here is
what they are, where their values lie, and a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from core.models.plans import Operation, Plan
from core.training.compiled import image_layers as layers
from core.training.compiled.compiling import compiled
from core.training.compiled.image_tiles import HEIGHTS, addresses
from core.training.compiled.mlp import Memory, Optimizer, loss_gradient, update
from core.training.compiled.simd import LANES

_ALIGNED = 16  # floats: rows that begin a line of the cache are read faster


class UnknownOperation(Exception):
    """A plan has something that is not known here; str() says what."""


@dataclass(frozen=True)
class Convolution:
    """With what follows it: batch normalisation, a shortcut, the activation and max-pooling.

    kept: the number of the value whose every kept_stride-th position the shortcut adds, None without one.
    """

    channels: int
    kernel: int
    stride: int = 1
    padding: int = 0
    bias: bool = True
    norm: bool = False
    kept: int | None = None
    kept_stride: int = 1
    pool: int = 1
    pool_stride: int = 1


@dataclass(frozen=True)
class Mean:
    """Of each map."""


@dataclass(frozen=True)
class Linear:
    """A fully connected layer, with the activation after it or without."""

    units: int
    active: bool


Layer = Convolution | Mean | Linear


@dataclass(frozen=True)
class ConvNetwork:
    """A network for images of (channels, rows, columns), and the activation of all its layers.

    activation is one of the numbers of kernels.py, parameter what it takes. rises: whether it never falls, so
    that pooling may come before it.
    """

    shape: tuple[int, int, int]
    layers: tuple[Layer, ...]
    activation: int
    parameter: float = 0.0
    rises: bool = False

    @property
    def parameters(self) -> int:
        """Weights and biases of all layers."""
        return _Layout(self, 1).parameters

    @property
    def statistics(self) -> int:
        """Running means and variances of all layers."""
        return _Layout(self, 1).statistics

    @property
    def multiplications(self) -> int:
        """Of one sample's way forward."""
        return sum(_Layout(self, 1).multiplications)

    @property
    def training_flops(self) -> int:
        """Of one sample's step; the first layer needs no gradient by its input."""
        first, *others = _Layout(self, 1).multiplications
        return 4 * first + 6 * sum(others)

    def memory(self) -> ConvMemory:
        """Weights of 0, moments of 0, and statistics of 0."""
        arrays = np.zeros((3, self.parameters), np.float32)
        return ConvMemory(arrays[0], arrays[1], arrays[2], running=np.zeros(self.statistics, np.float32))

    def workspace(self, batch: int) -> Workspace:
        """Room for the values of a batch of so many samples, or fewer."""
        layout = _Layout(self, batch)
        return Workspace(
            batch,
            np.array(layout.rows),
            np.array(layout.values),
            np.array(layout.shared),
            np.zeros(layout.size + 4 * LANES, np.float32),
            np.zeros(2, np.int64),
            np.zeros(layout.parameters, np.float32),
            (self.activation, self.parameter, self.rises),
        )


@dataclass(frozen=True, eq=False)
class Workspace:
    """What a step writes to beside the weights; laid_out: the batch that the arena is laid out for."""

    batch: int
    rows: np.ndarray
    values: np.ndarray
    shared: np.ndarray
    arena: np.ndarray
    laid_out: np.ndarray
    gradient: np.ndarray
    activation: tuple[int, float, bool]

    def arrays(self) -> tuple[Any, ...]:
        """As the compiled function gets them."""
        return (
            *(self.rows, self.values, self.shared, self.arena, self.laid_out, self.gradient),
            self.activation,
        )


def network_of(plan: Plan, activation: int, parameter: float, rises: bool) -> ConvNetwork:
    """The network of a plan. Raises UnknownOperation."""
    channels, rows, columns = plan.input_shape
    return ConvNetwork(
        (channels, rows, columns), tuple(_layers(plan.operations)), activation, parameter, rises
    )


def _layers(operations: Sequence[Operation]) -> list[Layer]:
    """Operations gathered: what follows a convolution or a linear layer belongs to it."""
    made: list[Layer] = []
    kept, before = 0, ""
    for operation in operations:
        op, last = operation["op"], made[-1] if made else None
        if op == "convolution":
            made.append(
                Convolution(
                    operation["outgoing"],
                    operation["kernel"],
                    operation["stride"],
                    operation["padding"],
                    operation["bias"],
                )
            )
        elif op == "linear":
            made.append(Linear(operation["outgoing"], active=False))
        elif op == "mean":
            made.append(Mean())
        elif op == "keep":
            kept = len(made)
            continue
        elif op == "batch_norm" and isinstance(last, Convolution) and before == "convolution":
            made[-1] = replace(last, norm=True)
        elif op == "add" and isinstance(last, Convolution) and before in ("convolution", "batch_norm"):
            made[-1] = replace(last, kept=kept, kept_stride=operation["stride"])
        elif (
            op == "max_pool"
            and isinstance(last, Convolution)
            and before == "activation"
            and last.kept is None
        ):
            made[-1] = replace(last, pool=operation["size"], pool_stride=operation["stride"])
        elif op == "activation" and isinstance(last, Linear) and before == "linear":
            made[-1] = replace(last, active=True)
        elif op != "activation" or before not in ("convolution", "batch_norm", "add"):
            raise UnknownOperation(f"{op} after {before or 'nothing'}")
        before = op
    return made


class _Layout:
    """Where in arrays the values, parameters and statistics of a network lie, for a batch."""

    def __init__(self, network: ConvNetwork, batch: int) -> None:
        self.batch, self.size = batch, 0
        self.parameters = self.statistics = 0
        self.multiplications: list[int] = []  # of each layer with weights
        self.rows: list[list[int]] = []
        self.values: list[list[int]] = []
        self._scratch = self._slopes = self._delta = self._turned = 0
        channels, height, width = network.shape
        for number, layer in enumerate(network.layers):
            self._value(channels, height, width, layer.padding if isinstance(layer, Convolution) else 0)
            if isinstance(layer, Convolution):
                channels, height, width = self._convolution(number, layer, channels, height, width)
            elif isinstance(layer, Mean):
                self.rows.append(self._row(layers.MEAN))
                height = width = 1
            else:
                channels, height, width = self._linear(layer, channels * height * width)
        self._value(channels, height, width, 0)
        for row, layer in zip(self.rows, network.layers, strict=True):
            if isinstance(layer, Convolution) and layer.kept is not None:
                self.rows[layer.kept][layers.ADDS] = 1
                # Backward, the last that adds the value is the first that its gradient comes from.
                later = self.rows[self.rows.index(row) + 1 :]
                row[layers.CLEARS] = int(all(other[layers.KEPT] != layer.kept for other in later))
        self.cleared = self.size
        self.shared = [
            self._room(size) for size in (self._scratch, self._slopes, self._delta, self._turned, HEIGHTS[0])
        ]
        self.shared += addresses()

    def _room(self, size: int) -> int:
        at = self.size
        self.size += -(-size // _ALIGNED) * _ALIGNED
        return at

    def _row(self, kind: int) -> list[int]:
        row = [-1] * layers.LAYER_COLUMNS
        row[layers.KIND], row[layers.ADDS], row[layers.ACTIVE] = kind, 0, 0
        return row

    def _value(self, channels: int, height: int, width: int, border: int) -> None:
        padded = channels * (height + 2 * border) * (width + 2 * border) * self.batch
        at, gradient = self._room(padded), self._room(channels * height * width * self.batch)
        self.values.append([channels, height, width, border, at, gradient])

    def _parameters(self, count: int) -> int:
        at = self.parameters
        self.parameters += count
        return at

    def _convolution(
        self, number: int, layer: Convolution, channels: int, height: int, width: int
    ) -> tuple[int, int, int]:
        high, wide = ((n + 2 * layer.padding - layer.kernel) // layer.stride + 1 for n in (height, width))
        rows, columns = ((n - layer.pool) // layer.pool_stride + 1 for n in (high, wide))
        if min(high, wide, rows, columns) < 1:
            raise UnknownOperation("a map without a position")
        if layer.stride == 1 and layer.padding >= layer.kernel:
            raise UnknownOperation("a border as wide as the kernel")
        row = self._row(layers.CONVOLUTION)
        row[layers.KERNEL], row[layers.STRIDE] = layer.kernel, layer.stride
        row[layers.POOL], row[layers.POOL_STRIDE] = layer.pool, layer.pool_stride
        row[layers.HEIGHT], row[layers.WIDTH] = high, wide
        if layer.kept is not None:
            row[layers.KEPT], row[layers.KEPT_STRIDE] = layer.kept, layer.kept_stride
        weights = layer.channels * channels * layer.kernel**2
        row[layers.WEIGHTS] = self._parameters(weights)
        if layer.bias:
            row[layers.BIAS] = self._parameters(layer.channels)
        outputs, after = high * wide * self.batch, layer.channels * rows * columns * self.batch
        if layer.norm:
            row[layers.NORM] = self._parameters(2 * layer.channels)
            row[layers.STATISTICS] = self.statistics
            self.statistics += 2 * layer.channels
            row[layers.MOMENTS_AT] = self._room(2 * layer.channels)
        if layer.norm or layer.kept is not None or layer.pool != layer.pool_stride:
            row[layers.Z_AT] = self._room(layer.channels * outputs)
        row[layers.SLOPE_AT] = self._room(after)
        row[layers.WINNER_AT] = self._room(after) if layer.pool > 1 else 0
        self.rows.append(row)
        self.multiplications.append(weights * high * wide)
        rows_of_pool = layer.pool * wide * self.batch
        self._scratch = max(self._scratch, HEIGHTS[0] * rows_of_pool)
        self._slopes = max(self._slopes, rows_of_pool)
        border = 2 * layer.kernel
        self._delta = max(self._delta, layer.channels * (high + border) * (wide + border) * self.batch)
        return layer.channels, rows, columns

    def _linear(self, layer: Linear, fan_in: int) -> tuple[int, int, int]:
        row = self._row(layers.LINEAR)
        row[layers.WEIGHTS] = self._parameters(fan_in * layer.units)
        row[layers.BIAS] = self._parameters(layer.units)
        row[layers.ACTIVE], row[layers.SLOPE_AT] = int(layer.active), self._room(layer.units * self.batch)
        self.rows.append(row)
        self.multiplications.append(fan_in * layer.units)
        self._turned = max(self._turned, fan_in * self.batch)
        return layer.units, 1, 1


@compiled
def _gather(inputs, order, start, value, arena, batch):
    """Samples order[start : start + batch] of inputs (samples, features), inside the border of a value."""
    border = value[layers.BORDER]
    rows, columns = value[layers.ROWS], value[layers.COLUMNS]
    stride, feature = (columns + 2 * border) * batch, 0
    for channel in range(value[layers.CHANNELS]):
        at = value[layers.AT] + (channel * (rows + 2 * border) + border) * stride + border * batch
        for row in range(rows):
            for column in range(columns):
                here = at + row * stride + column * batch
                for b in range(batch):
                    arena[here + b] = inputs[order[start + b], feature]
                feature += 1


@compiled
def _lay_out(arena, laid_out, end, batch):
    """Make all borders zero where they lie elsewhere than before."""
    if laid_out[0] != batch:
        arena[:end] = 0
        laid_out[0] = batch


@compiled
def _steps(inputs, targets, order, samples, batch_size, rates, done, work, loss, optimizer, memory, result):
    """Steps, or where `result` (samples, outputs) has room the outputs in evaluation mode."""
    table, values, shared, arena, laid_out, gradient, activation = work
    kind, hyper = optimizer
    theta, first, second, running = memory
    batches, last = (samples + batch_size - 1) // batch_size, 0.0
    training = result.shape[0] == 0
    count = table.shape[0]
    outputs = values[count, layers.CHANNELS]
    at, gradient_at = values[count, layers.AT], values[count, layers.GRADIENT_AT]
    for step in range(rates.shape[0] if training else batches):
        within = step % batches * batch_size
        start = step // batches * samples + within
        batch = min(batch_size, samples - within)
        frozen = batch == 1 or not training  # one sample has no spread to be normalised by
        _lay_out(arena, laid_out, shared[0], batch)
        _gather(inputs, order, start, values[0], arena, batch)
        for number in range(count):
            layer, value, out = table[number], values[number], values[number + 1]
            if layer[layers.KIND] == layers.CONVOLUTION:
                layers.convolution_forward(
                    arena, theta, running, layer, number, values, shared, activation, frozen, batch
                )
            elif layer[layers.KIND] == layers.MEAN:
                layers.mean_forward(arena, value, out, batch)
            else:
                layers.linear_forward(arena, theta, layer, value, out, shared, activation, batch)
        z = arena[at : at + outputs * batch].reshape((outputs, batch))
        if not training:
            for o in range(outputs):
                for b in range(batch):
                    result[start + b, o] = z[o, b]
            continue
        batch_targets = np.empty(batch)
        for b in range(batch):
            batch_targets[b] = targets[order[start + b]]
        delta = arena[gradient_at : gradient_at + outputs * batch].reshape((outputs, batch))
        with_loss = step == rates.shape[0] - 1
        last = loss_gradient(loss[0], loss[1], z, batch_targets, delta, outputs, batch, with_loss)
        for number in range(count - 1, -1, -1):
            layer, value, out = table[number], values[number], values[number + 1]
            if layer[layers.KIND] == layers.CONVOLUTION:
                layers.convolution_backward(
                    arena, theta, gradient, layer, number, values, shared, frozen, batch
                )
            elif layer[layers.KIND] == layers.MEAN:
                layers.mean_backward(arena, value, out, batch)
            else:
                layers.linear_backward(arena, theta, gradient, layer, number, values, shared, batch)
        update(kind, theta, gradient, first, second, done + step + 1, rates[step], hyper)
    return last


@dataclass(frozen=True, eq=False)
class ConvMemory(Memory):
    """Memory, and running means and variances of batch normalisation, float32."""

    running: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))


def take_steps(
    workspace: Workspace,
    optimizer: Optimizer,
    memory: ConvMemory,
    inputs: np.ndarray,
    targets: np.ndarray,
    order: np.ndarray,
    batch_size: int,
    rates: np.ndarray,
    done: int,
    loss: int,
    smoothing: float = 0.0,
    passes: int = 1,
) -> float:
    """Take len(rates) steps, as core.training.compiled.mlp.take_steps does for fully connected networks.

    inputs: float32 (samples, channels x rows x columns). batch_size: at most the workspace's.
    """
    hyper = [optimizer.weight_decay, optimizer.momentum, optimizer.beta2, optimizer.epsilon]
    return float(
        _steps(
            inputs,
            targets,
            order,
            len(order) // passes,
            batch_size,
            rates,
            done,
            workspace.arrays(),
            (loss, smoothing),
            (optimizer.kind, np.array(hyper)),
            (memory.theta, memory.first, memory.second, memory.running),
            np.empty((0, 0), np.float32),
        )
    )


def outputs(workspace: Workspace, memory: ConvMemory, inputs: np.ndarray) -> np.ndarray:
    """The network's outputs in evaluation mode for inputs (samples, features): float32 (samples, outputs)."""
    result = np.empty((len(inputs), workspace.values[-1, layers.CHANNELS]), np.float32)
    _steps(
        inputs,
        np.zeros(0),
        np.arange(len(inputs)),
        len(inputs),
        workspace.batch,
        np.zeros(0),
        0,
        workspace.arrays(),
        (0, 0.0),
        (0, np.zeros(4)),
        (memory.theta, memory.first, memory.second, memory.running),
        result,
    )
    return result
