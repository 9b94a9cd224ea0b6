"""The class that a graph network predicts of each node."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture

MAX_NAMED_NODES = 40  # more names than that hide each other


def graph_chart(picture: Picture) -> alt.LayerChart:
    """Nodes in the colour of the predicted class; squares are known, crosses mark mistakes."""
    arrays, values = picture.arrays, picture.values
    nodes = _nodes(picture)
    scale = alt.Scale(domain=[-1.12, 1.12])
    place: dict[str, Any] = {
        "x": alt.X("x:Q", axis=None, scale=scale),
        "y": alt.Y("y:Q", axis=None, scale=scale),
    }
    links = alt.Chart(_links(picture)).encode(**place, x2="x2", y2="y2")
    if "attention" in arrays:
        width = alt.StrokeWidth(
            "attention:Q", title="Attention", scale=alt.Scale(range=[0.3, 5]), legend=None
        )
        links = links.mark_rule(color="gray", opacity=0.5).encode(strokeWidth=width)
    else:
        links = links.mark_rule(color="gray", opacity=0.4)
    legend = alt.Legend(orient="top", title=None, symbolOpacity=1, symbolSize=140, columns=3)
    base = alt.Chart(nodes).encode(**place)
    points = base.mark_point(filled=True, opacity=1, stroke="white", strokeWidth=1).encode(
        color=alt.Color("predicted:N", scale=alt.Scale(domain=values["classes"]), legend=legend),
        shape=alt.Shape(
            "split:N", scale=alt.Scale(domain=["Test", "Known"], range=["circle", "square"]), legend=None
        ),
        size=alt.Size("split:N", scale=alt.Scale(domain=["Test", "Known"], range=[170, 380]), legend=None),
        tooltip=[
            alt.Tooltip("name:N", title="Name"),
            alt.Tooltip("predicted:N", title="Prediction"),
            alt.Tooltip("truth:N", title="Truth"),
            alt.Tooltip("confidence:Q", title="Confidence", format=".1%"),
            alt.Tooltip("split:N", title="Split"),
        ],
    )
    wrong = base.transform_filter("!datum.right").mark_point(
        shape="cross",
        angle=45,
        size=170,
        filled=True,
        color="white",
        stroke="black",
        strokeWidth=1,
        opacity=1,
    )
    layers = [links, points, wrong]
    if len(nodes) <= MAX_NAMED_NODES:
        layers.append(base.mark_text(dy=-16, fontSize=10, color="gray").encode(text="label:N"))
    mistakes = int((~nodes["right"]).sum())
    subtitle = [
        f"{mistakes} of {int((~arrays['known']).sum())} predictions are wrong (crosses); squares were known."
    ]
    if "attention" in arrays:
        subtitle.append("Thick links get more attention.")
    return alt.LayerChart(
        layer=layers, title=alt.Title("Graph", subtitle=subtitle, subtitleColor="gray"), height=440
    )


def _nodes(picture: Picture) -> pd.DataFrame:
    arrays, classes = picture.arrays, picture.values["classes"]
    names = picture.values["names"]
    return pd.DataFrame(
        {
            "x": arrays["positions"][:, 0],
            "y": arrays["positions"][:, 1],
            "name": names,
            "label": [name.removeprefix("Member ") for name in names],
            "truth": [classes[label] for label in arrays["labels"]],
            "predicted": [classes[label] for label in arrays["predicted"]],
            "confidence": arrays["confidence"],
            "right": arrays["labels"] == arrays["predicted"],
            "split": np.where(arrays["known"], "Known", "Test"),
        }
    )


def _links(picture: Picture) -> pd.DataFrame:
    places, links = picture.arrays["positions"], picture.arrays["links"]
    begin, end = places[links[:, 0]], places[links[:, 1]]
    table = {"x": begin[:, 0], "y": begin[:, 1], "x2": end[:, 0], "y2": end[:, 1]}
    if "attention" in picture.arrays:
        table["attention"] = picture.arrays["attention"]
    return pd.DataFrame(table)
