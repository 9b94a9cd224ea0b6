"""The command line tells what the registry knows, and refuses nonsense in one sentence."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest

from core.activations import ACTIVATIONS
from core.activations.__main__ import main


def lines(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict]:
    assert main([*words, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_list_names_every_function(capsys: pytest.CaptureFixture[str]) -> None:
    rows = lines(capsys, "list")
    assert [row["key"] for row in rows] == [*ACTIVATIONS]
    assert {row["key"] for row in rows if not row["trains"]} == {"binary_step", "sign"}
    assert main(["list", "--csv"]) == 0
    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == len(ACTIVATIONS)


@pytest.mark.parametrize("name", ["gelu", "GELU", "Gaussian error linear unit"])
def test_show_finds_a_function_by_any_of_its_names(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = lines(capsys, "show", name)
    assert row["key"] == "gelu"
    assert row["lowest"] == pytest.approx(-0.170, abs=5e-4)
    assert row["highest"] == "inf"


def test_show_heeds_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, "show", "elu", "--set", "alpha=2")[0]["lipschitz"] == 2
    assert main(["show", "sign"]) == 0
    assert "no gradient passes" in capsys.readouterr().out


def test_curve_gives_value_and_derivative(capsys: pytest.CaptureFixture[str]) -> None:
    rows = lines(capsys, "curve", "sigmoid", "--from=-4", "--to", "4", "--points", "3")
    assert [row["x"] for row in rows] == [-4, 0, 4]
    assert rows[1] == {"x": 0, "f": 0.5, "derivative": 0.25}
    assert rows[2]["f"] - rows[0]["f"] == pytest.approx(math.tanh(2))


def test_cost_measures_both_steps(capsys: pytest.CaptureFixture[str]) -> None:
    rows = lines(capsys, "cost", "relu", "--size", "1024", "--max-seconds", "0.05")
    assert [row["step"] for row in rows] == ["forward", "backward"]
    assert all(row["median_s"] > 0 and row["gbps"] > 0 for row in rows)
    assert [row["saved_bytes"] for row in rows] == [4, 4]  # the result, in float32
    assert rows[0]["verdict"] is None


@pytest.mark.parametrize("flag", ["--unfused", "--composed"])
def test_cost_compares_with_the_unfused_formula_where_asked(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["cost", "silu", flag, "--size", "1024", "--max-seconds", "0.05", "--dtype", "bfloat16"]
    assert main(words) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in printed] == [["silu", "forward"], ["silu", "backward"]]
    assert all("as fast as unfused" in line and "saves 2 B/element" in line for line in printed)


def test_depth_gives_a_row_for_each_layer_under_one_header(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["depth", "tanh", "relu", "--layers", "3", "--width", "8"]
    assert main([*words, "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["activation"], row["layer"]) for row in rows] == [
        (name, layer) for name in ("tanh", "relu") for layer in "123"
    ]
    assert main(words) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == ["tanh", "relu"]


def test_an_expression_is_shown_drawn_and_timed_like_an_entry(capsys: pytest.CaptureFixture[str]) -> None:
    typed = "x*tanh(log(1+exp(x)))"
    (row,), (mish,) = lines(capsys, "show", typed), lines(capsys, "show", "mish")
    assert (row["key"], row["unfit_for_training"]) == (typed, None)
    assert row["lowest"] == pytest.approx(mish["lowest"])
    assert r"\sigma\left(x\right)" in row["derivative"]
    ours, theirs = lines(capsys, "curve", typed), lines(capsys, "curve", "mish")
    assert all(a == pytest.approx(b, abs=1e-6) for a, b in zip(ours, theirs, strict=True))
    rows = lines(capsys, "cost", typed, "--size", "1024", "--max-seconds", "0.05")
    assert {row["activation"] for row in rows} == {typed}
    assert all(row["median_s"] > 0 and row["gbps"] > 0 for row in rows)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "x.__class__"], "'.' is not known here"),
        (["show", "2x"], "write 2*x"),
        (["show", "x+" * 10_000], "too long"),
        (["show", "x*x", "--set", "alpha=2"], "'alpha' of x*x, which has none"),
        (["show", "gellu"], "There is no activation 'gellu'; did you mean gelu"),
        (["show", "x" * 10_000], "`list` names them all"),
        (["show", "elu", "--set", "alpha"], "'alpha'"),
        (["show", "elu", "--set", "alpha=two"], "'two' is not possible; it must be a number"),
        (["show", "elu", "--set", "beta=2"], "'beta' of ELU; choose from alpha"),
        (["curve", "elu", "--set", "alpha=99"], "must lie between 0.1 and 3"),
        (["curve", "relu", "--from", "2", "--to", "1"], "the left end must be below"),
        (["curve", "relu", "--points", "1"], "2 to 10,001 are allowed"),
        (["cost", "relu", "--size", "0"], "size"),
        (["cost", "relu", "--dtype", "float3"], "float3"),
        (["cost", "relu", "--device", "cuda:99"], "cuda:99 is not here"),
        (["dance"], "--help"),
        ([], "--help"),
    ],
)
def test_nonsense_ends_with_2_and_one_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
