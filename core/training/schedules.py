"""Every way in which the learning rate can change after its first value. To add one, add an entry."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """factor(fraction) is what the learning rate is multiplied by, at fraction (0 to 1) of all steps."""

    name: str
    description: str
    factor: Callable[[float], float]


# Each function is self-contained: an exported script takes the source of the one that it needs.


def constant(fraction: float) -> float:
    """1 all the way."""
    return 1.0


def cosine(fraction: float) -> float:
    """From 1 to 0 along half a cosine wave."""
    return 0.5 * (1 + math.cos(math.pi * fraction))


def step_decay(fraction: float) -> float:
    """A tenth from half of the way on, a hundredth from three quarters on."""
    return 1.0 if fraction < 0.5 else 0.1 if fraction < 0.75 else 0.01


def warm_up(fraction: float) -> float:
    """From a hundredth to 1 in the first tenth of the way."""
    return min(1.0, 0.01 + 0.99 * fraction / 0.1)


def warm_up_cosine(fraction: float) -> float:
    """Up as by warm_up, then down as by cosine."""
    up = min(1.0, 0.01 + 0.99 * fraction / 0.1)
    down = 0.5 * (1 + math.cos(math.pi * max(0.0, (fraction - 0.1) / 0.9)))
    return up * down


def one_cycle(fraction: float) -> float:
    """From a 25th up to 1 in the first three tenths, then down to nearly 0, both along half a cosine wave."""
    low, end = 1 / 25, 1 / 25 / 10_000
    if fraction < 0.3:
        return low + (1 - low) * (1 - 0.5 * (1 + math.cos(math.pi * (fraction / 0.3))))
    return end + (1 - end) * (0.5 * (1 + math.cos(math.pi * ((fraction - 0.3) / 0.7))))


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule("Constant", "The learning rate stays as it is.", constant),
    "cosine": Schedule(
        "Cosine",
        "The learning rate falls to zero along half a cosine wave (Loshchilov & Hutter 2017).",
        cosine,
    ),
    "step": Schedule(
        "Step decay",
        "The learning rate falls to a tenth at half and at three quarters of the way.",
        step_decay,
    ),
    "warm_up": Schedule(
        "Warm-up",
        "The learning rate rises from a hundredth in the first tenth of the way, and then stays "
        "(Goyal et al. 2017).",
        warm_up,
    ),
    "warm_up_cosine": Schedule(
        "Warm-up, then cosine",
        "The learning rate rises in the first tenth of the way and falls along half a cosine wave after.",
        warm_up_cosine,
    ),
    "one_cycle": Schedule(
        "One cycle",
        "The learning rate rises from a 25th in the first three tenths, then falls to nearly zero "
        "(Smith & Topin 2019).",
        one_cycle,
    ),
}


def learning_rate(
    step: int, steps: int, schedule: str, first: float, changes: Iterable[tuple[int, float]] = ()
) -> float:
    """The learning rate of the step after `step` of so many, by a key of SCHEDULES.

    first: the rate that was asked for; changes: those made on the way, (after which step, to what) in order.
    """
    asked = first
    for after, value in changes:
        if after <= step:
            asked = value
    return asked * SCHEDULES[schedule].factor(step / steps)
