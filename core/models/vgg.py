"""VGG: deep stacks of 3 x 3 convolutions."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Convolutions of each of the five stages: columns A, B, D and E of the paper's table 1.
STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}

# Channels of each stage, as multiples of the first one's.
CHANNELS = (1, 2, 4, 8, 8)


class VGG(nn.Module):
    """Five stages of 3 x 3 convolutions, each ending in 2 x 2 pooling, then three fully connected layers.

    (batch, channels, height, width) -> (batch, classes). The defaults are the full-size network; depth
    is 11, 13, 16 or 19 layers with weights. `width` is the channels of the first stage, `units` the size of
    the two hidden layers after the convolutions. batch_norm normalises after each convolution, which the
    paper, a year older than batch normalisation, does not. A pooling of a single pixel is left out.

    Source: Simonyan & Zisserman 2014. Weights are initialised as in He et al. 2015, with which all depths
    train from scratch.
    """

    def __init__(
        self,
        depth: int,
        input_shape: tuple[int, ...] = (3, 224, 224),
        classes: int = 1000,
        width: int = 64,
        units: int = 4096,
        dropout: float = 0.5,
        batch_norm: bool = False,
        activation: Callable[[Tensor], Tensor] = F.relu,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.dropout = nn.Dropout(dropout)
        incoming, *size = input_shape
        self.layers = nn.ModuleList()
        for convolutions, multiple in zip(STAGES[depth], CHANNELS, strict=True):
            for _ in range(convolutions):
                self.layers.append(_Convolution(incoming, multiple * width, batch_norm))
                incoming = multiple * width
            if min(size) >= 2:
                self.layers.append(nn.MaxPool2d(2))
                size = [pixels // 2 for pixels in size]
        self.hidden = nn.ModuleList([nn.Linear(incoming * size[0] * size[1], units), nn.Linear(units, units)])
        self.output = nn.Linear(units, classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear) and layer is not self.output:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x) if isinstance(layer, nn.MaxPool2d) else self.activation(layer(x))
        x = torch.flatten(x, 1)  # (batch, 8 * width * height * width of the last maps)
        for layer in self.hidden:
            x = self.dropout(self.activation(layer(x)))
        return self.output(x)


class _Convolution(nn.Sequential):
    """3 x 3, of the same size in and out, with batch normalisation or a bias."""

    def __init__(self, incoming: int, outgoing: int, batch_norm: bool) -> None:
        super().__init__(nn.Conv2d(incoming, outgoing, 3, padding=1, bias=not batch_norm))
        if batch_norm:
            self.append(nn.BatchNorm2d(outgoing))


def small_vgg(
    input_shape: tuple[int, ...],
    classes: int,
    depth: int = 11,
    width: int = 8,
    batch_norm: bool = True,
    dropout: float = 0.0,
    activation: Callable[[Tensor], Tensor] = F.relu,
) -> VGG:
    """VGG for images of 8 to 64 pixels: the same convolutions, fewer channels and smaller dense layers."""
    return VGG(depth, input_shape, classes, width, 16 * width, dropout, batch_norm, activation)


def vgg(
    input_shape: tuple[int, ...],
    outputs: int,
    hidden: tuple[int, ...],
    activation: Callable[[Tensor], Tensor],
    depth: str = "11",
    width: int = 8,
    batch_norm: bool = True,
) -> VGG:
    """The small form for live training; `hidden` does not apply."""
    return small_vgg(input_shape, outputs, int(depth), width, batch_norm, activation=activation)
