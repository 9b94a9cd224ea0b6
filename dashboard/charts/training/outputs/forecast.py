"""A network's forecast of a series."""

from __future__ import annotations

import altair as alt

from core.events import Picture
from dashboard.charts.lines import lines


def forecast_chart(picture: Picture) -> alt.LayerChart:
    """Truth, the network's forecast, and what "tomorrow equals today" forecasts."""
    arrays, values = picture.arrays, picture.values
    unit, horizon_h = values["unit"], values["horizon_h"]
    table = {
        "Time": arrays["times"].astype("datetime64[s]"),
        "Truth": arrays["truth"],
        "Network": arrays["forecast"],
        f"As {horizon_h} h before": arrays["baseline"],
    }
    errors = f"{values['rmse']:.2f} {unit}, as {horizon_h} h before {values['baseline_rmse']:.2f} {unit}"
    chart = lines(table, "Time", "", f"Temperature ({unit})", y_format=".2f", height=300)
    chart.title = alt.Title(
        f"Forecast {horizon_h} h ahead, on two weeks of the test split",
        subtitle=f"Typical error (RMSE) in this stretch: network {errors}",
        subtitleColor="gray",
    )
    return chart


def forecast_error_chart(picture: Picture) -> alt.LayerChart:
    """How far each forecast was off, hour by hour: nearer to zero is better."""
    arrays, values = picture.arrays, picture.values
    table = {
        "Time": arrays["times"].astype("datetime64[s]"),
        "Network": arrays["forecast"] - arrays["truth"],
        f"As {values['horizon_h']} h before": arrays["baseline"] - arrays["truth"],
    }
    return lines(
        table, "Time", "Forecast minus truth", f"Error ({values['unit']})", y_format="+.2f", height=220
    )
