"""The previews of pages on Home."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from dashboard.charts.theme import series_color, series_dash

HEIGHT = 250

# Written out, since the registry's own functions are torch's and the front page does not wait for torch.
_CURVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Tanh": np.tanh,
    "ReLU": lambda x: np.maximum(x, 0),
}


def activation_curves(points: int = 81) -> pd.DataFrame:
    """Three activation functions on [-3, 3]: column x and one for each."""
    x = np.linspace(-3, 3, points)
    return pd.DataFrame({"x": x} | {name: curve(x) for name, curve in _CURVES.items()}).astype(np.float32)


def activations_preview() -> alt.Chart:
    """Three activation functions, overlaid."""
    names = list(_CURVES)
    return (
        alt.Chart(activation_curves(), height=HEIGHT)
        .transform_fold([*names], as_=["series", "value"])
        .mark_line(strokeWidth=2.5, clip=True)
        .encode(
            x=alt.X("x:Q", title="x"),
            y=alt.Y("value:Q", title="f(x)", scale=alt.Scale(domain=[-1, 2], nice=False)),
            color=series_color(names, names),
            strokeDash=series_dash(names),
        )
    )


def utilisation_preview(utilisation: Mapping[str, Sequence[tuple[float, float | None]]]) -> alt.Chart:
    """Utilisation (%) of each device over the last two minutes, by seconds, which are negative."""
    names = list(utilisation)
    rows = [(name, *point) for name, points in utilisation.items() for point in points]
    table = pd.DataFrame(rows, columns=["series", "seconds", "utilisation"])
    table = table.astype({"seconds": np.float32, "utilisation": np.float32})
    return (
        alt.Chart(table, height=HEIGHT)
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=12))
        .encode(
            x=alt.X("seconds:Q", title="Time (s)", scale=alt.Scale(domain=[-120, 0], nice=False)),
            y=alt.Y("utilisation:Q", title="Utilisation (%)", scale=alt.Scale(domain=[0, 100])),
            color=series_color(names, names),
            strokeDash=series_dash(names),
            tooltip=[
                alt.Tooltip("series:N", title="Device"),
                alt.Tooltip("seconds:Q", title="Time (s)", format=".0f"),
                alt.Tooltip("utilisation:Q", title="Utilisation (%)", format=".0f"),
            ],
        )
    )
