"""The command that prints what each layer costs."""

from __future__ import annotations

import csv
import io
import json

import pytest

from core.training.__main__ import main

Output = pytest.CaptureFixture[str]


def test_a_table_ends_with_the_totals(capsys: Output) -> None:
    assert main(["layers", "--model", "lenet", "--data", "mnist5k"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["layer", "module", "kind", "output"]
    assert lines[1].split()[:4] == ["C1", "c1", "Conv2d", "5"]
    assert "61,706" in lines[-3]
    assert "50,890 parameters" in lines[-1]


def test_csv_and_json_have_the_same_rows(capsys: Output) -> None:
    words = ["layers", "--model", "mlp", "--data", "moons", "--hidden", "4"]
    assert main([*words, "--csv"]) == 0
    rows = [*csv.DictReader(io.StringIO(capsys.readouterr().out))]
    assert main([*words, "--json"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["parameters"] for row in rows] == [str(record["parameters"]) for record in records]
    assert records[-1] | {"time_share": None} == records[-1]
    assert (records[-1]["layer"], records[-1]["parameters"]) == ("total", 2 * 4 + 4 + 4 + 1)
    assert [(row["layer"], row["module"]) for row in rows[::2]] == [
        ("Layer 1", "layers.0"),
        ("Output", "layers.1"),
    ]


def test_a_reference_is_counted_for_its_batch(capsys: Output) -> None:
    assert main(["layers", "--reference", "alexnet", "--batch-size", "2", "--json"]) == 0
    total = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert total["parameters"] == 61_100_840


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "One of --model and --reference is required."),
        (["--reference", "vgg16", "--data", "moons"], "--data is for a network that can be trained"),
        (["--reference", "vgg16", "--batch-size", "0"], "batch_size"),
        (["--reference", "vgg99"], "vgg99"),
        (["--reference", "vgg16", "--timed"], "timed"),
        (["--model", "lenet", "--data", "moons"], "lenet"),
        (["--model", "mlp", "--hidden", "0"], "hidden"),
        (["--model", "mlp", "--set", "start_from=abc"], "leave start_from and resume_from out"),
    ],
)
def test_what_cannot_be_is_one_sentence(capsys: Output, words: list[str], sentence: str) -> None:
    assert main(["layers", *words]) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.out == ""
