"""A panel: one canvas of the player, with its words, as a renderer in web/panels/ reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# The renderers, by the names of their files in web/panels/.
TILES, PLANE, LINES, MATRIX, BANDS = "tiles", "plane", "lines", "matrix", "bands"
SQUARES, SYMBOLS, RIDGES, BARS, TEXT = "squares", "symbols", "ridges", "bars", "text"
UNROLLED, GAME, CART = "unrolled", "game", "cart"

# A colour: the number of a series in the theme, red, green and blue, or one of these names.
Color = int | Sequence[int] | str
GRAY, POSITIVE, NEGATIVE = "gray", "positive", "negative"


@dataclass(frozen=True)
class Panel:
    """What is drawn of one picture, by one renderer.

    notes: lines below the title, that say what to see. legend: entries of mark(). history: the picture holds
    all steps until its own, so the newest one is shown at every step, with a rule at the step.
    """

    kind: str
    title: str
    notes: tuple[str, ...]
    values: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    legend: tuple[Mapping[str, Any], ...] = ()
    history: bool = field(default=False)


def mark(text: str, color: Color = GRAY, shape: str = "dot") -> dict[str, Any]:
    """An entry of a legend; shape: dot, diamond, square, line, scale (negative to positive), or none."""
    return {"text": text, "color": color if isinstance(color, int | str) else list(color), "shape": shape}


def shown(title: str, array: str, format: str = "", names: Sequence[str] = ()) -> dict[str, Any]:
    """A line of a tooltip: an array's number in Python's format, or the name that it is the number of."""
    return {"title": title, "array": array, "format": format, "names": list(names)}


def layer_colors(values: Mapping[str, Any]) -> list[int]:
    """The colour of each of a picture's layers: one layer has the same in every panel."""
    return [*values.get("numbers", range(len(values["layers"])))]  # runs of earlier versions have no numbers


def small(values: np.ndarray) -> np.ndarray:
    """Numbers as the browser reads them: float32, but for bytes and for seconds since 1970."""
    if values.dtype == np.uint8 or values.dtype == np.float64:
        return values
    return values.astype(np.float32)
