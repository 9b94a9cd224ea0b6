"""An ensemble's records as tables to export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.tables import csv_text
from core.training.ensembles.events import QUANTILES

MEASURES = ("train_loss", "test_loss", "test_metric")


def final_csv(finished: Mapping[str, Any]) -> str:
    """A row for each network of an EnsembleFinished: its variant, its seed and its last test metric.

    The metric is empty where the network diverged at once.
    """
    heads = ("variant", "seed", finished["metric"])
    return csv_text(
        heads,
        (
            (variant, seed, value)
            for variant, values in finished["final"].items()
            for seed, value in enumerate(values)
        ),
    )


def curves_csv(epochs: Sequence[Mapping[str, Any]]) -> str:
    """A row for each EnsembleEpochCompleted, variant and measure, with the quantiles over the seeds."""
    heads = ("epoch", "variant", "measure", *(f"quantile {share:g}" for share in QUANTILES))
    return csv_text(
        heads,
        (
            (record["epoch"], variant, measure, *quantiles)
            for record in epochs
            for measure in MEASURES
            for variant, quantiles in record[measure].items()
        ),
    )
