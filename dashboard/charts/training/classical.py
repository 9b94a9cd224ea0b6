"""A network beside classical methods on the same data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

NETWORK = "this network"


def classical_chart(network: Mapping[str, Any], methods: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """The test metric of each method, best on top, with the seconds to fit in the tooltip.

    network is the record of TrainingFinished, methods those of ClassicalCompleted.
    """
    balanced = network.get("details", {}).get("balanced_accuracy")
    rows = [
        {"method": NETWORK, "value": network["value"], "fit_s": network["elapsed_s"], "balanced": balanced}
    ]
    rows += [
        {name: one[name] for name in ("method", "value", "fit_s")}
        | {"balanced": one.get("balanced_accuracy")}
        for one in methods
    ]
    table = pd.DataFrame(rows).sort_values("value", ascending=False)
    metric = methods[0]["metric"].capitalize()
    base = alt.Chart(table).encode(
        y=alt.Y("method:N", sort=list(table["method"]), title=None, axis=alt.Axis(labelLimit=160)),
        x=alt.X("value:Q", title=f"{metric}, test", scale=alt.Scale(zero=True)),
        tooltip=[
            alt.Tooltip("method:N", title="Method"),
            alt.Tooltip("value:Q", title=metric, format=".4f"),
            *([alt.Tooltip("balanced:Q", title="Balanced accuracy", format=".4f")] if balanced else []),
            alt.Tooltip("fit_s:Q", title="Seconds to learn", format=".2f"),
        ],
    )
    own = alt.when(alt.datum.method == NETWORK).then(alt.value(1)).otherwise(alt.value(0.45))
    bars = base.mark_bar().encode(opacity=own)
    numbers = base.mark_text(align="right", dx=-6, color="white").encode(
        text=alt.Text("value:Q", format=".3f")
    )
    return alt.LayerChart(
        layer=[bars, numbers], title="The same split, without a network", height=alt.Step(34)
    )
