"""A training's settings in words, and how two trainings differ."""

from __future__ import annotations

from typing import Any

import pytest

from core.models import MODELS
from core.records import from_record, to_record
from core.training import TrainConfig, default_config
from dashboard.training.settings_text import differences, in_words


@pytest.mark.parametrize("model", MODELS)
def test_a_training_does_not_differ_from_its_record_and_is_named(model: str) -> None:
    config = default_config(model, seed=7)
    assert not differences(config, from_record(TrainConfig, to_record(config)))
    assert in_words(config).startswith(f"**{MODELS[model].name}** on **")
    assert "Seed 7" in in_words(config)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"activation": "relu"}, "Activation ReLU instead of Tanh"),
        ({"activation": "x * tanh(x)"}, r"Activation x \* tanh(x) instead of Tanh"),
        ({"l1": 0.01}, "L1 0.01 instead of 0"),
        ({"data_options": {"features": "x_squared,product"}}, "Features x², xy instead of x, y"),
        ({"snapshots": ("points",)}, "Snapshots Points instead of "),
        (
            {"model_options": {"activations": "relu, x*tanh(x)"}},
            r"Activations ReLU, x\*tanh(x) instead of all the same",
        ),
        ({"model_options": {"norm": "batch"}}, "Norm batch instead of none"),
    ],
)
def test_what_differs_is_named_with_both_values(settings: dict[str, Any], words: str) -> None:
    run, now = default_config("mlp", "moons"), default_config("mlp", "moons", **settings)
    (said,) = differences(now, run)
    assert said.startswith(words)
