"""The network 2-2-1 with its numbers: values in the nodes, weights and derivatives on the edges."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from core.backpropagation import EDGES, Network, Values

# Where each node is; the ones that feed the biases are below the units of their layer.
NODES = {
    "x1": (0.0, 2.0),
    "x2": (0.0, 1.0),
    "one": (0.0, 0.0),
    "h1": (1.0, 2.0),
    "h2": (1.0, 1.0),
    "one_hidden": (1.0, 0.0),
    "o": (2.0, 1.5),
    "loss": (2.6, 1.5),
}
LABELS = {
    "x1": "x₁",
    "x2": "x₂",
    "one": "1",
    "h1": "h₁",
    "h2": "h₂",
    "one_hidden": "1",
    "o": "o",
    "loss": "L",
}
# Where along its edge a weight is written, so that no two lie on each other.
ALONG = {
    "w11": 0.5,
    "w12": 0.25,
    "b1": 0.16,
    "w21": 0.25,
    "w22": 0.4,
    "b2": 0.5,
    "v1": 0.5,
    "v2": 0.5,
    "c": 0.5,
}
HEIGHT = 400
BLUE, ORANGE, GRAY = "#0072B2", "#C65300", "#68737D"  # white text is readable on each
TEXT = "#767676"  # readable on a white and on a dark page
NODE_SIZE = 1900


def network_chart(
    network: Network, values: Values, gradient: Mapping[str, float], seen: frozenset[str], edge: str
) -> alt.LayerChart:
    """Numbers of `seen` (moments of the passes) are written, and the chosen edge is drawn thick."""
    edges, nodes = edge_rows(network, gradient, seen, edge), node_rows(network, values, seen)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.22, 2.82]))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.35, 2.35]))
    chosen = alt.datum.chosen
    base = alt.Chart(edges)
    lines = base.mark_rule(aria=False).encode(
        x=x,
        y=y,
        x2="x2",
        y2="y2",
        color=alt.when(chosen).then(alt.value(ORANGE)).otherwise(alt.value(GRAY)),
        strokeOpacity=alt.when(chosen).then(alt.value(1)).otherwise(alt.value(0.45)),
        strokeWidth=alt.when(chosen).then(alt.value(4)).otherwise(alt.value(1.5)),
    )
    ends = dict(zip(("x", "y", "x2", "y2"), (*NODES["o"], *NODES["loss"]), strict=True))
    to_loss = (
        alt.Chart(pd.DataFrame([ends]))
        .mark_rule(aria=False, color=GRAY, strokeDash=[4, 3])
        .encode(x=x, y=y, x2="x2", y2="y2")
    )
    at = {"x": alt.X("at_x:Q", axis=None), "y": alt.Y("at_y:Q", axis=None)}
    weight = base.mark_text(dy=-9, fontSize=12, color=TEXT, fontWeight="bold").encode(**at, text="weight")
    slope = base.mark_text(dy=9, fontSize=12, color=ORANGE, fontWeight="bold").encode(**at, text="derivative")
    circles = alt.Chart(nodes)
    circle = circles.mark_circle(size=NODE_SIZE, opacity=1, aria=False).encode(
        x=x, y=y, color=alt.when(alt.datum.there).then(alt.value(BLUE)).otherwise(alt.value(GRAY))
    )
    name = circles.mark_text(dy=-7, fontSize=14, fontWeight="bold", color="white").encode(
        x=x, y=y, text="label"
    )
    value = circles.mark_text(dy=9, fontSize=11, color="white").encode(x=x, y=y, text="value")
    return alt.LayerChart(
        layer=[lines, to_loss, circle, name, value, weight, slope],
        title=alt.Title("Values, weights and derivatives"),
        description=_in_words(nodes, edges),
        height=HEIGHT,
    )


def edge_rows(
    network: Network, gradient: Mapping[str, float], seen: frozenset[str], chosen: str
) -> pd.DataFrame:
    """A row for each weight: where its line and its texts are, and the texts."""
    rows = []
    for key, edge in EDGES.items():
        source = "one_hidden" if key == "c" else edge.source
        (x, y), (x2, y2), along = NODES[source], NODES[edge.target], ALONG[key]
        rows.append(
            {
                "edge": key,
                **{"x": x, "y": y, "x2": x2, "y2": y2},
                **{"at_x": x + along * (x2 - x), "at_y": y + along * (y2 - y)},
                "weight": f"{key} {short(network.weights[key])}",
                "derivative": f"∂ {short(gradient[key])}" if key in seen else "",
                "chosen": key == chosen,
            }
        )
    return pd.DataFrame(rows)


def node_rows(network: Network, values: Values, seen: frozenset[str]) -> pd.DataFrame:
    """A row for each node with its value, where that is known."""
    given = {"x1": network.x1, "x2": network.x2, "one": 1.0, "one_hidden": 1.0}
    found = {"h1": values.h1, "h2": values.h2, "o": values.o, "loss": values.loss}
    known = given | {key: value for key, value in found.items() if key in seen}
    rows = [
        {
            **{"x": x, "y": y, "label": LABELS[key], "there": key in known},
            "value": short(known[key]) if key in known and LABELS[key] != "1" else "",
        }
        for key, (x, y) in NODES.items()
    ]
    return pd.DataFrame(rows)


def short(value: float) -> str:
    """A number of three digits, with a true minus."""
    return f"{value:.3g}".replace("-", "−")


def _in_words(nodes: pd.DataFrame, edges: pd.DataFrame) -> str:
    known = [f"{row.label} = {row.value}" for row in nodes.itertuples() if row.value]
    lines = [f"{row.weight}{', ' + row.derivative if row.derivative else ''}" for row in edges.itertuples()]
    what = "A network of two inputs, two hidden units and one output."
    return f"{what} {'; '.join(known)}. Weights: {'; '.join(lines)}."
