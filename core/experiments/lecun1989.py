"""The network of LeCun et al. 1989 for handwritten digits, as published, many of it trained at once.

Input 16 x 16; H1: 12 maps of 8 x 8, kernels of 5 x 5 with stride 2, shared weights, a bias of its own for
each unit; H2: 12 maps of 4 x 4, each connected to 8 of the 12, again 5 x 5 with stride 2 and a bias for each
unit; H3: 30 units; 10 outputs. 9,760 free parameters, 64,660 connections. What lies beyond the border is
background, -1. The function is a scaled tanh, the targets are -1 and 1, the loss is the squared error, each
image is a step.

Not as published: the paper's step sizes come from a diagonal approximation of the Hessian, here all weights
have one; which maps H2 sees is not described there, here they are groups of four, of which each map misses
one. It is trained by squared error and one image at a time, which no learner of core.training is, and takes a
preprocessing of its own: so it stands here and is not an entry of core.models.

Source: LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

SIDE, KERNEL, STRIDE, MAPS, SEEN, HIDDEN, CLASSES = 16, 5, 2, 12, 8, 30, 10
PARAMETERS, CONNECTIONS = 9_760, 64_660
BACKGROUND = -1.0
AMPLITUDE, SLOPE = 1.7159, 2 / 3
# As published.
PASSES, TRAINING_IMAGES, TEST_ERROR, DAYS = 23, 7_291, 0.05, 3
PRESENTATIONS = PASSES * TRAINING_IMAGES


def preprocessed(images: np.ndarray) -> Tensor:
    """Images (count, 1, side, side) from 0 to 1 as the paper has them: (count, 16, 16) from -1 to 1.

    The digit's bounding box is scaled until its longer side has 16 pixels, and lies in the middle.
    """
    pixels = torch.from_numpy(images[:, 0])
    result = torch.full((len(pixels), SIDE, SIDE), BACKGROUND)
    by_shape: dict[tuple[int, int], list[tuple[int, Tensor]]] = {}
    for n, image in enumerate(pixels):
        rows, columns = image.amax(1).nonzero().flatten(), image.amax(0).nonzero().flatten()
        box = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        by_shape.setdefault((box.shape[0], box.shape[1]), []).append((n, box))
    for (height, width), boxes in by_shape.items():
        scale = SIDE / max(height, width)
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        stacked = torch.stack([box for _, box in boxes])[:, None]
        scaled = F.interpolate(stacked, size, mode="bilinear", antialias=True)[:, 0]
        top, left = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
        result[[n for n, _ in boxes], top : top + size[0], left : left + size[1]] = 2 * scaled - 1
    return result


def _receptive_fields(side: int) -> Tensor:
    """For each unit of the next layer the 25 places that it sees; side * side is a place of background."""
    ahead = side // STRIDE
    padded = torch.full((side + 4, side + 4), side * side)
    padded[2 : side + 2, 2 : side + 2] = torch.arange(side * side).view(side, side)
    fields = padded.unfold(0, KERNEL, STRIDE).unfold(1, KERNEL, STRIDE)
    return fields[:ahead, :ahead].reshape(ahead * ahead, KERNEL**2)


def connected() -> Tensor:
    """(maps of H1, maps of H2): which of them are connected; each map of H2 sees 8 of the 12."""
    groups = torch.arange(MAPS) // (MAPS - SEEN)
    return (groups[:, None] != groups[None, :]).float()


def patches(images: Tensor) -> Tensor:
    """What each unit of H1 sees: (count, 16, 16) -> (count, 64, 25)."""
    flat = F.pad(images.flatten(1), (0, 1), value=BACKGROUND)
    return flat[:, _receptive_fields(SIDE)]


@dataclass
class Networks:
    """As many networks as there are seeds, stacked along the first dimension of each tensor."""

    weights: list[Tensor]  # (n, 25, 12), (n, 300, 12), (n, 192, 30), (n, 30, 10)
    biases: list[Tensor]  # (n, 64, 12), (n, 16, 12), (n, 1, 30), (n, 1, 10)

    def __post_init__(self) -> None:
        self._fields = _receptive_fields(SIDE // STRIDE)
        self._mask = connected().repeat(KERNEL**2, 1)  # (300, 12)
        self._back = _sums_of_fields(self._fields, (SIDE // STRIDE) ** 2)

    @property
    def parameters(self) -> int:
        """Free parameters of one network: the masked weights do not exist."""
        absent = int((self._mask == 0).sum())
        return sum(tensor[0].numel() for tensor in (*self.weights, *self.biases)) - absent

    def forward(self, seen: Tensor) -> list[Tensor]:
        """What each unit of H1 sees (n, 64, 25) -> inputs of the four layers, then the outputs (n, 1, 10)."""
        h1 = _squashed(torch.baddbmm(self.biases[0], seen, self.weights[0]))
        with_background = F.pad(h1, (0, 0, 0, 1), value=BACKGROUND)
        fields = with_background[:, self._fields.flatten()].view(len(h1), 16, -1)
        h2 = _squashed(torch.baddbmm(self.biases[1], fields, self.weights[1])).view(len(h1), 1, -1)
        h3 = _squashed(torch.baddbmm(self.biases[2], h2, self.weights[2]))
        return [seen, h1, fields, h2, h3, _squashed(torch.baddbmm(self.biases[3], h3, self.weights[3]))]

    def step(self, seen: Tensor, targets: Tensor, rate: float) -> None:
        """One step of gradient descent on half the squared error of one image a network."""
        seen, h1, fields, h2, h3, outputs = self.forward(seen)
        at4 = (outputs - targets) * _slope(outputs)
        at3 = torch.bmm(at4, self.weights[3].mT) * _slope(h3)
        at2 = (torch.bmm(at3, self.weights[2].mT) * _slope(h2)).view(len(h1), 16, MAPS)
        of_fields = torch.bmm(at2, self.weights[1].mT).view(len(h1), -1, MAPS)
        at1 = torch.matmul(self._back, of_fields) * _slope(h1)
        self.weights[1].addcmul_(torch.bmm(fields.mT, at2), self._mask, value=-rate)
        for n, inputs, deltas in ((0, seen, at1), (2, h2, at3), (3, h3, at4)):
            self.weights[n].baddbmm_(inputs.mT, deltas, alpha=-rate)
        for bias, deltas in zip(self.biases, (at1, at2, at3, at4), strict=True):
            bias.sub_(deltas, alpha=rate)

    def errors(self, seen: Tensor, labels: Tensor) -> list[float]:
        """The share of images that each network takes for another digit."""
        found = []
        for n in range(len(self.weights[0])):
            one = Networks([w[n : n + 1] for w in self.weights], [b[n : n + 1] for b in self.biases])
            stacked = Networks(
                [w.expand(len(seen), -1, -1) for w in one.weights],
                [b.expand(len(seen), -1, -1) for b in one.biases],
            )
            answers = stacked.forward(seen)[-1][:, 0].argmax(1)
            found.append(float((answers != labels).double().mean()))
        return found


def networks(seeds: Sequence[int]) -> Networks:
    """Initial networks: weights uniform within 2.4 by a unit's number of inputs, as published."""
    fan_in = (KERNEL**2 + 1, SEEN * KERNEL**2 + 1, 16 * MAPS + 1, HIDDEN + 1)
    weights = ((KERNEL**2, MAPS), (KERNEL**2 * MAPS, MAPS), (16 * MAPS, HIDDEN), (HIDDEN, CLASSES))
    biases = ((64, MAPS), (16, MAPS), (1, HIDDEN), (1, CLASSES))
    randoms = [torch.Generator().manual_seed(seed) for seed in seeds]

    def uniform(shape: tuple[int, int], bound: float) -> Tensor:
        return torch.stack([torch.empty(shape).uniform_(-bound, bound, generator=r) for r in randoms])

    made = Networks(
        [uniform(shape, 2.4 / n) for shape, n in zip(weights, fan_in, strict=True)],
        [uniform(shape, 2.4 / n) for shape, n in zip(biases, fan_in, strict=True)],
    )
    made.weights[1].mul_(made._mask)
    return made


def targets_of(labels: Tensor) -> Tensor:
    """1 for the digit and -1 for the others, (count, 1, 10)."""
    return 2.0 * F.one_hot(labels, CLASSES)[:, None] - 1.0


def train(
    nets: Networks, seen: Tensor, labels: Tensor, seeds: Sequence[int], rate: float, passes: int
) -> Iterator[int]:
    """Each network sees each image once a pass, in an order of its own; yields the steps done, often."""
    targets = targets_of(labels)
    randoms = [torch.Generator().manual_seed(seed + 1) for seed in seeds]
    done = 0
    for _ in range(passes):
        orders = torch.stack([torch.randperm(len(seen), generator=random) for random in randoms], dim=1)
        for now in orders:
            nets.step(seen[now], targets[now], rate)
            done += 1
            if done % 100 == 0:
                yield done
    yield done


def _squashed(pre_activations: Tensor) -> Tensor:
    return pre_activations.mul_(SLOPE).tanh_().mul_(AMPLITUDE)


def _slope(outputs: Tensor) -> Tensor:
    """The scaled tanh's derivative, from its outputs."""
    return (AMPLITUDE * SLOPE) - (SLOPE / AMPLITUDE) * outputs.square()


def _sums_of_fields(fields: Tensor, places: int) -> Tensor:
    """(places, fields * 25): adds up what each place gave to all fields."""
    return F.one_hot(fields.flatten(), places + 1).float().T[:places].contiguous()
