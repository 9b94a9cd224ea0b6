"""metrics.csv and metrics.parquet: a row for each epoch."""

from __future__ import annotations

from typing import Any

from core.export.run import TrainingRun
from core.tables import csv_of_records


def rows(run: TrainingRun) -> list[dict[str, Any]]:
    """The figures of each completed epoch by name, further figures of the test split after the common ones.

    Those of validation are left out where the run had no validation split.
    """
    return [
        {
            name: value
            for name, value in record.items()
            if name not in ("event", "details") and value is not None
        }
        | dict(record["details"])
        for record in run.of("epoch_completed")
    ]


def metrics_csv(run: TrainingRun) -> bytes:
    """Comma-separated, UTF-8, names in the first line; numbers read back exactly as they were."""
    return csv_of_records(rows(run)).encode()


def metrics_parquet(run: TrainingRun) -> bytes:
    """The same rows with their types (https://parquet.apache.org)."""
    import pyarrow
    from pyarrow import parquet

    file = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.Table.from_pylist(rows(run)), file)
    return file.getvalue().to_pybytes()


def why_no_metrics(run: TrainingRun) -> str | None:
    """Why there are no rows; None when there are."""
    return None if run.of("epoch_completed") else "the run ended before its first epoch was complete"
