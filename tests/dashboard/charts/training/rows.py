"""What a chart holds."""

from __future__ import annotations

from typing import Any

import altair as alt

from core.events import Picture
from core.training.config import default_config
from core.training.loop import train
from dashboard.charts.training.registry import charts


def rows(chart: Any) -> list[dict[str, Any]]:
    """All rows of all data sets of a chart, which is valid Vega-Lite."""
    specification = chart.to_dict()
    type(chart).from_dict(specification, validate=True)
    return [row for table in specification["datasets"].values() for row in table]


def trained(model: str, data: str, **settings: Any) -> dict[str, Picture]:
    """The pictures of a short training, by name."""
    config = default_config(model, data, **({"epochs": 1, "snapshot_every_s": None} | settings))
    return {event.name: event for event in train(config) if isinstance(event, Picture)}


# What makes a training on these data short.
FEW: dict[str, dict[str, Any]] = {
    "parity": {"samples": 60, "hidden": (4,)},
    "copy_memory": {"samples": 60},
    "mnist5k": {"test_fraction": 0.8},
}


def only_chart(key: str, pictures: dict[str, Picture]) -> alt.Chart | alt.LayerChart:
    """The one chart of a snapshot."""
    (chart,) = charts(key, pictures).values()
    return chart
