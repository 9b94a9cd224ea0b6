"""Convolutional networks."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

Activation = Callable[[Tensor], Tensor]


class LeNet5(nn.Module):
    """LeNet-5: two convolutions with pooling, then three fully connected layers; 61,706 parameters.

    (batch, 1, 28, 28), padded to 32 x 32 as images of that size are not, -> (batch, 10).

    As in the paper: the sizes of all layers. As is common today: pooling takes the maximum (the paper's takes
    the mean, with a weight and a bias for each map), C3 sees all six maps of S2 (the paper's sees some), and
    the output is linear (the paper's are distances to drawn digits).
    Source: LeCun, Bottou, Bengio & Haffner 1998.
    """

    pools = (2, 2)  # after each convolution

    def __init__(
        self, activation: Activation, input_shape: tuple[int, ...] = (1, 28, 28), outputs: int = 10
    ) -> None:
        super().__init__()
        channels, side, _ = input_shape
        self.activation = activation
        self.c1 = nn.Conv2d(channels, 6, kernel_size=5, padding=(32 - side) // 2)
        self.c3 = nn.Conv2d(6, 16, kernel_size=5)
        self.c5 = nn.Linear(16 * 5 * 5, 120)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, outputs)

    def forward(self, x: Tensor) -> Tensor:
        s2 = F.max_pool2d(self.activation(self.c1(x)), self.pools[0])  # (batch, 6, 14, 14)
        s4 = F.max_pool2d(self.activation(self.c3(s2)), self.pools[1])  # (batch, 16, 5, 5)
        c5 = self.activation(self.c5(s4.flatten(1)))
        return self.output(self.activation(self.f6(c5)))


class ConvNet(nn.Module):
    """ConvNetJS's MNIST demo: two convolutions with pooling, then one linear layer; 5,994 parameters.

    (batch, 1, 28, 28) -> (batch, 10); images of 32 x 32 pixels fit as well. The demo takes 24 x 24 of the
    pixels at a time and puts zeros around them; where the image's outermost pixels are blank, as they are in
    MNIST, it sees in the middle what this one sees without a border of zeros.
    Source: Karpathy, ConvNetJS (https://cs.stanford.edu/people/karpathy/convnetjs/demo/mnist.html).
    """

    pools = (2, 3)  # after each convolution

    def __init__(self, activation: Activation, channels: int = 1, outputs: int = 10) -> None:
        super().__init__()
        self.activation = activation
        self.first = nn.Conv2d(channels, 8, kernel_size=5)
        self.second = nn.Conv2d(8, 16, kernel_size=5, padding=2)
        self.output = nn.Linear(16 * 4 * 4, outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.activation(self.first(x)), self.pools[0])  # (batch, 8, 12, 12)
        x = F.max_pool2d(self.activation(self.second(x)), self.pools[1])  # (batch, 16, 4, 4)
        return self.output(x.flatten(1))


def lenet(
    input_shape: tuple[int, ...], outputs: int, hidden: tuple[int, ...], activation: Activation
) -> LeNet5:
    """LeNet-5, whose hidden sizes are all fixed."""
    return LeNet5(activation, input_shape, outputs)


def convnet(
    input_shape: tuple[int, ...], outputs: int, hidden: tuple[int, ...], activation: Activation
) -> ConvNet:
    """ConvNet, whose hidden sizes are all fixed."""
    return ConvNet(activation, input_shape[0], outputs)
