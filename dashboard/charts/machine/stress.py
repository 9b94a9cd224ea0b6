"""Devices under load: rate, temperature, power and clock over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.theme import series_color

HEIGHT = 260
# What is drawn besides the rate, where a device reports it: its axis, and the reading that is its limit.
READINGS = {
    "temperature": ("Temperature", "Temperature (°C)", None),
    "power": ("Power", "Power (W)", "power_limit"),
    "clock": ("Clock", "Clock (MHz)", None),
}
THROTTLED = ("throttled_by_power", "throttled_by_heat", "throttled_by_hardware")


def rate_chart(
    samples: Sequence[Mapping[str, Any]], names: Mapping[str, str], total_s: float
) -> alt.LayerChart:
    """GFLOP/s of each device; crosses where it was throttled."""
    rows = _rows(samples, names, lambda one: one["gflops"])
    rows["throttled"] = [_throttled(one) for one in samples]
    every = list(dict.fromkeys(rows["device"]))
    base = alt.Chart(rows).encode(
        x=_time(total_s),
        y=alt.Y("value:Q", title="Rate (GFLOP/s)", scale=alt.Scale(zero=True)),
        color=series_color(every, every, "device"),
    )
    tooltip = [
        alt.Tooltip("device:N", title="Device"),
        alt.Tooltip("at:Q", title="Second", format=".0f"),
        alt.Tooltip("value:Q", title="GFLOP/s", format=",.4~g"),
        alt.Tooltip("throttled:N", title="Throttled by"),
    ]
    crosses = base.transform_filter(alt.datum["throttled"] != "nothing")
    return alt.LayerChart(
        layer=[
            base.mark_line(strokeWidth=2, aria=False),
            base.mark_point(filled=True, size=40, opacity=0).encode(tooltip=tooltip),
            crosses.mark_point(shape="cross", size=60, angle=45, opacity=1).encode(tooltip=tooltip),
        ],
        title="Rate under load",
        description=f"Rate of {', '.join(every)} over {total_s:.0f} seconds",
        height=HEIGHT,
    )


def reading_chart(
    samples: Sequence[Mapping[str, Any]], names: Mapping[str, str], reading: str, total_s: float
) -> alt.LayerChart | None:
    """A reading of each device that reports it, dashed its limit; None where none does."""
    title, axis, limit = READINGS[reading]
    known = [one for one in samples if _value(one, reading) is not None]
    if not known:
        return None
    rows = _rows(known, names, lambda one: _value(one, reading))
    every = list(dict.fromkeys(names[one["device"]] for one in samples))
    x, y = _time(total_s), alt.Y("value:Q", title=axis, scale=alt.Scale(zero=False))
    color = series_color(every, list(dict.fromkeys(rows["device"])), "device")
    base = alt.Chart(rows).encode(x=x, y=y, color=color)
    tooltip = [
        alt.Tooltip("device:N", title="Device"),
        alt.Tooltip("at:Q", title="Second", format=".0f"),
        alt.Tooltip("value:Q", title=axis, format=",.4~g"),
    ]
    layers = [
        base.mark_line(strokeWidth=2, aria=False),
        base.mark_point(filled=True, size=40, opacity=0).encode(tooltip=tooltip),
    ]
    limits = [one for one in known if limit and _value(one, limit) is not None]
    if limits:
        of = alt.Chart(_rows(limits, names, lambda one: _value(one, str(limit)))).encode(
            x=x, y=y, color=color
        )
        layers.append(of.mark_line(strokeDash=[4, 3], opacity=0.7, aria=False))
    return alt.LayerChart(
        layer=layers, title=title, description=f"{axis} of {', '.join(every)}", height=HEIGHT
    )


def _rows(samples: Sequence[Mapping[str, Any]], names: Mapping[str, str], value: Any) -> pd.DataFrame:
    return pd.DataFrame(
        [{"device": names[one["device"]], "at": one["at_s"], "value": value(one)} for one in samples],
        columns=["device", "at", "value"],
    )


def _value(sample: Mapping[str, Any], reading: str) -> float | None:
    return (sample["readings"].get(reading) or {}).get("value")


def _throttled(sample: Mapping[str, Any]) -> str:
    causes = [name.removeprefix("throttled_by_") for name in THROTTLED if _value(sample, name)]
    return ", ".join(causes) or "nothing"


def _time(total_s: float) -> alt.X:
    return alt.X("at:Q", title="Seconds under load", scale=alt.Scale(domain=[0, total_s], nice=False))
