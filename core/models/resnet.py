"""Residual networks: layers that learn a residual, so that very deep networks train well."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

Activation = Callable[[Tensor], Tensor]

# Blocks of each of the four stages, by depth: the paper's table 1.
STAGES = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
SHALLOWEST_WITH_BOTTLENECKS = 50


class ResNet(nn.Module):
    """The networks for ImageNet, of 18, 34, 50, 101 or 152 layers with weights.

    (batch, 3, height, width), usually 224 x 224, -> (batch, classes). A 7 x 7 convolution and pooling
    quarter the size; four stages of blocks follow, at 64, 128, 256 and 512 channels (four times these after
    a bottleneck), each but the first halving the size; the mean over all positions is classified.

    Source: He, Zhang, Ren & Sun 2015, "Deep residual learning for image recognition"; shortcuts that change
    shape are 1 x 1 convolutions (option B), and a bottleneck halves the size in its 3 x 3 convolution.
    """

    def __init__(self, depth: int, classes: int = 1000) -> None:
        super().__init__()
        block = Bottleneck if depth >= SHALLOWEST_WITH_BOTTLENECKS else BasicBlock
        self.stem = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.norm = nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        incoming, blocks = 64, []
        for stage, count in enumerate(STAGES[depth]):
            channels = 64 * 2**stage
            for n in range(count):
                blocks.append(block(incoming, channels, stride=2 if stage and n == 0 else 1))
                incoming = channels * block.expansion
        self.blocks = nn.Sequential(*blocks)
        self.output = nn.Linear(incoming, classes)
        _initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu(self.norm(self.stem(x))))  # (batch, 64, height / 4, width / 4)
        x = self.blocks(x)  # (batch, 512 or 2048, height / 32, width / 32)
        return self.output(x.mean(dim=(2, 3)))


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut around them.

    (batch, incoming, height, width) -> (batch, channels, height / stride, width / stride).
    """

    expansion = 1

    def __init__(self, incoming: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(incoming, channels, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.shortcut = _projection(incoming, channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class Bottleneck(nn.Module):
    """1 x 1 down to few channels, 3 x 3 there, 1 x 1 up to four times as many, and a shortcut around them.

    (batch, incoming, height, width) -> (batch, 4 * channels, height / stride, width / stride).
    """

    expansion = 4

    def __init__(self, incoming: int, channels: int, stride: int) -> None:
        super().__init__()
        outgoing = self.expansion * channels
        self.conv1 = nn.Conv2d(incoming, channels, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, outgoing, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(outgoing)
        self.shortcut = _projection(incoming, outgoing, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm1(self.conv1(x)))
        y = F.relu(self.norm2(self.conv2(y)))
        return F.relu(self.norm3(self.conv3(y)) + self.shortcut(x))


class SmallResNet(nn.Module):
    """The networks for CIFAR's small images: depth 8, 14, 20, 32, 44 or 56, any 6n + 2.

    (batch, channels, height, width) -> (batch, classes). A 3 x 3 convolution, then three stages of n blocks
    with two 3 x 3 convolutions each, at `width`, 2 and 4 times `width` channels, the second and third
    halving the size; the mean over all positions is classified. Shortcuts have no weights (option A): where
    the shape changes, every second position is kept and the new channels are zero. So a network with
    residual=False, which leaves the shortcuts out, has exactly the same weights: the plain network that the
    paper compares with.

    Source: He, Zhang, Ren & Sun 2015, section 4.2. With 3 channels, 10 classes and width 16 the depths 20,
    32 and 56 are the paper's ResNet-20, -32 and -56 (0.27, 0.46 and 0.85 million parameters).
    """

    def __init__(
        self,
        input_shape: tuple[int, ...] = (3, 32, 32),
        classes: int = 10,
        depth: int = 20,
        width: int = 16,
        residual: bool = True,
        activation: Activation = F.relu,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.stem = nn.Conv2d(input_shape[0], width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        incoming, blocks = width, []
        for stage in range(3):
            channels = width * 2**stage
            for n in range((depth - 2) // 6):
                stride = 2 if stage and n == 0 else 1
                blocks.append(SmallBlock(incoming, channels, stride, residual, activation))
                incoming = channels
        self.blocks = nn.Sequential(*blocks)
        self.output = nn.Linear(incoming, classes)
        _initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(self.norm(self.stem(x)))
        x = self.blocks(x)  # (batch, 4 * width, height / 4, width / 4)
        return self.output(x.mean(dim=(2, 3)))


class SmallBlock(nn.Module):
    """Two 3 x 3 convolutions; with residual, the input is added to their output.

    (batch, incoming, height, width) -> (batch, channels, height / stride, width / stride).
    """

    def __init__(
        self, incoming: int, channels: int, stride: int, residual: bool, activation: Activation
    ) -> None:
        super().__init__()
        self.activation, self.residual = activation, residual
        self.stride, self.new_channels = stride, channels - incoming
        self.conv1 = nn.Conv2d(incoming, channels, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.activation(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return self.activation(y + self._shortcut(x) if self.residual else y)

    def _shortcut(self, x: Tensor) -> Tensor:
        if self.stride == 1 and not self.new_channels:
            return x
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new_channels))


def _projection(incoming: int, outgoing: int, stride: int) -> nn.Module:
    """The input itself where shapes agree, and else a 1 x 1 convolution of it."""
    if incoming == outgoing and stride == 1:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(incoming, outgoing, 1, stride, bias=False), nn.BatchNorm2d(outgoing))


def _initialise(model: nn.Module) -> None:
    """As in He et al. 2015, "Delving deep into rectifiers": preserves the variance of gradients."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")


def resnet(
    input_shape: tuple[int, ...],
    outputs: int,
    hidden: tuple[int, ...],
    activation: Activation,
    depth: str = "14",
    width: int = 8,
    residual: bool = True,
) -> SmallResNet:
    """The small form for live training; `hidden` does not apply."""
    return SmallResNet(input_shape, outputs, int(depth), width, residual, activation)
