"""Small image classifiers that share weights or do not, trained side by side by batched products.

Three of one hidden layer on handwritten digits, which lie somewhere on a larger canvas: a convolution with
its maximum over each quarter of the image, a layer with the same receptive fields whose weights differ from
place to place, and a fully connected one. The widths of the other two are such that the convolution has the
fewest parameters, by a little.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core import torch_optimizers
from core.torch_devices import threads

DIGIT = 8  # pixels along each side
KERNEL = 5
CHANNELS = 40
CLASSES = 10

CONVOLUTION, LOCAL, DENSE = "convolution", "local", "dense"
KINDS = (CONVOLUTION, LOCAL, DENSE)

BATCH = 50
LEARNING_RATE = 0.01


@dataclass(frozen=True, eq=False)
class Images:
    """Digits of several seeds, each with a split, shifts and a permutation of its own."""

    train: Tensor  # (seeds, images, side, side)
    train_labels: Tensor  # (seeds, images)
    test: Tensor
    test_labels: Tensor


def shifted_digits(seeds: Sequence[int], train_images: int, shift: int, permuted: bool) -> Images:
    """8 x 8 digits, each shifted by up to `shift` pixels up or down and left or right of the middle.

    The canvas is as large as that takes. permuted: the pixels of a seed's canvas are all in one random order.
    """
    from sklearn.datasets import load_digits

    data = load_digits()
    digits = torch.tensor(data.images, dtype=torch.float32) / 16
    labels = torch.tensor(data.target)
    canvases, orders = [], []
    for seed in seeds:
        random = np.random.default_rng(seed)
        order = torch.tensor(random.permutation(len(digits)))
        canvas = _placed(digits, random.integers(0, 2 * shift + 1, (len(digits), 2)), DIGIT + 2 * shift)
        if permuted:
            canvas = canvas.flatten(1)[:, random.permutation(canvas[0].numel())].view_as(canvas)
        canvases.append(canvas[order])
        orders.append(labels[order])
    images, targets = torch.stack(canvases), torch.stack(orders)
    at = train_images
    return Images(images[:, :at], targets[:, :at], images[:, at:], targets[:, at:])


def _placed(digits: Tensor, corners: np.ndarray, side: int) -> Tensor:
    canvas = torch.zeros(len(digits), side, side)
    for number, (down, right) in enumerate(corners.tolist()):
        canvas[number, down : down + DIGIT, right : right + DIGIT] = digits[number]
    return canvas


def parameters(kind: str, side: int, units: int) -> int:
    """Weights and biases of one network with so many units, or channels, on a canvas of side x side."""
    if kind == DENSE:
        return (side**2 + 1) * units + (units + 1) * CLASSES
    places = _places(side) ** 2
    first = (KERNEL**2 + 1) * units * (places if kind == LOCAL else 1)
    return first + ((places if kind == LOCAL else 4) * units + 1) * CLASSES


def units_of(kind: str, side: int) -> int:
    """The fewest with which it has as many parameters as the convolution, or more."""
    if kind == CONVOLUTION:
        return CHANNELS
    least = parameters(CONVOLUTION, side, CHANNELS)
    return next(units for units in range(1, least) if parameters(kind, side, units) >= least)


def _stride(side: int) -> int:
    """Of the local layer, which thereby has some 4 places along each side."""
    return max(1, (side - KERNEL) // 3)


def _places(side: int) -> int:
    return (side - KERNEL) // _stride(side) + 1


def initial(kind: str, seeds: Sequence[int], side: int) -> list[Tensor]:
    """Weights and biases of both layers, one network for each seed along the first dimension.

    Normal with variance 2 / inputs for the layer before the ReLU (He et al. 2015) and 1 / inputs after it.
    """
    units, places = units_of(kind, side), _places(side) ** 2
    incoming = side**2 if kind == DENSE else KERNEL**2
    hidden = {CONVOLUTION: 4 * units, LOCAL: places * units, DENSE: units}[kind]
    copies = (places,) if kind == LOCAL else ()
    first, second = [], []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        first.append(torch.randn(*copies, incoming, units, generator=generator) * math.sqrt(2 / incoming))
        second.append(torch.randn(hidden, CLASSES, generator=generator) * math.sqrt(1 / hidden))
    biases = torch.zeros(len(seeds), *copies, 1, units)
    return [torch.stack(first), biases, torch.stack(second), torch.zeros(len(seeds), 1, CLASSES)]


def logits(kind: str, weights: Sequence[Tensor], images: Tensor) -> Tensor:
    """(networks, images, CLASSES) of images (networks, images, side, side)."""
    W, b, V, a = weights
    networks, count, side, _ = images.shape
    if kind == DENSE:
        return torch.baddbmm(a, torch.relu(torch.baddbmm(b, images.flatten(2), W)), V)
    stride = _stride(side) if kind == LOCAL else 1
    fields = images.unfold(2, KERNEL, stride).unfold(3, KERNEL, stride)
    if kind == LOCAL:  # a product of its own at each place
        at_places = fields.permute(0, 2, 3, 1, 4, 5).reshape(-1, count, KERNEL**2)
        h = torch.baddbmm(b.flatten(0, 1), at_places, W.flatten(0, 1))
        h = h.view(networks, -1, count, h.shape[-1]).transpose(1, 2).flatten(2)
    else:
        h = torch.baddbmm(b, fields.reshape(networks, -1, KERNEL**2), W)
        places = side - KERNEL + 1
        h = h.view(networks * count, places, places, -1).permute(0, 3, 1, 2)  # channels first, as a view
        h = F.max_pool2d(h, places // 2).reshape(networks, count, -1)
    return torch.baddbmm(a, torch.relu(h), V)


def train(
    kind: str, seeds: Sequence[int], images: Images, epochs: int
) -> Iterator[tuple[float, list[float]]]:
    """Adam at a rate that falls to 0; yields after every step the share that is done, and at the end each
    network's test accuracy, before it an empty list.
    """
    weights = [tensor.requires_grad_() for tensor in initial(kind, seeds, images.train.shape[-1])]
    adam = torch_optimizers.Adam(weights, LEARNING_RATE)
    orders = [torch.Generator().manual_seed(seed + 1) for seed in seeds]
    count = images.train.shape[1]
    per_epoch = max(1, count // BATCH)
    steps = epochs * per_epoch
    networks = torch.arange(len(seeds))[:, None]
    for step in range(steps):
        if step % per_epoch == 0:
            order = torch.stack([torch.randperm(count, generator=one) for one in orders])
        chosen = order[:, (step % per_epoch) * BATCH : (step % per_epoch + 1) * BATCH]
        adam.param_groups[0]["lr"] = LEARNING_RATE * (1 - step / steps)
        with threads(1):  # products this small are slower on several
            outputs = logits(kind, weights, images.train[networks, chosen])
            labels = images.train_labels[networks, chosen]
            F.cross_entropy(outputs.flatten(0, 1), labels.flatten(), reduction="sum").div(BATCH).backward()
            adam.step()
        adam.zero_grad()
        yield (step + 1) / steps, accuracies(kind, weights, images) if step == steps - 1 else []


def accuracies(kind: str, weights: Sequence[Tensor], images: Images) -> list[float]:
    """Of each network, on its test images."""
    with torch.no_grad(), threads(1):
        right = logits(kind, weights, images.test).argmax(2) == images.test_labels
    return right.float().mean(1).tolist()
