"""Numbers as pages write them: few digits, and a minus that is as wide as a plus."""

from __future__ import annotations

import math


def signed(x: float, digits: int = 2, zero_below: float = 0.0) -> str:
    """A number with so many digits, infinities as ∞; one that is smaller than zero_below is 0."""
    text = f"{x + 0.0 if abs(x) >= zero_below else 0.0:.{digits}g}"
    return text.replace("-", "−").replace("e+", "e").replace("inf", "∞")


def interval(low: float, high: float) -> str:
    """An interval of x, of which either end may be infinite."""
    if math.isinf(low):
        return "everywhere" if math.isinf(high) else f"below {signed(high)}"
    return f"above {signed(low)}" if math.isinf(high) else f"{signed(low)} to {signed(high)}"


def in_short(count: float) -> str:
    """A large number with three digits and its unit."""
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f}"
