"""A setting as text becomes what the config takes, or is refused in one sentence."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.models.registry import OPTIONAL_SETTINGS
from core.training.config import TrainConfig, default_config
from core.training.settings import from_texts

PAIRS = [(model, data) for model, entry in MODELS.items() for data in entry.presets]


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("epochs=5", {"epochs": 5}),
        ("learning-rate=1e-3", {"learning_rate": 0.001}),
        (" hidden = 4,3 ", {"hidden": (4, 3)}),
        ("hidden=", {"hidden": ()}),
        ("picture_every_s=none", {"picture_every_s": None}),
        ("activation=relu", {"activation": "relu"}),
    ],
)
def test_a_field_is_read_by_its_kind(text: str, setting: dict[str, Any]) -> None:
    assert from_texts("mlp", "moons", [text]) == setting


@pytest.mark.parametrize(("model", "data"), PAIRS)
def test_every_option_and_every_field_can_be_set_to_its_usual_value(model: str, data: str) -> None:
    default = default_config(model, data)
    options = {**MODELS[model].options, **DATASETS[data].options}
    texts = [f"{name}={option.default}" for name, option in options.items()]
    for field in fields(TrainConfig):
        value = getattr(default, field.name)
        if not field.name.endswith("options") and field.name not in ("model", "data", *options):
            as_text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            texts.append(f"{field.name}={as_text}")
    config = default_config(model, data, **from_texts(model, data, texts))
    assert config.learning_rate == default.learning_rate
    assert set(config.model_options) >= set(MODELS[model].options)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("epochs", "write key=value"),
        ("=5", "write key=value"),
        ("epochs=many", "epochs 'many' is not possible; it must be a whole number"),
        ("learning_rate=fast", "it must be a number"),
        ("hidden=8,x", "it must be a whole number"),
        ("model=lenet", "Unknown setting 'model'"),
        ("speed=9", "Unknown setting 'speed' of mlp on moons; choose from epochs"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        from_texts("mlp", "moons", [text])


@given(st.text())
def test_any_text_is_taken_or_refused(text: str) -> None:
    refusal = None
    try:
        from_texts("mlp", "moons", [text])
    except InvalidRequest as refused:
        refusal = str(refused)
    assert refusal is None or refusal.endswith(".")


# What each takes besides, with another value than its usual one.
OTHER: dict[str, Any] = {
    "activation": None,
    "batch_size": 7,
    "optimizer": "rmsprop",
    "momentum": 0.5,
    "weight_decay": 0.1,
    "l1": 0.1,
    "clip_norm": 1.0,
    "label_smoothing": 0.2,
    "initialisation": "orthogonal",
    "test_fraction": 0.3,
}


@pytest.mark.parametrize("model", MODELS)
def test_a_training_refuses_a_setting_that_its_network_does_not_take(model: str) -> None:
    entry = MODELS[model]
    assert {*entry.settings} <= {*OPTIONAL_SETTINGS} == {*OTHER}
    classified = next((data for data in entry.presets if DATASETS[data].task == "classification"), None)
    for setting, value in OTHER.items():
        if setting == "activation":
            continue  # its values are the entry's own
        if setting not in entry.settings:
            with pytest.raises(InvalidRequest, match=setting):
                default_config(model, **{setting: value})
        elif setting != "label_smoothing" or classified:
            default_config(model, classified, **{setting: value})
