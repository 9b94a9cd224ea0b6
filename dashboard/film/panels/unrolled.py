"""A recurrent network unrolled over one sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.events import Picture
from dashboard.charts.training.layers.unrolled import of_sequence, of_view
from dashboard.film.panels.panel import UNROLLED, Color, Panel, mark

GRADIENT: Color = 2  # the colour of what flows back
ARROWS = "Arrows back: the loss's gradient that reaches the step; a tenth of it is a quarter thinner."
GATES = "fiorz"  # what lies between 0 and 1 is a bar; other states have colours


def unrolled_panel(picture: Picture) -> Panel:
    """A column for each step: what is read, the cell with its gates and states, and what is predicted.

    Arrays have the picture's views as their first axis, of which the browser shows one: a sequence, and the
    direction in which it is read.
    """
    arrays, values = picture.arrays, picture.values
    views = [
        {name: of[name] for name in ("sequence", "backwards", "steps")}
        | {"note": f"{of_sequence(of_view(picture, n))} {ARROWS}"}
        for n, of in enumerate(values["views"])
    ]
    letters = [*values["names"]]
    shown: dict[str, Any] = {name: values[name] for name in _KEPT} | {
        "views": views,
        "letters": letters,
        "bars": [letter for letter in letters if letter in GATES],
        "scales": {letter: _scale(arrays[letter]) for letter in letters},
        "gradient_color": GRADIENT,
    }
    kept = {name: array for name, array in arrays.items() if name not in ("bias_x", "bias_h")}
    for n, gate in enumerate(values["gates"]):
        kept |= {f"{bias}_{gate}": arrays[bias][:, n] for bias in ("bias_x", "bias_h")}
    legend = (
        mark(_scales_in_words(values["names"], shown["scales"]), shape="scale"),
        mark("gradient that flows back", GRADIENT, "line"),
        mark("right", "positive", "square"),
        mark("wrong", "negative", "square"),
    )
    notes = (views[0]["note"], "Point at a step for its equations; click to keep it.")
    return Panel(
        UNROLLED, "Unrolled over a sequence", notes, shown, kept, legend[: None if "best" in arrays else 2]
    )


# What the browser gets as it is.
_KEPT = (
    *("cell", "gates", "names", "units", "unit_count", "layers", "bidirectional", "first", "features"),
    *("classes", "target_name", "unit"),
)


def _scales_in_words(names: Mapping[str, str], scales: Mapping[str, float]) -> str:
    """What the strongest colours stand for: the same for all states but those that go beyond it."""
    beyond = [f"{names[letter]} −{size:.3g} to {size:.3g}" for letter, size in scales.items() if size > 1]
    return "; ".join(["−1 to 1", *beyond])


def _scale(array: np.ndarray) -> float:
    """The size that gets the strongest colour."""
    return max(1.0, float(np.abs(array).max()))
