"""The registry names every network, costs nothing to import, and each fits the data that it names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import core.models
from core.activations import ACTIVATIONS
from core.data import DATASETS, load
from core.data.dataset import SYMBOLS, TEXT
from core.models import MODELS
from core.models.registry import default_data, fitting_data
from core.training.config import default_config

SUPERVISED = [model for model, entry in MODELS.items() if entry.learner == "supervised"]


@pytest.mark.parametrize(("model", "data"), [(key, data) for key in SUPERVISED for data in fitting_data(key)])
def test_network_fits_the_data(model: str, data: str) -> None:
    config = default_config(model, data)
    loaded = load(data)
    inputs = loaded.train_inputs
    answers = 10 if model in ("lenet", "convnet") else len(loaded.classes) or 1
    options = {name: option.default for name, option in MODELS[model].options.items()}
    network = MODELS[model].build(inputs.shape[1:], answers, config.hidden, config.activation, **options)
    asked = (inputs.shape[1],) if loaded.kind in (SYMBOLS, TEXT) else ()
    assert network(torch.from_numpy(inputs[:4])).shape == (4, answers, *asked)


@pytest.mark.parametrize("model", MODELS)
def test_default_data_is_of_the_first_kind_that_fits(model: str) -> None:
    assert DATASETS[default_data(model)].kind == MODELS[model].kinds[0]
    assert {DATASETS[data].kind for data in fitting_data(model)} == {*MODELS[model].kinds}


@pytest.mark.parametrize(
    ("model", "activation"), [(model, name) for model in SUPERVISED for name in MODELS[model].activations]
)
def test_network_can_be_built_with_every_activation_that_applies(model: str, activation: str) -> None:
    assert activation in ACTIVATIONS
    data = default_data(model)
    config = default_config(model, data, activation=activation)
    inputs = torch.from_numpy(load(data).train_inputs[:4])
    network = MODELS[model].build(inputs.shape[1:], 10, config.hidden, activation)
    network(inputs).sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())


def test_every_file_of_the_package_is_behind_an_entry() -> None:
    files = {file.stem for file in Path(core.models.__file__).parent.glob("*.py")}
    files -= {
        "__init__",
        "registry",
        "model",
        "initialisation",
        "cells",
    }  # cells shows what the layers of torch.nn compute inside
    used = {next(iter(model.build.__code__.co_names)) for model in MODELS.values()}
    assert used == files


def test_import_needs_no_torch() -> None:
    code = "import sys, core.models; print('torch' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "False"
