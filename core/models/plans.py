"""What each network for images computes in evaluation mode, operation by operation, without torch.

A browser follows such a plan with the numbers of a frame, as core.training.weights orders them. It is written
beside the network's own forward(), which a test compares with it for every network and option.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Operation = dict[str, Any]
Shape = tuple[int, ...]

_VGG_STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
_VGG_CHANNELS = (1, 2, 4, 8, 8)
_ALEXNET_CHANNELS, _ALEXNET_POOLED = (1, 3, 6, 4, 4), (0, 1, 4)


@dataclass(frozen=True)
class Plan:
    """The operations on one sample in order, and how many numbers the network has.

    `at` is where an operation's first number is: of a convolution and a linear layer the weights, then the
    biases; of a batch normalisation weights, biases, running means and running variances. "keep" remembers
    what "add" adds: every stride-th position of it, in the first channels. unshared_parameters: how many
    parameters there would be, were each convolution a fully connected layer between the same maps.
    """

    input_shape: Shape
    operations: tuple[Operation, ...]
    numbers: int
    unshared_parameters: int


def fully_connected(input_shape: Shape, output_shape: Shape) -> int:
    """Weights and biases of a fully connected layer between these shapes."""
    return (math.prod(input_shape) + 1) * math.prod(output_shape)


class _Builder:
    """Operations in the order of the network's modules, which is that of its numbers."""

    def __init__(self, input_shape: Shape) -> None:
        self.channels, self.height, self.width = input_shape
        self._input_shape = input_shape
        self._operations: list[Operation] = []
        self._numbers = self._unshared = 0

    @property
    def shape(self) -> Shape:
        return self.channels, self.height, self.width

    def plan(self) -> Plan:
        return Plan(self._input_shape, tuple(self._operations), self._numbers, self._unshared)

    def do(self, op: str, numbers: int = 0, **of_it: Any) -> None:
        """An operation with so many numbers of its own."""
        at = {"at": self._numbers} if numbers else {}
        self._operations.append({"op": op} | at | of_it)
        self._numbers += numbers

    def activation(self) -> None:
        self.do("activation")

    def convolution(
        self, outgoing: int, kernel: int, stride: int = 1, padding: int = 0, bias: bool = True
    ) -> None:
        self.do(
            "convolution",
            outgoing * self.channels * kernel**2 + outgoing * bias,
            incoming=self.channels,
            outgoing=outgoing,
            kernel=kernel,
            stride=stride,
            padding=padding,
            bias=bias,
        )
        before = self.shape
        self.channels = outgoing
        self.height = (self.height + 2 * padding - kernel) // stride + 1
        self.width = (self.width + 2 * padding - kernel) // stride + 1
        self._unshared += fully_connected(before, self.shape)

    def batch_norm(self) -> None:
        self.do("batch_norm", 4 * self.channels, channels=self.channels)
        self._unshared += 2 * self.channels

    def max_pool(self, size: int, stride: int | None = None) -> None:
        stride = stride or size
        self.do("max_pool", size=size, stride=stride)
        self.height, self.width = (
            (self.height - size) // stride + 1,
            (self.width - size) // stride + 1,
        )

    def mean(self) -> None:
        self.do("mean")
        self.height = self.width = 1

    def linear(self, outgoing: int) -> None:
        parameters = fully_connected(self.shape, (outgoing,))
        self.do("linear", parameters, incoming=math.prod(self.shape), outgoing=outgoing)
        self._unshared += parameters
        self.channels, self.height, self.width = outgoing, 1, 1


def mlp(input_shape: Shape, outputs: int, hidden: Shape, norm: str = "none", **_: Any) -> Plan:
    """MLP: all linear layers come first, and then all normalisations."""
    sizes = (math.prod(input_shape), *hidden, outputs)
    after_linear = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))
    of_norm = {"none": 0, "batch": 4, "layer": 2}[norm]  # numbers of each unit
    operations: list[Operation] = []
    at, norm_at = 0, after_linear
    for place, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        operations.append({"op": "linear", "at": at, "incoming": fan_in, "outgoing": fan_out})
        at += (fan_in + 1) * fan_out
        if place == len(hidden):
            break
        if of_norm:
            operations.append({"op": f"{norm}_norm", "at": norm_at, "channels": fan_out})
            norm_at += of_norm * fan_out
        operations.append({"op": "activation"})
    numbers = after_linear + of_norm * sum(hidden)
    parameters = after_linear + min(of_norm, 2) * sum(hidden)
    return Plan(input_shape, tuple(operations), numbers, parameters)


def lenet(input_shape: Shape, outputs: int, hidden: Shape) -> Plan:
    """LeNet-5."""
    building = _Builder(input_shape)
    building.convolution(6, 5, padding=(32 - input_shape[1]) // 2)
    building.activation()
    building.max_pool(2)
    building.convolution(16, 5)
    building.activation()
    building.max_pool(2)
    for units in (120, 84):
        building.linear(units)
        building.activation()
    building.linear(outputs)
    return building.plan()


def convnet(input_shape: Shape, outputs: int, hidden: Shape) -> Plan:
    """ConvNet."""
    building = _Builder(input_shape)
    building.convolution(8, 5)
    building.activation()
    building.max_pool(2)
    building.convolution(16, 5, padding=2)
    building.activation()
    building.max_pool(3)
    building.linear(outputs)
    return building.plan()


def alexnet(input_shape: Shape, outputs: int, hidden: Shape, width: int = 8) -> Plan:
    """The small form of AlexNet."""
    building = _Builder(input_shape)
    for place, multiple in enumerate(_ALEXNET_CHANNELS):
        kernel = 5 if place < 2 else 3
        building.convolution(multiple * width, kernel, padding=kernel // 2)
        building.activation()
        if place in _ALEXNET_POOLED and min(building.height, building.width) >= 3:
            building.max_pool(3, 2)
    _two_hidden(building, 16 * width, outputs)
    return building.plan()


def vgg(
    input_shape: Shape,
    outputs: int,
    hidden: Shape,
    depth: str = "11",
    width: int = 8,
    batch_norm: bool = True,
) -> Plan:
    """The small form of VGG."""
    building = _Builder(input_shape)
    for convolutions, multiple in zip(_VGG_STAGES[int(depth)], _VGG_CHANNELS, strict=True):
        for _ in range(convolutions):
            building.convolution(multiple * width, 3, padding=1, bias=not batch_norm)
            if batch_norm:
                building.batch_norm()
            building.activation()
        if min(building.height, building.width) >= 2:
            building.max_pool(2)
    _two_hidden(building, 16 * width, outputs)
    return building.plan()


def resnet(
    input_shape: Shape,
    outputs: int,
    hidden: Shape,
    depth: str = "14",
    width: int = 8,
    residual: bool = True,
) -> Plan:
    """The form of ResNet for small images, whose shortcuts have no weights."""
    building = _Builder(input_shape)

    def convolve(channels: int, stride: int = 1) -> None:
        building.convolution(channels, 3, stride, padding=1, bias=False)
        building.batch_norm()

    convolve(width)
    building.activation()
    for stage in range(3):
        for place in range((int(depth) - 2) // 6):
            stride = 2 if stage and place == 0 else 1
            if residual:
                building.do("keep")
            convolve(width * 2**stage, stride)
            building.activation()
            convolve(width * 2**stage)
            if residual:
                building.do("add", stride=stride)
            building.activation()
    building.mean()
    building.linear(outputs)
    return building.plan()


def _two_hidden(building: _Builder, units: int, outputs: int) -> None:
    """The fully connected layers at the end of AlexNet and VGG."""
    for _ in range(2):
        building.linear(units)
        building.activation()
    building.linear(outputs)
