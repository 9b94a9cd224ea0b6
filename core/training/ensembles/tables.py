"""An ensemble's records as tables to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.training.ensembles.events import QUANTILES

MEASURES = ("train_loss", "test_loss", "test_metric")


def final_csv(finished: Mapping[str, Any]) -> str:
    """A row for each network of an EnsembleFinished: its variant, its seed and its last test metric.

    The metric is empty where the network diverged at once.
    """
    heads = ("variant", "seed", finished["metric"])
    return _csv(
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
    return _csv(
        heads,
        (
            (record["epoch"], variant, measure, *quantiles)
            for record in epochs
            for measure in MEASURES
            for variant, quantiles in record[measure].items()
        ),
    )


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue()
