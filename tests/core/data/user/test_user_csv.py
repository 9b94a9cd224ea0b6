"""One's own CSV becomes a data set, or is refused in one sentence that says why."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from core.data import load
from core.data.dataset import LoadedDataset
from core.data.user import user_csv
from core.errors import InvalidRequest

HEADER = "a,b,y\n"
ROWS = [f"{number},{number % 7},{'yes' if number % 2 else 'no'}\n" for number in range(20)]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NABLASCOPE_HOME", str(tmp_path))
    return tmp_path


def loaded(text: str, target: str = "", data: str = "own_csv") -> LoadedDataset:
    return load(data, file=user_csv.add(text.encode()), target_column=target)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_table_that_pandas_writes_comes_back_whole(delimiter: str) -> None:
    iris = load_iris(as_frame=True).frame
    data = loaded(iris.to_csv(index=False, sep=delimiter))
    assert data.features == tuple(iris.columns[:-1])
    assert data.classes == ("0", "1", "2")
    ours, shipped = load("iris"), data
    np.testing.assert_allclose(ours.train_inputs, shipped.train_inputs, atol=1e-5)
    np.testing.assert_array_equal(ours.train_targets, shipped.train_targets)


def test_target_can_be_any_column_and_is_the_last_one_without_a_word() -> None:
    text = HEADER + "".join(ROWS)
    assert loaded(text).classes == ("no", "yes")
    assert loaded(text, "b").classes == tuple("0123456")
    assert loaded(text, "b").features == ("a", "y = no", "y = yes")


def test_columns_of_few_texts_are_the_indicators_that_pandas_makes() -> None:
    frame = pd.DataFrame({"size": list("SMLM") * 5, "x": range(20), "y": [0, 1] * 10})
    data = loaded(frame.to_csv(index=False))
    indicators = pd.get_dummies(frame["size"], prefix="size", prefix_sep=" = ")
    assert data.features == (*indicators.columns, "x")
    rows = np.concatenate([data.train_inputs, data.test_inputs])[:, :3]
    assert sorted((rows > 0).sum(axis=0)) == sorted(indicators.sum())


def test_target_can_be_shown_in_the_unit_of_its_column() -> None:
    text = "x,y\n" + "".join(f"{number},{1000 + number}\n" for number in range(40))
    data = loaded(text, data="own_csv_values")
    values = np.concatenate([data.train_targets, data.test_targets]) * data.target_scale + data.target_mean
    np.testing.assert_allclose(np.sort(values), np.arange(1000, 1040), rtol=1e-6)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"  \n\n", "The file is empty"),
        ((HEADER + ROWS[0]).encode(), "has 1 row below its header; at least 10"),
        (HEADER.encode() + b"1,2,a\n" * 60_000, "more than 50,000 rows"),
        (b",".join(b"c%d" % n for n in range(500)) + b"\n", "500 columns; at most 200"),
        (b"x" * 10_000_001, r"10\.0 MB; at most 10 MB"),
        ("a,b\nä,1\n".encode("latin-1"), "not in UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "bytes that no text has"),
        (b'a,b\n"1,2\n', "not a CSV table"),
        (b"a,b,a\n1,2,3\n", "Two columns are named 'a'"),
        (b"a,,c\n1,2,3\n", "Column 2 has no name"),
        (b"only\n1\n2\n", "one column; two or more"),
        (b"1,2,3\n4,5,6\n", "numbers alone; it must name"),
        ((HEADER + ROWS[0] + "1,2\n").encode(), "Row 3 has 2 values, and the header has 3"),
        ((HEADER + ROWS[0] + "1,2,no,4\n").encode(), "Row 3 has 4 values, and the header has 3"),
        ((HEADER + "\n" + ROWS[0] + "1,2\n").encode(), "Row 4 has 2 values"),  # a blank row counts
        (b"a,b\n" + b"x" * 200_000 + b",1\n", "not a CSV table: field larger"),
        (b"x" * 200_000, "not a CSV table: field larger"),
    ],
)
def test_file_that_is_no_table_is_rejected_and_not_stored(content: bytes, sentence: str, home: Path) -> None:
    with pytest.raises(InvalidRequest, match=sentence) as refused:
        user_csv.add(content)
    assert "\n" not in str(refused.value)
    assert list(home.glob("tables/*")) == []


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (["1,,no\n"], "Row 22 has no value in column 'b'; drop such rows or fill"),
        (["NaN,1,no\n", ",,no\n"], "Row 22 .* 'a' .2 of 22 rows have none there.; so has another column"),
        (["inf,1,no\n"], "Column 'a' has 20 numbers and 1 text, 'inf' first in row 22"),
        (["1e999,1,no\n"], "Row 22 has '1e999' in column 'a': a number that is too large"),
        (["-1e31,1,no\n"], "at most 1e\\+30"),
        ([f"name{n},1,no\n" for n in range(15)], "20 numbers and 15 texts, 'name0' first in row 22"),
        (["1,1,maybe\n"], "Class 'maybe' of column 'y' has one row"),
        ([f"1,1,class{n}\n" for n in range(15)], "more than 12 different values"),
    ],
)
def test_what_cannot_be_learned_from_is_rejected(rows: list[str], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        loaded(HEADER + "".join(ROWS + rows))


def test_one_class_and_an_unknown_column_are_rejected() -> None:
    with pytest.raises(InvalidRequest, match="one class, 'no'"):
        loaded(HEADER + "".join(ROWS[::2]))
    with pytest.raises(InvalidRequest, match="no column 'z'; choose from a, b, y"):
        loaded(HEADER + "".join(ROWS), "z")
    with pytest.raises(InvalidRequest, match="must be a number"):
        loaded(HEADER + "".join(ROWS), "y", "own_csv_values")


def test_separators_within_quotation_marks_separate_nothing() -> None:
    data = loaded('"a;b;c;d",y\n' + "".join(f'"{number}",{number % 2}\n' for number in range(20)))
    assert data.features == ("a;b;c;d",)


def test_file_is_stored_under_the_hash_of_its_bytes(home: Path) -> None:
    content = (HEADER + "".join(ROWS)).encode()
    name = user_csv.add(content)
    assert name == user_csv.add(content) == hashlib.sha256(content).hexdigest()
    assert (home / "tables" / f"{name}.csv").read_bytes() == content
    assert user_csv.columns(name) == ("a", "b", "y")


@pytest.mark.parametrize("file", ["../../etc/passwd", "x", "A" * 64, "0" * 64])
def test_file_that_was_not_added_is_rejected(file: str) -> None:
    with pytest.raises(InvalidRequest, match=r"was added|no longer here"):
        load("own_csv", file=file)


def test_command_line_trains_on_a_file(home: Path) -> None:
    (home / "mine.csv").write_text(HEADER + "".join(ROWS))
    command = [sys.executable, "-m", "core.training", "mlp", "--epochs", "1", "--json"]
    command += ["--data", str(home / "mine.csv"), "--set", "target_column=b"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert json.loads(lines[0])["outputs"] == 7
    missing = subprocess.run([*command[:-3], "none.csv"], capture_output=True, text=True)
    assert missing.returncode == 2
    assert "cannot be read: No such file" in missing.stderr


def whole_or_refused(content: bytes, data: str) -> None:
    """A data set of finite numbers, or InvalidRequest; any other exception fails the test."""
    try:
        table = load(data, file=user_csv.add(content))
    except InvalidRequest:
        return
    for part in (table.train_inputs, table.test_inputs, table.train_targets, table.test_targets):
        assert len(part)
        assert np.isfinite(part).all()


DATA = st.sampled_from(["own_csv", "own_csv_values"])
CELLS = st.one_of(
    st.floats().map(str), st.integers().map(str), st.sampled_from(["", "a", "b", "1e30", "-0", '"', "é"])
)
FAST = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FAST
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode())), DATA)
def test_any_bytes_are_a_data_set_or_refused(content: bytes, data: str) -> None:
    whole_or_refused(content, data)


@FAST
@given(
    st.integers(1, 4).flatmap(
        lambda columns: st.lists(st.lists(CELLS, min_size=columns, max_size=columns), min_size=8, max_size=16)
    ),
    DATA,
)
def test_any_table_is_a_data_set_or_refused(rows: list[list[str]], data: str) -> None:
    frame = pd.DataFrame(rows)
    frame.columns = [f"c{number}" for number in range(frame.shape[1])]
    text = io.StringIO()
    frame.to_csv(text, index=False)
    whole_or_refused(text.getvalue().encode(), data)


@FAST
@given(st.lists(st.floats(-1e30, 1e30), min_size=12, max_size=20), DATA)
def test_any_numbers_within_the_limits_are_a_data_set(numbers: list[float], data: str) -> None:
    rows = [f"{number!r},{place % 2}\n" for place, number in enumerate(numbers)]
    whole_or_refused(("x,y\n" + "".join(rows)).encode(), data)
