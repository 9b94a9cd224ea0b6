"""Which units react at all, and how many activations are where the function is flat."""

from __future__ import annotations

import altair as alt
import pandas as pd

from core.events import Picture


def dead_units_chart(picture: Picture) -> alt.Chart:
    """Fraction of dead units and of saturated activations in each layer, the first one on top."""
    layers, kinds = picture.values["layers"], ("Dead units", "Saturated activations")
    parts = [
        pd.DataFrame(
            {
                "layer": layers,
                "kind": kind,
                "fraction": picture.arrays[name],
                "units": picture.values["units"],
            }
        )
        for name, kind in zip(("dead", "saturated"), kinds, strict=True)
    ]
    lines = [
        f"On {picture.values['samples']} test samples. Dead: flat for all of",
        "them. Saturated: slope below 5% of the steepest.",
    ]
    return (
        alt.Chart(
            pd.concat(parts),
            title=alt.Title("Dead and saturated units", subtitle=lines, subtitleColor="gray"),
            height=40 * len(layers) + 250,
        )
        .mark_bar()
        .encode(
            x=alt.X(
                "fraction:Q", title="Fraction", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")
            ),
            y=alt.Y("layer:N", title=None, sort=layers),
            yOffset=alt.YOffset("kind:N", sort=kinds),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=kinds),
                legend=alt.Legend(orient="top", title=None, columns=2),
            ),
            tooltip=[
                alt.Tooltip("layer:N", title="Layer"),
                alt.Tooltip("kind:N", title="Shown"),
                alt.Tooltip("fraction:Q", title="Fraction", format=".1%"),
                alt.Tooltip("units:Q", title="Units of the layer"),
            ],
        )
    )
