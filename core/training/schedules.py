"""Every way in which the learning rate can go on from its first value. To add one, add an entry."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """factor(fraction) is what the learning rate is multiplied by, at fraction (0 to 1) of all steps."""

    name: str
    description: str
    factor: Callable[[float], float]


def _step_decay(fraction: float) -> float:
    return 1.0 if fraction < 0.5 else 0.1 if fraction < 0.75 else 0.01


def _warm_up(fraction: float) -> float:
    return min(1.0, 0.01 + 0.99 * fraction / 0.1)


def _cosine(fraction: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * fraction))


def _one_cycle(fraction: float) -> float:
    low, end = 1 / 25, 1 / 25 / 10_000
    if fraction < 0.3:
        return low + (1 - low) * (1 - _cosine(fraction / 0.3))
    return end + (1 - end) * _cosine((fraction - 0.3) / 0.7)


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule("Constant", "The learning rate stays as it is.", lambda fraction: 1.0),
    "cosine": Schedule(
        "Cosine",
        "The learning rate falls to zero along half a cosine wave (Loshchilov & Hutter 2017).",
        _cosine,
    ),
    "step": Schedule(
        "Step decay",
        "The learning rate falls to a tenth at half and at three quarters of the way.",
        _step_decay,
    ),
    "warm_up": Schedule(
        "Warm-up",
        "The learning rate rises from a hundredth in the first tenth of the way, and then stays "
        "(Goyal et al. 2017).",
        _warm_up,
    ),
    "warm_up_cosine": Schedule(
        "Warm-up, then cosine",
        "The learning rate rises in the first tenth of the way and falls along half a cosine wave after.",
        lambda fraction: _warm_up(fraction) * (1.0 if fraction < 0.1 else _cosine((fraction - 0.1) / 0.9)),
    ),
    "one_cycle": Schedule(
        "One cycle",
        "The learning rate rises from a 25th in the first three tenths, then falls to nearly zero "
        "(Smith & Topin 2019).",
        _one_cycle,
    ),
}
