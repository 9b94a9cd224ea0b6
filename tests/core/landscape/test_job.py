"""The landscape of a run is that of its last weights, and its limit is where steps become unstable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from core.commands.training import command
from core.errors import InvalidRequest
from core.export.run import from_folder
from core.landscape.job import LandscapeConfig, stable_up_to
from core.training.config import default_config
from core.training.demonstrations import DEMONSTRATIONS, demonstrated_by
from core.training.optimizers import OPTIMIZERS, build_optimizer


def say(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert command([*words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov"])
def test_steps_are_stable_below_the_limit_and_unstable_beyond(optimizer: str) -> None:
    """On a parabola of that curvature."""
    config = default_config("mlp", "moons", optimizer=optimizer, learning_rate=0.1)
    limit = stable_up_to(config)
    assert limit is not None
    ends = []
    for curvature in (0.97 * limit, 1.03 * limit):
        weight = nn.Parameter(torch.ones((), dtype=torch.float64))
        steps = build_optimizer(optimizer, [weight], 0.1, config.momentum)
        for _ in range(500):
            steps.zero_grad()
            (curvature * weight**2 / 2).backward()
            steps.step()
        ends.append(abs(weight.item()))
    assert ends[0] < 1 < ends[1]


def test_optimizers_that_scale_each_weights_step_have_no_limit() -> None:
    for name in OPTIMIZERS.keys() - {"sgd", "momentum", "nesterov"}:
        assert stable_up_to(default_config("mlp", "moons", optimizer=name)) is None


def landscape_of(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(
        say(capsys, "landscape", str(folder), "--cells", "5", "--json", *words)
    )
    return record


def test_the_middle_is_the_loss_of_the_run_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = say(capsys, "mlp", "--epochs", "3", "--samples", "200", "--out", str(tmp_path), "--json")
    last = next(line for line in map(json.loads, reversed(out.splitlines())) if "train_loss" in line)
    found = landscape_of(tmp_path, capsys)
    assert found["losses"][2][2] == found["loss"] == pytest.approx(last["train_loss"], rel=1e-4)
    assert (found["samples"], found["parameters"], found["offsets"][2]) == (100, 105, 0)
    assert min(min(row) for row in found["losses"]) > 0
    assert found["losses"] != landscape_of(tmp_path, capsys, "--seed", "1")["losses"]
    table = say(capsys, "landscape", str(tmp_path), "--cells", "5", "--csv").splitlines()
    assert (table[0], len(table)) == ("first_direction,second_direction,loss", 26)
    assert "sharpness" in say(capsys, "landscape", str(tmp_path), "--cells", "5")


def test_full_batches_end_at_the_edge_of_stability(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cohen et al. 2021: with gradient descent the sharpness rises to 2 / rate, and hovers there."""
    settings = (
        "mlp --data sine_curve --samples 60 --noise 0 --epochs 4000 --batch-size 100 --optimizer sgd "
        "--learning-rate 0.1 --activation tanh --hidden 16,16 --set schedule=constant"
    )
    say(capsys, *settings.split(), "--out", str(tmp_path), "--json")
    assert demonstrated_by(from_folder(tmp_path).config) is DEMONSTRATIONS["edge"]
    found = landscape_of(tmp_path, capsys)
    assert found["limit"] == pytest.approx(20)
    assert found["sharpness"] == pytest.approx(20, rel=0.05)


def test_a_kind_of_learning_without_one_loss_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(capsys, "q_table", "--epochs", "1", "--out", str(tmp_path))
    with pytest.raises(InvalidRequest, match="is that of one loss over fixed data"):
        command(["landscape", str(tmp_path)])


@pytest.mark.parametrize(("given", "sentence"), [({"cells": 4}, "cells 4"), ({"seed": -1}, "seed -1")])
def test_impossible_configs_are_refused(given: dict[str, int], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{sentence} is not possible"):
        LandscapeConfig("run", "store", **given)
