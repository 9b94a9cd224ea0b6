"""Rows of symbols, with what a network predicts at the end of each."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import BLUE, ORANGE

_BLUE, _ORANGE = (f"rgb{color}" for color in (BLUE, ORANGE))


def recall_chart(picture: Picture) -> alt.LayerChart:
    """Test rows symbol by symbol; at the end the predictions, blue where they are right."""
    arrays, classes = picture.arrays, picture.values["classes"]
    rows, steps = arrays["inputs"].shape
    asked = arrays["targets"] >= 0
    right = asked & (arrays["answers"] == arrays["targets"])
    row, step = np.divmod(np.arange(rows * steps), steps)
    table = pd.DataFrame({"row": row + 1, "step": step + 1, "asked": asked.ravel(), "right": right.ravel()})
    shown = np.where(asked, arrays["answers"], arrays["inputs"]).ravel()
    table["symbol"] = [classes[symbol] for symbol in shown]
    table["truth"] = [
        classes[truth] if truth >= 0 else "none asked" for truth in arrays["targets"].ravel().tolist()
    ]
    chart = (
        alt.Chart(table)
        .mark_text(fontSize=14, font="monospace")
        .encode(
            x=alt.X("step:Q", title="Step", scale=alt.Scale(domain=[0, steps + 1], nice=False)),
            y=alt.Y("row:O", title="Test row"),
            text="symbol:N",
            color=alt.when(alt.datum.right)
            .then(alt.value(_BLUE))
            .when(alt.datum.asked)
            .then(alt.value(_ORANGE))
            .otherwise(alt.value("gray")),
            tooltip=[
                alt.Tooltip("step:Q", title="Step"),
                alt.Tooltip("symbol:N", title="Symbol"),
                alt.Tooltip("truth:N", title="Truth"),
            ],
        )
    )
    subtitle = f"{int(right.sum())} of {int(asked.sum())} predictions right (blue); gray: what was read."
    title = alt.Title("Recall on test rows", subtitle=subtitle, subtitleColor="gray")
    return alt.LayerChart(layer=[chart], title=title, height=26 * rows + 90)
