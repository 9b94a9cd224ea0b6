"""The registry names every data set, costs nothing to import, and says what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from core.data import DATASETS, load
from core.data.dataset import CONTROL, GRAPH, GRID_WORLD, MIXTURE, NO_TARGET, SYMBOLS, TEXT
from core.errors import InvalidRequest


@pytest.mark.parametrize("name", DATASETS)
def test_entry_tells_kind_and_task_of_what_it_loads(name: str) -> None:
    entry, data = DATASETS[name], load(name)
    assert (data.kind, data.task) == (entry.kind, entry.task)
    assert entry.description
    assert entry.source


@pytest.mark.parametrize(
    "name",
    [name for name, entry in DATASETS.items() if entry.kind not in (GRAPH, MIXTURE, GRID_WORLD, CONTROL)],
)
def test_entry_tells_the_truth_about_its_arrays(name: str) -> None:
    entry, data = DATASETS[name], load(name)
    assert (len(data.classes) > 1) == (entry.task == "classification")
    assert (data.series is not None) == (entry.kind == "series")
    if entry.task == "classification":
        targets, classes = set(np.unique(data.train_targets)) - {NO_TARGET}, set(range(len(data.classes)))
        assert targets <= classes if entry.kind in (SYMBOLS, TEXT) else targets == classes


def test_unknown_name_and_setting_are_rejected() -> None:
    with pytest.raises(InvalidRequest, match=r"Unknown data 'moon'; the data sets are .*moons, circles"):
        load("moon")
    with pytest.raises(InvalidRequest, match="'noise' does not apply to mnist5k"):
        load("mnist5k", noise=0.1)
