"""How the numbers of each layer are spread, and which units react."""

from __future__ import annotations

import numpy as np

from core.events import Picture
from dashboard.film.panels.panel import BARS, RIDGES, Panel, layer_colors, mark


def weight_histograms_panel(picture: Picture) -> Panel:
    """A histogram of each layer's weights."""
    return _ridges(picture, "Weights of each layer", "Weight", "Each as high as its fullest bin.")


def input_histograms_panel(picture: Picture) -> Panel:
    """A histogram of each layer's pre-activations."""
    note = f"What comes into each activation, from {picture.values['samples']} test samples."
    return _ridges(picture, "Pre-activations of each layer", "Pre-activation", note)


def _ridges(picture: Picture, title: str, x_title: str, note: str) -> Panel:
    values = {
        "layers": picture.values["layers"],
        "colors": layer_colors(picture.values),
        "x_title": x_title,
    }
    kept = {name: picture.arrays[name].astype(np.float32) for name in ("counts", "edges")}
    return Panel(RIDGES, title, (note,), values, kept)


def dead_units_panel(picture: Picture) -> Panel:
    """Fraction of dead units and of saturated activations in each layer."""
    values, arrays = picture.values, picture.arrays
    kinds = {"dead": "Dead units", "saturated": "Saturated activations"}
    note = (
        f"On {values['samples']} test samples. Dead: flat for all of them. "
        "Saturated: slope below 5% of the steepest."
    )
    shown = {"layers": values["layers"], "units": [*map(int, values["units"])], "kinds": [*kinds.values()]}
    legend = tuple(mark(name, n, "square") for n, name in enumerate(kinds.values()))
    kept = {f"bars{n}": np.asarray(arrays[name], np.float32) for n, name in enumerate(kinds)}
    return Panel(BARS, "Dead and saturated units", (note,), shown, kept, legend)
