"""A training's curves over its epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from dashboard.charts.lines import columns, lines


@dataclass(frozen=True)
class Metric:
    """How a metric is told: its name, its axis, how a number of it is written, what its two curves are."""

    name: str
    axis: str
    format: str
    parts: tuple[str, str] = ("Training part", "Held back")


_PLAYED = ("While exploring", "Best actions")

METRICS: dict[str, Metric] = {
    "accuracy": Metric("Accuracy", "Share of right answers", ".1%"),
    "skill": Metric("Skill", "1 − error / error of the baseline", ".3f"),
    "explained": Metric("Explained", "Share of the variance of pixels", ".1%"),
    "modes": Metric("Modes covered", "Modes covered", ".0f", ("Seen in training", "Held back")),
    "success": Metric("Success", "Share of episodes that succeed", ".1%", _PLAYED),
    "mean_return": Metric("Mean return", "Return of an episode", ".1f", _PLAYED),
}


def loss_chart(epochs: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """Loss on both parts of the data after each epoch."""
    names = {"epoch": "Epoch", "train_loss": "Training part", "test_loss": "Held back"}
    return lines(
        columns(epochs, names), "Epoch", "Loss", "Loss", y_format=".4f", y_scale=alt.Scale(zero=True)
    )


def metric_chart(epochs: Sequence[Mapping[str, Any]], metric: str) -> alt.LayerChart:
    """The metric on both parts after each epoch."""
    told = METRICS[metric]
    names = {"epoch": "Epoch", "train_metric": told.parts[0], "test_metric": told.parts[1]}
    return lines(columns(epochs, names), "Epoch", told.name, told.axis)
