"""Every way in which the learning rate can go on from its first value. To add one, add an entry."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """factor(share) is what the learning rate is multiplied by, at share (0 to 1) of all steps."""

    name: str
    description: str
    factor: Callable[[float], float]


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule("Constant", "The learning rate stays as it is.", lambda share: 1.0),
    "cosine": Schedule(
        "Cosine",
        "The learning rate falls to zero along half a cosine wave (Loshchilov & Hutter 2017).",
        lambda share: 0.5 * (1 + math.cos(math.pi * share)),
    ),
}
