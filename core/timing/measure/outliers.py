"""Which samples are outliers. They are labelled and stay: an outlier shows something of the machine.

Source: Tukey, J. W. (1977). Exploratory Data Analysis, section 2D (fences at 1.5 and 3 interquartile ranges).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

LOW_SEVERE, LOW_MILD, HIGH_MILD, HIGH_SEVERE = "low severe", "low mild", "high mild", "high severe"
INSIDE = ""


def labels(samples: Sequence[float]) -> tuple[str, ...]:
    """One label a sample: "" between the inner fences, else "low mild", "high severe" and so on."""
    values = np.asarray(samples, dtype=np.float64)
    lower, upper = np.quantile(values, (0.25, 0.75))
    step = upper - lower
    edges = (lower - 3 * step, lower - 1.5 * step, upper + 1.5 * step, upper + 3 * step)
    return tuple(_label(value, edges) for value in values)


def counts(samples: Sequence[float]) -> dict[str, int]:
    """How many samples carry each label; those between the fences are not counted."""
    if not len(samples):
        return {}
    found = Counter(labels(samples))
    return {label: found[label] for label in (LOW_SEVERE, LOW_MILD, HIGH_MILD, HIGH_SEVERE) if found[label]}


def _label(value: float, edges: tuple[float, float, float, float]) -> str:
    outer_low, inner_low, inner_high, outer_high = edges
    if value < inner_low:
        return LOW_SEVERE if value < outer_low else LOW_MILD
    if value > inner_high:
        return HIGH_SEVERE if value > outer_high else HIGH_MILD
    return INSIDE
