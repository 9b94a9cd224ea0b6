"""The registry names every data set, costs nothing to import, and answers in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import core.data
from core.data import DATASETS, load
from core.data.dataset import CONTROL, GRAPH, GRID_WORLD, MIXTURE, NO_ANSWER, SYMBOLS, TEXT
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
        answers, classes = set(np.unique(data.train_targets)) - {NO_ANSWER}, set(range(len(data.classes)))
        assert answers <= classes if entry.kind in (SYMBOLS, TEXT) else answers == classes


def test_every_file_of_the_package_is_behind_an_entry() -> None:
    folder = Path(core.data.__file__).parent
    files = {file.stem for file in folder.glob("*.py")}
    files -= {"__init__", "registry", "dataset", "csv_table"}  # csv_table reads what user_csv loads
    loading = {name: load(name) for name in DATASETS}
    assert loading
    loaded = {module.rpartition(".")[2] for module in sys.modules if module.startswith("core.data.")}
    used = {
        next(iter(entry.load.__code__.co_names)) for entry in DATASETS.values()
    }  # lambda **settings: points.moons(**settings) names its module first
    assert files <= loaded
    assert files == used


def test_import_needs_neither_torch_nor_numpy() -> None:
    code = (
        "import sys, core.data; "
        "print([m for m in ('torch', 'numpy', 'pandas', 'sklearn', 'mlxtend') if m in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


def test_unknown_name_and_setting_are_told() -> None:
    with pytest.raises(InvalidRequest, match=r"Unknown data 'moon'; the data sets are .*moons, circles"):
        load("moon")
    with pytest.raises(InvalidRequest, match="'noise' does not apply to mnist5k"):
        load("mnist5k", noise=0.1)
