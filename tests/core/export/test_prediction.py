"""A network of a table predicts raw rows, by the run and by the exported script alone, alike."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from core.data.csv_cells import read_sheet
from core.data.row_encoding import encoded
from core.data.user import user_csv
from core.errors import InvalidRequest
from core.export.archive import write
from core.export.prediction import encoding, predict
from core.export.run import TrainingRun
from core.training.config import default_config
from core.training.learners.building import loaded

Train = Callable[..., TrainingRun]

# A fresh Python that has torch alone: an import of anything else that is installed here fails.
TORCH_ALONE = """
import contextlib, runpy, sys
for name in ("core", "numpy", "pandas", "safetensors", "sklearn"):
    sys.modules[name] = None
for folder in sys.argv[1:]:
    for name in ("model", "csv_cells", "row_encoding"):
        sys.modules.pop(name, None)
    sys.argv = [f"{folder}/predict.py", f"{folder}/new.csv"]
    path = [*sys.path]
    with contextlib.suppress(SystemExit):
        runpy.run_path(sys.argv[0], run_name="__main__")
    sys.path[:] = path
    print()
"""
RANDOM = np.random.default_rng(0)
LENGTHS = [f"{number:.2f}".replace(".", ",") for number in RANDOM.normal(10, 3, 60)]
COLOURS, FRUITS = ("red", "green", "Blue"), ("apple", "pear", "Apple")
ROWS = [
    f"{LENGTHS[n]};{COLOURS[n % 3]};{'' if n % 7 == 0 else 100 + n * 5};{FRUITS[n % 3]}" for n in range(60)
]
TABLE = "\n".join(["length;colour;mass;fruit", *ROWS]).encode()


def read(rows: str | list[list[str]]) -> pd.DataFrame:
    if isinstance(rows, str):
        return pd.read_csv(io.StringIO(rows))
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return read(text.getvalue())


@pytest.fixture
def of_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train_briefly: Train) -> TrainingRun:
    """A run on TABLE, two of whose labels are one, with a hole that is filled."""
    monkeypatch.setenv("NABLASCOPE_HOME", str(tmp_path))
    options = {"file": user_csv.add(TABLE), "missing": "fill"}
    return train_briefly("mlp", "own_csv", data_options=options, model_options={"norm": "batch"})


@pytest.fixture
def of_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train_briefly: Train) -> TrainingRun:
    """A regression on TABLE by the compiled engine."""
    monkeypatch.setenv("NABLASCOPE_HOME", str(tmp_path))
    options = {"file": user_csv.add(TABLE), "missing": "drop", "target_column": "mass"}
    return train_briefly("mlp", "own_csv_values", data_options=options, hidden=(8,))


@pytest.fixture
def of_points(train_briefly: Train) -> TrainingRun:
    """A run on points, some of whose inputs are computed from their places."""
    return train_briefly("mlp", "spiral", data_options={"features": "x,product,sin_y", "arms": 3})


@pytest.fixture
def of_surface(train_briefly: Train) -> TrainingRun:
    return train_briefly("mlp", "hills")


def test_the_exported_script_predicts_a_fresh_file_as_the_run_does_with_torch_alone(
    of_classes: TrainingRun,
    of_values: TrainingRun,
    of_points: TrainingRun,
    of_surface: TrainingRun,
    tmp_path: Path,
) -> None:
    fresh = "weight,fruit,mass,colour,length,y,x\n"
    fresh += "1,APPLE,N/A,blue,9.5,0.25,-1\n2,pear,300,RED,11.25,1e-3,0.5\n"
    runs = {"classes": of_classes, "values": of_values, "points": of_points, "surface": of_surface}
    for name, run in runs.items():
        write(run, tmp_path / name)
        (tmp_path / name / "new.csv").write_text(fresh)
    command = [sys.executable, "-I", "-c", TORCH_ALONE, *(str(tmp_path / name) for name in runs)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    printed = done.stdout.split("\n\n")
    for run, there in zip(runs.values(), printed, strict=False):
        pd.testing.assert_frame_equal(read(there), read([*predict(run, fresh.encode())]), rtol=1e-5)
        assert [line[:2] for line in there.splitlines()[1:]] == ["1,", "2,"], done.stderr


def test_the_rows_that_the_run_learned_from_have_its_accuracy(of_classes: TrainingRun) -> None:
    data, found = loaded(of_classes.config), encoding(of_classes)
    raw = read_sheet(TABLE)
    inputs = np.array(encoded(raw, found), np.float32)
    seen = np.concatenate([data.train_inputs, data.test_inputs])
    np.testing.assert_allclose(np.sort(inputs, axis=0), np.sort(seen, axis=0), atol=1e-6)
    truth = [data.classes.index("apple" if row[3] == "Apple" else row[3]) for row in raw.rows]
    predicted = read([*predict(of_classes, TABLE)])["predicted fruit"].map(data.classes.index)
    tests = [bool(np.isclose(data.test_inputs, row, atol=1e-6).all(axis=1).any()) for row in inputs]
    accuracy = (predicted == truth)[tests].mean()
    assert accuracy == pytest.approx(of_classes.of("training_finished")[0]["value"])


def test_points_and_surfaces_are_predicted_from_their_raw_coordinates(
    of_points: TrainingRun, of_surface: TrainingRun
) -> None:
    points, surface = loaded(of_points.config), loaded(of_surface.config)
    assert points.test_plane is not None
    for run, data, plane in (
        (of_points, points, points.test_plane),
        (of_surface, surface, surface.test_inputs),
    ):
        rows = "\n".join(["x,y", *(f"{x!r},{y!r}" for x, y in plane.tolist())]).encode()
        inputs = np.array(encoded(read_sheet(rows), encoding(run)), np.float32)
        np.testing.assert_allclose(inputs, data.test_inputs, atol=1e-6)
        predicted = read([*predict(run, rows)])
        if run is of_points:
            right = (predicted["predicted class"] == data.test_targets).mean()
            assert right == pytest.approx(run.of("training_finished")[0]["value"])
        else:
            assert predicted["predicted z"].std() > 0
    with pytest.raises(InvalidRequest, match="The file has no column named 'y'"):
        [*predict(of_points, b"x,z\n1,2\n")]


def test_the_encoding_is_what_pandas_and_scikit_learn_make_of_the_rows(of_values: TrainingRun) -> None:
    frame = pd.read_csv(io.BytesIO(TABLE), sep=";", decimal=",").dropna()
    raw = pd.get_dummies(frame.drop(columns="mass").assign(fruit=frame["fruit"].str.lower()))
    data = loaded(of_values.config)
    count = len(data.train_inputs)
    ours = encoded(read_sheet(TABLE.replace(b";;", b";0;")), encoding(of_values))
    whole = np.array(ours)[frame.index]
    order = np.random.default_rng(0).permutation(len(raw))[-count:]
    theirs = StandardScaler().fit(raw.to_numpy(float)[order]).transform(raw.to_numpy(float))
    columns = ["length", "colour_Blue", "colour_green", "colour_red", "fruit_apple", "fruit_pear"]
    np.testing.assert_allclose(whole, theirs[:, [raw.columns.get_loc(name) for name in columns]], atol=1e-5)


def test_predictions_of_a_regression_are_in_the_unit_of_the_column(of_values: TrainingRun) -> None:
    predicted = read([*predict(of_values, TABLE)])["predicted mass"]
    assert 100 < predicted.mean() < 400


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("length,mass\n1,2\n", "The file has no column named 'colour'; its columns are length, mass"),
        ("length,length,colour,mass\n1,2,red,3\n", "The file has two columns named 'length'"),
        (
            "length,colour,mass\n1,red,2\n1,violet,2\n",
            "Row 3 has 'violet' in column 'colour'; .* knows Blue, green",
        ),
        ("length,colour,mass\nlong,red,2\n", "Row 2 has 'long' in column 'length': no number"),
        (
            "length,colour,mass\n1,,2\n",
            "Row 2 has no value in column 'colour', and the network has seen no such",
        ),
        ("length,colour,mass\n1,red\n", "Row 2 has 2 values, and the header has 3"),
        ("", "The file is empty"),
    ],
)
def test_rows_that_cannot_be_read_are_refused_with_the_cell(
    of_classes: TrainingRun, rows: str, sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        [*predict(of_classes, rows.encode())]


def test_a_run_of_other_data_predicts_no_rows(moons: TrainingRun) -> None:
    of_images = replace(moons, config=default_config("lenet", "mnist5k"))
    with pytest.raises(InvalidRequest, match="this one learned from mnist5k"):
        predict(of_images, TABLE)
