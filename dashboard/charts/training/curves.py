"""A training's curves over its epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.lines import columns, lines

TRAIN, VALIDATION, TEST = SPLITS = ("Train", "Validation", "Test")


@dataclass(frozen=True)
class Metric:
    """How a metric is shown."""

    name: str
    axis: str
    format: str  # of one number
    splits: tuple[str, str, str] = SPLITS  # names of its curves: train, validation, test


_PLAYED = ("Train (exploring)", VALIDATION, TEST)

METRICS: dict[str, Metric] = {
    "accuracy": Metric("Accuracy", "Accuracy", ".1%"),
    "skill": Metric("Skill", "1 − error / error of the baseline", ".3f"),
    "explained": Metric("Explained", "Fraction of the variance of pixels", ".1%"),
    "modes": Metric("Modes covered", "Modes covered", ".0f"),
    "success": Metric("Success", "Fraction of episodes that succeed", ".1%", _PLAYED),
    "mean_return": Metric("Mean return", "Return of an episode", ".1f", _PLAYED),
}


def loss_chart(epochs: Sequence[Mapping[str, Any]], planned: int | None = None) -> alt.LayerChart:
    """Loss on each split of the data after each epoch; planned: epochs, while more are to come."""
    more: dict[str, Any] = {"y_format": ".4f", "y_scale": alt.Scale(zero=True)}
    return _chart(epochs, "loss", "Loss", "Loss", SPLITS, planned, **more)


def metric_chart(
    epochs: Sequence[Mapping[str, Any]], metric: str, planned: int | None = None
) -> alt.LayerChart:
    """The metric on each split after each epoch; of an accuracy also that of the most frequent class."""
    shown = METRICS[metric]
    chart = _chart(epochs, "metric", shown.name, shown.axis, shown.splits, planned)
    majority = epochs[-1].get("details", {}).get("majority_accuracy")
    if majority is not None:
        chart.layer += _baseline(majority, "most frequent class", shown.format)
    return chart


def _baseline(value: float, name: str, format: str) -> list[alt.Chart]:
    """A line across the chart, with its name."""
    base = alt.Chart(pd.DataFrame({"baseline": [value], "name": [name]})).encode(y="baseline:Q")
    tooltip = [alt.Tooltip("name:N", title="Always"), alt.Tooltip("baseline:Q", format=format)]
    line = base.mark_rule(color="gray", strokeDash=[2, 3], aria=False).encode(tooltip=tooltip)
    words = base.mark_text(align="right", baseline="bottom", color="gray", dx=-4, aria=False)
    return [line, words.encode(x=alt.value("width"), text="name:N")]


def _chart(
    epochs: Sequence[Mapping[str, Any]],
    score: str,
    title: str,
    axis: str,
    splits: Sequence[str],
    planned: int | None,
    **more: Any,
) -> alt.LayerChart:
    """A curve for each split; there is one for validation where the training has a validation split."""
    fields = {"epoch": "Epoch"} | {f"{split.lower()}_{score}": splits[n] for n, split in enumerate(SPLITS)}
    validation = f"validation_{score}"
    if all(epoch.get(validation) is None for epoch in epochs):
        del fields[validation]
    first = epochs[0]["epoch"]
    if planned is not None and planned > first:
        more["x_domain"] = (first, planned)
    return lines(columns(epochs, fields), "Epoch", title, axis, every=splits, **more)
