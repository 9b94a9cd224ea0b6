"""A config is checked where it is made, and says in one sentence what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRequest
from core.models import MODELS
from core.records import from_record, to_record
from core.training.config import TrainConfig, default_config
from core.training.optimizers import OPTIMIZERS


@pytest.mark.parametrize(
    ("model", "data", "settings", "sentence"),
    [
        ("perceptron", None, {}, "Unknown model 'perceptron'; choose from mlp, lenet"),
        ("mlp", "noons", {}, "Unknown data 'noons'; choose from moons"),
        ("lenet", "moons", {}, "takes images or own images, and moons has points; data that fits: mnist5k"),
        ("mlp", "seattle_temps", {}, "takes points or images.*, and seattle_temps has series"),
        ("mlp", None, {"epochs": 0}, "epochs 0 is not possible; it must be a whole number from 1"),
        ("mlp", None, {"epochs": 2.5}, "epochs 2.5 is not possible"),
        ("mlp", None, {"epochs": True}, "epochs True is not possible"),
        ("mlp", None, {"batch_size": 100_000}, "batch_size 100000 .* to 1024"),
        ("mlp", None, {"learning_rate": 0}, "learning_rate 0 .* from 1e-06 to 100"),
        ("mlp", None, {"learning_rate": float("nan")}, "learning_rate nan is not possible"),
        ("mlp", None, {"learning_rate": "fast"}, "learning_rate 'fast' is not possible"),
        ("mlp", None, {"optimizer": "adamax"}, "Unknown optimizer 'adamax'; choose from sgd"),
        ("mlp", None, {"schedule": "stairs"}, "Unknown schedule 'stairs'; choose from constant, cosine"),
        ("mlp", None, {"activation": "rellu"}, "Unknown activation 'rellu' of mlp; choose from"),
        ("mlp", None, {"activation": "2x"}, r"A product needs its sign: write 2\*x"),
        ("mlp", None, {"activation": "__import__('os')"}, "The sign"),
        ("mlp", None, {"activation": "x.__class__"}, r"The sign '\.' is not known here"),
        (
            "mlp",
            None,
            {"activation": "log(x)"},
            "No network can be trained through log.x.: its value at x = 0",
        ),
        (
            "mlp",
            None,
            {"hidden": (4, 3), "model_options": {"activations": "relu"}},
            "activations 'relu' is not possible; it must be one for each hidden layer, which are 2, or empty",
        ),
        (
            "mlp",
            None,
            {"hidden": (4, 3), "model_options": {"activations": "relu, rellu"}},
            "Unknown activation 'rellu' of mlp; choose from",
        ),
        ("mlp", None, {"model_options": {"activations": 3}}, "activations of mlp 3 is not possible"),
        ("lenet", None, {"model_options": {"activations": "relu"}}, "Unknown option 'activations' of lenet"),
        ("mlp", "moons", {"data_options": {"features": ""}}, "No features of moons given"),
        ("mlp", "moons", {"data_options": {"features": "x,z"}}, "Unknown feature 'z'; choose from x, y, x_"),
        ("resnet", None, {"activation": "x^2"}, ".*grows faster than x"),
        ("gru", None, {"activation": "x*tanh(x)"}, "Unknown activation .* of gru"),
        ("lstm", None, {"activation": "relu"}, "Unknown activation 'relu' of lstm; choose from tanh"),
        ("mlp", None, {"hidden": (8,) * 9}, "hidden .* of mlp must be 0 to 8 numbers"),
        ("mlp", None, {"hidden": (8, 10_000)}, "10000 is not possible; it must be .* to 256"),
        ("mlp", None, {"hidden": 8}, "hidden 8 .*a list"),
        ("lstm", None, {"hidden": ()}, "of lstm must be 1 number: units of the hidden state"),
        ("lenet", None, {"hidden": (8,)}, "does not apply to lenet: its layers are those of the paper"),
        ("mlp", "moons", {"samples": None}, "'moons' needs the setting samples"),
        ("mlp", "moons", {"samples": 10_000_000}, "samples 10000000 .* to 100000"),
        ("mlp", "moons", {"noise": -1}, "noise -1 is not possible"),
        ("lenet", None, {"samples": 100}, "samples 100 does not apply to lenet on mnist5k"),
        ("lstm", None, {"label_smoothing": 0.1}, "label_smoothing 0.1 does not apply to lstm"),
        ("mlp", None, {"test_fraction": 1.0}, "test_fraction 1.0 .* from 0.05 to 0.8"),
        ("mlp", None, {"seed": -1}, "seed -1 is not possible"),
        ("mlp", None, {"device": "gpu"}, "Unknown device 'gpu'; the devices are cpu, cuda"),
        ("mlp", None, {"device": "cpu:1; rm"}, "Unknown device"),
        ("mlp", None, {"threads": 0}, "threads 0 is not possible"),
        ("mlp", None, {"snapshot_every_s": 0.0}, "snapshot_every_s 0.0 is not possible"),
        ("q_table", None, {"optimizer": "sgd"}, "optimizer 'sgd' does not apply to q_table"),
        ("q_table", None, {"initialisation": "he"}, "initialisation 'he' does not apply to q_table"),
        ("gcn", None, {"batch_size": 8}, "batch_size 8 does not apply to gcn"),
        ("dqn", None, {"momentum": 0.5}, "momentum 0.5 does not apply to dqn"),
        ("rbm", None, {"label_smoothing": 0.1}, "label_smoothing 0.1 .*"),
        ("mlp", None, {"speed": 0.9}, "Unknown setting 'speed'; choose from model, data, epochs"),
    ],
)
def test_what_is_impossible_is_refused(
    model: str, data: str | None, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        default_config(model, data, **settings)


@pytest.mark.parametrize("model", MODELS)
def test_config_survives_json(model: str) -> None:
    config = default_config(model, seed=2**63 - 1)
    assert from_record(TrainConfig, json.loads(json.dumps(to_record(config)))) == config


@given(st.builds(dict, epochs=st.integers(), batch_size=st.integers(), learning_rate=st.floats()))
def test_any_number_is_accepted_or_refused_in_words(settings: dict[str, Any]) -> None:
    refusal = None
    try:
        config = default_config("mlp", **settings)
    except InvalidRequest as error:
        refusal = str(error)
    if refusal is None:
        assert config.epochs <= 10_000
        assert config.batch_size <= 1024
    else:
        assert refusal.endswith(".")


def test_preset_is_used_and_overridden() -> None:
    assert default_config("lenet").data == "mnist5k"
    assert default_config("mlp", "spiral").activation == "silu"
    assert default_config("mlp", "spiral", activation="tanh").activation == "tanh"
    assert (
        default_config("mlp", "spiral", activation="x*tanh(softplus(x))").activation == "x*tanh(softplus(x))"
    )


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_another_optimizer_brings_its_own_learning_rate(optimizer: str) -> None:
    preset = default_config("lenet")
    config = default_config("lenet", optimizer=optimizer)
    if optimizer == preset.optimizer:
        assert config == preset
    else:
        assert config.learning_rate == OPTIMIZERS[optimizer].learning_rate
    assert default_config("lenet", optimizer=optimizer, learning_rate=0.25).learning_rate == 0.25
