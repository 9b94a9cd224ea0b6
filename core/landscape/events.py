"""What looking at the loss around some weights yields, besides core.events.Progress."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LandscapeCompleted:
    """The loss of learning over a slice of the space of weights, and how sharp it is at the weights.

    losses[row][column] is the loss at weights + offsets[row] * second + offsets[column] * first direction;
    None where it is no finite number. sharpness is the largest eigenvalue of the loss's Hessian at the
    weights, None where torch has no second derivative. limit is the sharpness above which steps at this
    learning rate are unstable, None for optimizers that scale each weight's step.
    """

    offsets: tuple[float, ...]
    losses: tuple[tuple[float | None, ...], ...]
    loss: float  # at the weights
    sharpness: float | None
    limit: float | None
    learning_rate: float  # of the first step
    optimizer: str  # a key of OPTIMIZERS
    samples: int  # of the training split, over which the loss is a mean
    parameters: int
