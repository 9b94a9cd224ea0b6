"""A network's numbers as one array, and back: what a frame of a film holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import InvalidRequest

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class StartWeights:
    """What a training begins with in place of random weights: a frame of the film of another one."""

    run: str  # its address
    step: int  # of the frame
    numbers: np.ndarray  # float32, as to_array() gives them
    shapes: Shapes  # of that network's parameters, by name

    def check_fits(self, shapes: Shapes) -> None:
        """Raise InvalidRequest where a network's parameters have other shapes."""
        difference = why_other_shapes(shapes, self.shapes)
        if difference is not None:
            raise InvalidRequest(
                f"The weights of the run {self.run!r} do not fit this network: {difference}. A training can "
                "start from them with other settings as long as its layers have the same shapes."
            )


def numbers_of(network: nn.Module) -> dict[str, Tensor]:
    """Parameters and running statistics by name, in the order of state_dict(); counters are left out.

    Of a network without running statistics it is the order of parameters().
    """
    return {name: tensor for name, tensor in network.state_dict().items() if tensor.is_floating_point()}


def count_of(network: nn.Module) -> int:
    """How many numbers that are."""
    return sum(tensor.numel() for tensor in numbers_of(network).values())


def to_array(numbers: Iterable[Tensor]) -> np.ndarray:
    """All of numbers_of() one after the other, float32 (count,)."""
    return np.concatenate([tensor.cpu().numpy().ravel() for tensor in numbers], dtype=np.float32)


@torch.no_grad()
def from_array(network: nn.Module, array: np.ndarray) -> None:
    """Set a network's numbers, in the memory that they have, to those of an array (count,).

    Raises InvalidRequest where their count is another one.
    """
    numbers = numbers_of(network)
    count = sum(tensor.numel() for tensor in numbers.values())
    if len(array) != count:
        raise InvalidRequest(f"The frame has {len(array):,} weights, and this network has {count:,}.")
    values, start = torch.from_numpy(np.array(array, np.float32)), 0
    for tensor in numbers.values():
        tensor.copy_(values[start : start + tensor.numel()].view_as(tensor))
        start += tensor.numel()


def why_other_shapes(ours: Shapes, theirs: Shapes) -> str | None:
    """The first difference of two networks' shapes in words; None where they are the same."""
    for name, shape in ours.items():
        before = theirs.get(name)
        if before is None or tuple(before) != tuple(shape):
            other = "is not there" if before is None else f"has the shape {_shape(before)}"
            return f"{name} has the shape {_shape(shape)} here and {other} there"
    missing = next((name for name in theirs if name not in ours), None)
    return missing and f"{missing} of the shape {_shape(theirs[missing])} is there and not here"


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "1"
