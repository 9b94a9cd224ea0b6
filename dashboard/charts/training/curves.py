"""A training's curves over its epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from dashboard.charts.lines import columns, lines


def loss_chart(epochs: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """Loss on both parts of the data after each epoch."""
    names = {"epoch": "Epoch", "train_loss": "Training part", "test_loss": "Held back"}
    return lines(
        columns(epochs, names), "Epoch", "Loss", "Loss", y_format=".4f", y_scale=alt.Scale(zero=True)
    )


def metric_chart(epochs: Sequence[Mapping[str, Any]], metric: str) -> alt.LayerChart:
    """Accuracy or skill on both parts after each epoch."""
    names = {"epoch": "Epoch", "train_metric": "Training part", "test_metric": "Held back"}
    titles = {"accuracy": "Share of right answers", "skill": "1 − error / error of the baseline"}
    return lines(columns(epochs, names), "Epoch", metric.capitalize(), titles[metric])
