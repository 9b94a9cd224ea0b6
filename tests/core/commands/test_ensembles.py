"""Ensembles on the command line."""

from __future__ import annotations

import json

import pytest

from core.training.__main__ import main


def test_seeds_and_vary_print_a_ranking_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    options = "mlp --data moons --epochs 3 --samples 200 --seeds 3 --vary activation=tanh,relu --json"
    assert main(options.split()) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert records[0]["variants"] == ["Tanh", "ReLU"]
    assert [record["epoch"] for record in records[1:-1]] == [1, 2, 3]
    assert sorted(records[-1]["final"]) == ["ReLU", "Tanh"]
    assert {len(values) for values in records[-1]["final"].values()} == {3}
    first, second = records[-1]["ranking"]
    assert first["iqm"] is not None
    assert 0 <= second["improvement"] <= 1


def test_several_settings_and_lists_of_numbers_can_be_varied(capsys: pytest.CaptureFixture[str]) -> None:
    options = "mlp --epochs 1 --samples 100 --seeds 1 --vary hidden=4;8,8 --vary learning_rate=0.01,0.1"
    assert main(options.split()) == 0
    out = capsys.readouterr().out
    assert "hidden 4, learning rate 0.01" in out
    assert "hidden 8-8, learning rate 0.1" in out
    assert "best first" in out
    assert "IQM" in out


def test_an_option_of_the_network_can_be_varied(capsys: pytest.CaptureFixture[str]) -> None:
    options = "mlp --epochs 1 --samples 100 --seeds 1 --vary norm=none,batch --json"
    assert main(options.split()) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["variants"] == ["none", "batch"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("mlp --vary activation", "write key=value,value"),
        ("mlp --vary activation=", "write key=value,value"),
        ("mlp --vary colour=red", "colour"),
        ("mlp --vary activation=tanh,purple", "purple"),
        ("mlp --seeds 0", "seeds 0 is not possible"),
        ("mlp --seeds 2 --out /tmp/x", "go with neither --out nor --resume"),
    ],
)
def test_nonsense_is_reported_in_one_sentence(
    options: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(options.split()) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert len(printed.err.strip().splitlines()) == 1
