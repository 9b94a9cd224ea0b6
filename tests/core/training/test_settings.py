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
from core.models.registry import applicable_data
from core.training.config import TrainConfig, default_config
from core.training.learners.registry import LEARNERS
from core.training.settings import (
    GROUPS,
    MUTABLE_ON_RESUME,
    SETTINGS,
    applies,
    from_texts,
    mutable_while_running,
)

PAIRS = [(model, data) for model in MODELS for data in applicable_data(model)]


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("epochs=5", {"epochs": 5}),
        ("learning-rate=1e-3", {"learning_rate": 0.001}),
        (" hidden = 4,3 ", {"hidden": (4, 3)}),
        ("hidden=", {"hidden": ()}),
        ("snapshot_every_s=none", {"snapshot_every_s": None}),
        ("activation=relu", {"activation": "relu"}),
        ("most_steps=7", {"max_steps": 7}),  # its name in version 0.1
        ("probes=usual", {"snapshots": None}),
        ("norm=batch", {"model_options": {"norm": "batch"}}),
        ("features=sine", {"data_options": {"features": "x,y,sin_x,sin_y"}}),  # as version 0.1 had it
        ("features=product, x", {"data_options": {"features": "x,product"}}),
    ],
)
def test_a_field_is_read_by_its_kind(text: str, setting: dict[str, Any]) -> None:
    assert from_texts("mlp", "moons", [text]) == setting


@pytest.mark.parametrize(("model", "data"), PAIRS)
def test_every_option_and_every_field_can_be_set_to_its_default_value(model: str, data: str) -> None:
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
        (
            "features=x,z",
            "Unknown feature 'z'; choose from x, y, x_squared, y_squared, product, sin_x, sin_y",
        ),
        ("features=", "No features given; at least one is needed: x, y"),
        ("model=lenet", "Unknown setting 'model'"),
        ("speed=9", "Unknown setting 'speed' of mlp on moons; choose from .*epochs"),
    ],
)
def test_what_is_impossible_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        from_texts("mlp", "moons", [text])


@given(st.text())
def test_any_text_is_accepted_or_refused(text: str) -> None:
    refusal = None
    try:
        from_texts("mlp", "moons", [text])
    except InvalidRequest as refused:
        refusal = str(refused)
    assert refusal is None or refusal.endswith(".")


# For each setting that some kinds of learning or some data have no use for, another value than its default.
OTHER: dict[str, Any] = {
    "activation": "relu",
    "batch_size": 7,
    "optimizer": "rmsprop",
    "hidden": (3,),
    "samples": 100,
    "noise": 0.3,
    "momentum": 0.5,
    "weight_decay": 0.1,
    "l1": 0.1,
    "clip_norm": 1.0,
    "label_smoothing": 0.2,
    "initialisation": "orthogonal",
    "weights_seed": 3,
    "test_fraction": 0.3,
    "validation_fraction": 0.3,
}


@pytest.mark.parametrize("model", MODELS)
def test_a_training_refuses_a_setting_that_would_change_nothing(model: str) -> None:
    for data in applicable_data(model):
        limited = {name for name in SETTINGS if not applies(name, model, data)}
        assert limited <= {*OTHER}
        for name in limited:
            with pytest.raises(InvalidRequest, match=name):
                default_config(model, data, **{name: OTHER[name]})
        for name in {*OTHER} - limited - {"activation", "hidden"}:  # the network says what these may be
            default_config(model, data, **{name: OTHER[name]})


def test_every_field_has_one_entry_of_its_type() -> None:
    types = {field.name: str(field.type) for field in fields(TrainConfig)}
    assert types.keys() == SETTINGS.keys()
    for name, setting in SETTINGS.items():
        kind = "Mapping[str, Any]" if setting.type is dict else setting.type.__name__
        kind = f"tuple[{kind}, ...]" if setting.many else kind
        assert types[name] == (f"{kind} | None" if setting.optional else kind), name


def test_every_entry_is_labelled_helped_and_grouped() -> None:
    learners = {learner for setting in SETTINGS.values() for learner in setting.learners or ()}
    assert learners == {*LEARNERS}
    assert len({setting.label for setting in SETTINGS.values()}) == len(SETTINGS)
    for setting in SETTINGS.values():
        assert setting.help.endswith(".")
        assert setting.group is None or setting.group in GROUPS


def test_what_a_checkpoint_fixes_is_what_decides_weights_data_and_order() -> None:
    fixed = {"model", "data", "batch_size", "optimizer", "activation", "hidden", "samples", "noise", "seed"}
    fixed |= {
        "test_fraction",
        "validation_fraction",
        "engine",
        "model_options",
        "data_options",
        "initialisation",
        "weights_seed",
    }
    assert SETTINGS.keys() - MUTABLE_ON_RESUME == fixed


def test_what_changes_while_running_is_what_a_step_reads_anew() -> None:
    assert mutable_while_running("gan") == ("learning_rate",)
    assert {*mutable_while_running("supervised")} == {
        *("learning_rate", "momentum", "weight_decay", "l1", "clip_norm")
    }
    assert {*mutable_while_running("supervised")} <= MUTABLE_ON_RESUME
