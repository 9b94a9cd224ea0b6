"""Values over the cells of a rectangle, as one picture on two axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from dashboard.charts.pixels import png_url


def cells_chart(
    values: Mapping[str, Any], pixels: np.ndarray, x_title: str = "x", y_title: str = "y"
) -> alt.Chart:
    """Pixels, row 0 on top, between the x_min, x_max, y_min and y_max of a picture's values."""
    bounds = {name: values[name] for name in ("x_min", "x_max", "y_min", "y_max")}
    x = alt.Scale(domain=[bounds["x_min"], bounds["x_max"]], nice=False)
    y = alt.Scale(domain=[bounds["y_min"], bounds["y_max"]], nice=False)
    return (
        alt.Chart(pd.DataFrame([bounds | {"url": png_url(pixels)}]))
        .mark_image(aspect=False)
        .encode(
            x=alt.X("x_min:Q", title=x_title, scale=x),
            x2="x_max",
            y=alt.Y("y_min:Q", title=y_title, scale=y),
            y2="y_max",
            url="url:N",
        )
    )
