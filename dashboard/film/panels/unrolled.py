"""A recurrent network unrolled over one sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.events import Picture
from dashboard.charts.training.layers.unrolled import of_sequence
from dashboard.film.panels.panel import UNROLLED, Color, Panel, mark

GRADIENT: Color = 2  # the colour of what flows back
GATES = "fiorz"  # what lies between 0 and 1 is a bar; other states have colours


def unrolled_panel(picture: Picture) -> Panel:
    """A column for each step: what is read, the cell with its gates and states, and what is predicted."""
    arrays, values = picture.arrays, picture.values
    notes = (
        f"{of_sequence(picture)} Arrows back: the loss's gradient that reaches the step; a tenth of it is a "
        "quarter thinner.",
        "Point at a step for its equations; click to keep it.",
    )
    letters = [*values["names"]]
    shown: dict[str, Any] = {name: values[name] for name in _KEPT} | {
        "letters": letters,
        "bars": [letter for letter in letters if letter in GATES],
        "scales": {letter: _scale(arrays[letter]) for letter in letters},
        "input_scale": _scale(arrays["inputs"]) if "inputs" in arrays else 1.0,
        "gradient_color": GRADIENT,
    }
    kept = {name: array for name, array in arrays.items() if name not in ("bias_x", "bias_h")}
    for n, gate in enumerate(values["gates"]):
        kept |= {f"{bias}_{gate}": arrays[bias][n] for bias in ("bias_x", "bias_h")}
    legend = (
        mark(_scales_in_words(values["names"], shown["scales"]), shape="scale"),
        mark("gradient that flows back", GRADIENT, "line"),
        mark("right", "positive", "square"),
        mark("wrong", "negative", "square"),
    )
    return Panel(
        UNROLLED, "Unrolled over a sequence", notes, shown, kept, legend[: None if "best" in arrays else 2]
    )


# What the browser gets as it is.
_KEPT = (
    *("cell", "gates", "names", "units", "unit_count", "layers", "first", "features", "steps", "classes"),
    *("target_name", "unit", "loss"),
)


def _scales_in_words(names: Mapping[str, str], scales: Mapping[str, float]) -> str:
    """What the strongest colours stand for: the same for all states but those that go beyond it."""
    beyond = [f"{names[letter]} −{size:.3g} to {size:.3g}" for letter, size in scales.items() if size > 1]
    return "; ".join(["−1 to 1", *beyond])


def _scale(array: np.ndarray) -> float:
    """The size that gets the strongest colour."""
    return max(1.0, float(np.abs(array).max()))
