"""The registry names every network, costs nothing to import, and each fits the data that it names."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from core.activations import ACTIVATIONS
from core.activations.properties import properties
from core.data import DATASETS, load
from core.data.dataset import SYMBOLS, TEXT
from core.models import MODELS
from core.models.registry import applicable_data, default_data
from core.training.config import default_config

SUPERVISED = [model for model, entry in MODELS.items() if entry.learner == "supervised"]
loaded_once = cache(load)  # each data set is of several networks, which only read it


@pytest.mark.parametrize(
    ("model", "data"), [(key, data) for key in SUPERVISED for data in applicable_data(key)]
)
def test_network_fits_the_data(model: str, data: str) -> None:
    config = default_config(model, data)
    loaded = loaded_once(data)
    inputs = loaded.train_inputs
    outputs = 10 if model in ("lenet", "convnet") else len(loaded.classes) or 1
    options = {name: option.default for name, option in MODELS[model].options.items()}
    network = MODELS[model].build(inputs.shape[1:], outputs, config.hidden, config.activation, **options)
    asked = (inputs.shape[1],) if loaded.kind in (SYMBOLS, TEXT) else ()
    assert network(torch.from_numpy(inputs[:4])).shape == (4, outputs, *asked)


@pytest.mark.parametrize("model", MODELS)
def test_default_data_is_of_the_first_kind_that_fits(model: str) -> None:
    assert DATASETS[default_data(model)].kind == MODELS[model].kinds[0]
    assert {DATASETS[data].kind for data in applicable_data(model)} == {*MODELS[model].kinds}


def of_each_kind(keys: tuple[str, ...]) -> list[str]:
    """The first activation with a parameter, the first without one, and so on for each property."""
    kinds: dict[tuple[bool, ...], str] = {}
    for key in keys:
        kinds.setdefault(kind(key), key)
    return list(kinds.values())


@cache
def kind(key: str) -> tuple[bool, ...]:
    """Whether it has a parameter, grows faster than x, and is bounded."""
    activation = ACTIVATIONS[key]
    bounded = properties(activation, **activation.with_defaults()).bounded
    return bool(activation.parameters), activation.superlinear, bounded


def test_every_activation_of_a_network_exists() -> None:
    assert {key for model in MODELS.values() for key in model.activations} <= set(ACTIVATIONS)


@pytest.mark.parametrize(
    ("model", "activation"),
    [(model, key) for model in SUPERVISED for key in of_each_kind(MODELS[model].activations)],
)
def test_network_can_be_built_with_each_kind_of_activation(model: str, activation: str) -> None:
    data = default_data(model)
    config = default_config(model, data, activation=activation)
    inputs = torch.from_numpy(loaded_once(data).train_inputs[:4])
    network = MODELS[model].build(inputs.shape[1:], 10, config.hidden, activation)
    network(inputs).sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())
