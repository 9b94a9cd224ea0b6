"""A training's curves over its epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.drawing import Drawing, Rows
from dashboard.charts.lines import Baseline, columns, drawing

TRAIN, VALIDATION, TEST = SPLITS = ("Train", "Validation", "Test")


@dataclass(frozen=True)
class Metric:
    """How a metric is shown."""

    name: str
    axis: str
    format: str  # of one number
    splits: tuple[str, str, str] = SPLITS  # names of its curves: train, validation, test

    @property
    def plays(self) -> bool:
        """Whether it is that of an agent, which has no data."""
        return self.splits is _PLAYED

    @property
    def train(self) -> str:
        """What the training split is called, within a sentence; what an agent explores is none."""
        return self.splits[0].lower()

    @property
    def test(self) -> str:
        """What the test split is called, within a sentence."""
        return self.splits[2].lower()


_PLAYED = ("Exploring", VALIDATION, "Greedy")

METRICS: dict[str, Metric] = {
    "accuracy": Metric("Accuracy", "Accuracy", ".1%"),
    "skill": Metric("Skill", "1 − error / error of the baseline", ".3f"),
    "explained": Metric("Explained", "Fraction of the variance of pixels", ".1%"),
    "modes": Metric("Modes covered", "Modes covered", ".0f"),
    "success": Metric("Success", "Fraction of episodes that succeed", ".1%", _PLAYED),
    "mean_return": Metric("Mean return", "Return of an episode", ".1f", _PLAYED),
}


OF_A_GAN = ("D, train", "D, validation", "D, test", "G")


def loss_drawing(
    epochs: Sequence[Mapping[str, Any]],
    metric: str = "accuracy",
    planned: int | None = None,
    equilibrium: bool = False,
) -> Drawing:
    """Loss on each split of the data after each epoch, of a GAN that of each of its two networks.

    metric: a key of METRICS, which says what the splits are called; planned: epochs, while more are to come;
    equilibrium: draw the loss, ln 4, of a discriminator that cannot tell real samples from generated ones.
    """
    more: dict[str, Any] = {"y_format": ".4f", "from_zero": True}
    if "generator_loss" not in epochs[-1].get("details", {}):
        return _drawing(epochs, "loss", "Loss", "Loss", METRICS[metric].splits, planned, **more)
    with_generator = [{**epoch, "generator_loss": epoch["details"]["generator_loss"]} for epoch in epochs]
    title = "Losses of discriminator (D) and generator (G)"
    if equilibrium:
        more["baseline"] = Baseline(math.log(4), "ln 4: D cannot tell", ".4f")
    return _drawing(with_generator, "loss", title, "Loss", OF_A_GAN, planned, **more)


def metric_drawing(epochs: Sequence[Mapping[str, Any]], metric: str, planned: int | None = None) -> Drawing:
    """The metric on each split after each epoch; of an accuracy also that of the most frequent class."""
    shown = METRICS[metric]
    more: dict[str, Any] = {}
    if metric == "modes":  # a count: none is the lower end also where none is all there is
        counts = [epoch.get(f"{split.lower()}_metric") or 0 for epoch in epochs for split in SPLITS]
        more["y_domain"] = (0, max(1, *counts))
    majority = epochs[-1].get("details", {}).get("majority_accuracy")
    if majority is not None:
        more["baseline"] = Baseline(majority, "most frequent class", shown.format)
    return _drawing(epochs, "metric", shown.name, shown.axis, shown.splits, planned, **more)


def _drawing(
    epochs: Sequence[Mapping[str, Any]],
    score: str,
    title: str,
    axis: str,
    names: tuple[str, ...],
    planned: int | None,
    **more: Any,
) -> Drawing:
    """A curve for each split, under these names; one for validation where the training has such a split."""
    fields = [f"{split.lower()}_{score}" for split in SPLITS] + ["generator_loss"]
    shown = {"epoch": "Epoch"} | dict(zip(fields, names, strict=False))
    validation = f"validation_{score}"
    if all(epoch.get(validation) is None for epoch in epochs):
        del shown[validation]
    first = epochs[0]["epoch"]
    if planned is not None and planned > first:
        more["x_domain"] = (first, planned)
    return drawing(columns(epochs, shown), "Epoch", title, axis, every=names, **more)


RATE_PX = 190  # high, with its title and axis


def rate_drawing(rates: Sequence[tuple[float, float]], done: float, schedule: str) -> Drawing:
    """The learning rate over the epochs: what is behind drawn strongly, what is to come faintly.

    rates: (epochs done, learning rate) in order; done: epochs so far; schedule: its name.
    """
    return Drawing(_RateChart(done, schedule), pd.DataFrame(rates, columns=["Epoch", "rate"]))


@dataclass(frozen=True)
class _RateChart:
    done: float
    schedule: str

    def chart(self, rows: Rows) -> alt.LayerChart:
        base = alt.Chart(rows, height=RATE_PX).encode(
            x=alt.X("Epoch:Q", axis=alt.Axis(tickMinStep=1, format=",.0f"), scale=alt.Scale(nice=False)),
            y=alt.Y("rate:Q", title="Learning rate", axis=alt.Axis(format="~g", tickCount=4)),
            tooltip=[
                alt.Tooltip("Epoch:Q", format=",.1f"),
                alt.Tooltip("rate:Q", title="Learning rate", format=".3~g"),
            ],
        )
        line: dict[str, Any] = {"interpolate": "step-after", "aria": False}
        to_come = base.mark_line(opacity=0.35, strokeDash=[3, 3], **line)
        behind = base.transform_filter(f"datum.Epoch <= {self.done}").mark_line(**line)
        title = f"Learning rate: {self.schedule.lower()}"
        return alt.LayerChart(layer=[to_come, behind], title=title, height=RATE_PX)
