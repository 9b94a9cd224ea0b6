"""AlexNet: the network with which deep learning won ImageNet."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Channels after each convolution, as multiples of the first one's.
CHANNELS = (1, 3, 6, 4, 4)
POOLED = (0, 1, 4)  # the convolutions that max pooling follows


class AlexNet(nn.Module):
    """Five convolutions, three of them with pooling, then three fully connected layers with dropout.

    (batch, channels, height, width) -> (batch, classes). The defaults are the full-size network with
    61,100,840 parameters. `width` is the channels of the first convolution, `units` the size of the two
    hidden layers after the convolutions, `stem` kernel, stride and padding of the first convolution.
    A pooling that an image is too small for is left out.

    Source: Krizhevsky, Sutskever & Hinton 2012, in the one-tower form of Krizhevsky 2014 ("One weird trick
    for parallelizing convolutional neural networks"), without local response normalisation. Weights are
    initialised as in He et al. 2015, which preserves the variance from layer to layer.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...] = (3, 224, 224),
        classes: int = 1000,
        width: int = 64,
        units: int = 4096,
        stem: tuple[int, int, int] = (11, 4, 2),
        dropout: float = 0.5,
        activation: Callable[[Tensor], Tensor] = F.relu,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.dropout = nn.Dropout(dropout)
        incoming, *size = input_shape
        shapes = (stem, (5, 1, 2), (3, 1, 1), (3, 1, 1), (3, 1, 1))
        self.convolutions = nn.ModuleList()
        self.pools = nn.ModuleList()
        for n, (kernel, stride, padding) in enumerate(shapes):
            outgoing = CHANNELS[n] * width
            self.convolutions.append(nn.Conv2d(incoming, outgoing, kernel, stride, padding))
            size = [(pixels + 2 * padding - kernel) // stride + 1 for pixels in size]
            pooled = n in POOLED and min(size) >= 3
            self.pools.append(nn.MaxPool2d(3, 2) if pooled else nn.Identity())
            size = [(pixels - 3) // 2 + 1 for pixels in size] if pooled else size
            incoming = outgoing
        self.hidden = nn.ModuleList([nn.Linear(incoming * size[0] * size[1], units), nn.Linear(units, units)])
        self.output = nn.Linear(units, classes)
        for layer in (*self.convolutions, *self.hidden):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        for convolution, pool in zip(self.convolutions, self.pools, strict=True):
            x = pool(self.activation(convolution(x)))
        x = torch.flatten(x, 1)  # (batch, 4 * width * height * width of the last maps)
        for layer in self.hidden:
            x = self.activation(layer(self.dropout(x)))
        return self.output(x)


def small_alexnet(
    input_shape: tuple[int, ...],
    classes: int,
    width: int = 8,
    dropout: float = 0.0,
    activation: Callable[[Tensor], Tensor] = F.relu,
) -> AlexNet:
    """AlexNet for images of 8 to 64 pixels: the same layers, fewer channels, and a first layer of 5 x 5
    with stride 1."""
    units, stem = 16 * width, (5, 1, 2)
    return AlexNet(input_shape, classes, width, units, stem, dropout, activation)


def alexnet(
    input_shape: tuple[int, ...],
    outputs: int,
    hidden: tuple[int, ...],
    activation: Callable[[Tensor], Tensor],
    width: int = 8,
) -> AlexNet:
    """The small form for live training; `hidden` does not apply."""
    return small_alexnet(input_shape, outputs, width, activation=activation)
