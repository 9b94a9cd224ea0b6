"""Metrics read back as they were."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from pyarrow import parquet

from core.export.metrics import metrics_csv, metrics_parquet, why_no_metrics
from core.export.run import TrainingRun


def test_csv_has_a_row_for_each_epoch_with_every_digit(moons: TrainingRun) -> None:
    rows = list(csv.DictReader(io.StringIO(metrics_csv(moons).decode())))
    epochs = moons.of("epoch_completed")
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3, 4]
    assert [float(row["test_loss"]) for row in rows] == [epoch["test_loss"] for epoch in epochs]


def test_parquet_has_the_same_rows_with_types(moons: TrainingRun) -> None:
    table = parquet.read_table(io.BytesIO(metrics_parquet(moons)))
    epochs = moons.of("epoch_completed")
    assert table["epoch"].to_pylist() == [1, 2, 3, 4]
    assert table["train_loss"].to_pylist() == [epoch["train_loss"] for epoch in epochs]
    assert str(table.schema.field("step").type) == "int64"


def test_further_figures_have_columns_of_their_own(train_briefly: Callable[..., TrainingRun]) -> None:
    run = train_briefly("rnn", "stocks", epochs=1)
    row = next(csv.DictReader(io.StringIO(metrics_csv(run).decode())))
    assert float(row["rmse"]) == run.of("epoch_completed")[0]["details"]["rmse"]


def test_a_run_without_an_epoch_has_none(moons: TrainingRun) -> None:
    assert "first epoch" in (why_no_metrics(TrainingRun(moons.config, [], None)) or "")
