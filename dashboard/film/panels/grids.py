"""Matrices, gates and states over time, symbols, and text."""

from __future__ import annotations

import numpy as np

from core.events import Picture
from dashboard.charts.training.layers.states import ORDER
from dashboard.film.panels.panel import (
    BANDS,
    GRAY,
    MATRIX,
    NEGATIVE,
    POSITIVE,
    SYMBOLS,
    TEXT,
    Panel,
    mark,
)


def confusion_panel(picture: Picture) -> Panel:
    """A row for each true class, a column for each predicted one."""
    counts, classes = picture.arrays["counts"], picture.values["classes"]
    every, wrong = int(counts.sum()), int(counts.sum() - np.trace(counts))
    note = f"{wrong:,} of {every:,} test predictions are wrong (orange)."
    legend = (mark("right", POSITIVE, "square"), mark("wrong", NEGATIVE, "square"))
    values = {"classes": [*map(str, classes)], "x_title": "Prediction", "y_title": "Truth"}
    return Panel(MATRIX, "Confusion matrix", (note,), values, {"counts": counts}, legend)


def states_panel(picture: Picture) -> Panel:
    """Heat maps over time, one under the other: the input, and each state and gate, a row for each unit."""
    arrays, values = picture.arrays, picture.values
    kept = {"inputs": arrays["inputs"]} if "inputs" in arrays else {}
    bands = [{"name": "Input", "array": "inputs"}] if kept else []
    for letter in ORDER:
        if letter in values["names"]:
            bands.append({"name": values["names"][letter], "array": letter})
            kept[letter] = arrays[letter]
    scales = {name: max(1.0, float(np.abs(array).max())) for name, array in kept.items()}
    shown = [band | {"scale": scales[band["array"]]} for band in bands]
    return Panel(
        BANDS,
        "Gates and states over time",
        ("A row for each unit of the last layer, from left to right a test sample's steps.",),
        {"bands": shown, "read": values["steps"], "features": values["features"], "x_title": "Step"},
        kept,
        (mark("−1 or less to 1 or more", shape="scale"),),
    )


def recall_panel(picture: Picture) -> Panel:
    """Test rows symbol by symbol; at the end the predictions."""
    arrays = picture.arrays
    asked = arrays["targets"] >= 0
    right = int((asked & (arrays["answers"] == arrays["targets"])).sum())
    note = f"{right} of {int(asked.sum())} predictions right (blue); gray: what was read."
    legend = (
        mark("right", POSITIVE, "square"),
        mark("wrong", NEGATIVE, "square"),
        mark("read", GRAY, "square"),
    )
    kept = {name: arrays[name] for name in ("inputs", "targets", "answers")}
    return Panel(
        SYMBOLS, "Recall on test rows", (note,), {"classes": picture.values["classes"]}, kept, legend
    )


def generated_text_panel(picture: Picture) -> Panel:
    """Text that the network wrote, after the text that it was given to continue."""
    values = {name: picture.values[name] for name in ("prompt", "text")}
    note = "Gray was given; the network wrote the rest, a character at a time."
    legend = (mark("given", GRAY, "square"), mark("written", NEGATIVE, "square"))
    return Panel(TEXT, "Generated text", (note,), values, {}, legend)
