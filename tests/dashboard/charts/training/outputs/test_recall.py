"""The chart of recall counts what was asked for."""

from __future__ import annotations

import numpy as np

from core.data.sequences import copy_memory
from core.events import Picture
from core.models.recurrent import network
from core.training.snapshots.outputs.recall import recall
from dashboard.charts.training.outputs.recall import recall_chart
from tests.core.training.snapshots.stand_in import stand_in
from tests.dashboard.charts.training.rows import rows


def test_recall_counts_right_predictions_where_they_were_asked() -> None:
    data = copy_memory(50, 3, 8, 0, 0.2)
    picture = next(recall(stand_in(network("gru", (14,), 10, 6), data)))
    right = dict(picture.arrays)
    right["answers"] = np.where(right["targets"] >= 0, right["targets"], 0)
    chart = recall_chart(Picture("recall", 0, right, picture.values)).to_dict()
    assert "24 of 24" in str(chart)
    table = rows(recall_chart(picture))
    assert len(table) == 8 * 14
    assert sum(row["asked"] for row in table) == 24
