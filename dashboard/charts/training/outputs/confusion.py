"""Which classes a network takes for which."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import BLUE, ORANGE

STRONG = 0.5  # fraction from which a square is so dark that only white is read on it
MAX_COUNTS_WRITTEN = 12  # with more classes the numbers would not fit a phone
_BLUE, _ORANGE = (f"rgb{color}" for color in (BLUE, ORANGE))


def confusion_chart(picture: Picture) -> alt.LayerChart:
    """A row for each true class, a column for each predicted one: blue, on the diagonal, is right."""
    counts, classes = picture.arrays["counts"], picture.values["classes"]
    truth, predicted = np.divmod(np.arange(counts.size), len(classes))
    of_truth = counts.sum(axis=1)[truth]
    table = pd.DataFrame(
        {
            "truth": [classes[n] for n in truth],
            "predicted": [classes[n] for n in predicted],
            "count": counts.ravel(),
            "fraction": counts.ravel() / np.maximum(of_truth, 1),
            "right": truth == predicted,
        }
    )
    cells: dict[str, Any] = {
        "x": alt.X("predicted:N", title="Prediction", sort=classes, axis=alt.Axis(labelAngle=0)),
        "y": alt.Y("truth:N", title="Truth", sort=classes),
    }
    tooltip = [
        alt.Tooltip("truth:N", title="Truth"),
        alt.Tooltip("predicted:N", title="Prediction"),
        alt.Tooltip("count:Q", title="Samples"),
        alt.Tooltip("fraction:Q", title="Fraction of the true class", format=".1%"),
    ]
    base = alt.Chart(table).encode(**cells, tooltip=tooltip)
    squares = base.mark_rect().encode(
        color=alt.when(alt.datum.right).then(alt.value(_BLUE)).otherwise(alt.value(_ORANGE)),
        opacity=alt.Opacity("fraction:Q", scale=alt.Scale(domain=[0, 1], range=[0, 0.7]), legend=None),
    )
    layers = [squares]
    if len(classes) <= MAX_COUNTS_WRITTEN:
        numbers = base.transform_filter("datum.count > 0").mark_text(fontSize=12)
        on_strong = (
            alt.when(alt.datum.fraction > STRONG).then(alt.value("white")).otherwise(alt.value("gray"))
        )
        layers.append(numbers.encode(text="count:Q", color=on_strong))
    wrong = int(counts.sum() - np.trace(counts))
    subtitle = f"{wrong:,} of {int(counts.sum()):,} test predictions are wrong (orange)."
    return alt.LayerChart(
        layer=layers,
        title=alt.Title("Confusion matrix", subtitle=subtitle, subtitleColor="gray"),
        height=max(200, 30 * len(classes)) + 90,
    )
