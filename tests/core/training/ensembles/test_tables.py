"""Tables of an ensemble hold every network and every epoch."""

from __future__ import annotations

import csv
import io

from core.training.ensembles.tables import curves_csv, final_csv


def test_csv_has_every_network_and_every_epoch() -> None:
    finished = {"metric": "accuracy", "final": {"Tanh": [0.5, None], "ReLU": [0.25, 1.0]}}
    rows = list(csv.reader(io.StringIO(final_csv(finished))))
    assert rows == [
        ["variant", "seed", "accuracy"],
        ["Tanh", "0", "0.5"],
        ["Tanh", "1", ""],
        ["ReLU", "0", "0.25"],
        ["ReLU", "1", "1.0"],
    ]
    five = [1.0, 2.0, 3.0, 4.0, 5.0]
    measures = {key: {"Tanh": five} for key in ("train_loss", "test_loss", "test_metric")}
    rows = list(csv.reader(io.StringIO(curves_csv([{"epoch": 7, **measures}]))))
    assert rows[0][-3:] == ["quantile 0.5", "quantile 0.75", "quantile 0.95"]
    assert rows[-1] == ["7", "Tanh", "test_metric", "1.0", "2.0", "3.0", "4.0", "5.0"]
