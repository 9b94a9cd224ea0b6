"""Presets: every network learns every data set that fits it, with or without an entry of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.data import DATASETS
from core.models import MODELS
from core.models.model import Hidden
from core.models.registry import applicable_data
from core.records import from_record
from core.training.config import TrainConfig, default_config
from core.training.learners.registry import LEARNERS
from core.training.presets import ANY, PRESETS, fitting_layers
from core.training.settings import SETTINGS

PAIRS = [(model, data) for model in MODELS for data in applicable_data(model)]
# default_config() of each pair as version 0.1 gave it: the fields that differ from TrainConfig's defaults.
OF_0_1 = json.loads((Path(__file__).parent / "default_configs_v0_1.json").read_text())


@pytest.mark.parametrize("pair", OF_0_1)
def test_defaults_are_those_of_the_first_version(pair: str) -> None:
    config = default_config(*pair.split("/"))
    assert config == from_record(TrainConfig, OF_0_1[pair])


@pytest.mark.parametrize(("model", "data"), PAIRS)
def test_every_fitting_pair_has_settings_that_are_possible(model: str, data: str) -> None:
    config = default_config(model, data)
    assert (config.model, config.data) == (model, data)
    assert MODELS[model].learner in LEARNERS


def test_every_entry_says_why_and_names_what_exists() -> None:
    kinds = {dataset.kind for dataset in DATASETS.values()}
    assert not kinds & DATASETS.keys()
    assert {kind for of_any, kind in PRESETS if of_any == ANY} >= kinds
    for (model, data), preset in PRESETS.items():
        assert model == ANY or model in MODELS
        assert data in kinds or data in DATASETS
        assert preset.why.endswith(".")
        assert {*preset.settings} <= {*SETTINGS}


@pytest.mark.parametrize("model", MODELS)
def test_a_new_network_and_new_data_need_no_entry(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "new", MODELS[model])
    data = applicable_data(model)[0]
    monkeypatch.setitem(DATASETS, "new data", DATASETS[data])
    assert default_config("new", "new data").epochs >= 1
    wide = replace(MODELS[model], hidden=Hidden("units", 2, 3, 16))
    monkeypatch.setitem(MODELS, "new", wide)
    assert 2 <= len(default_config("new", "new data").hidden) <= 3


@pytest.mark.parametrize(
    ("limits", "layers", "fitting"),
    [
        ((0, 8, 256), (8, 8), (8, 8)),
        ((0, 0, 0), (64,), ()),
        ((1, 1, 128), (16, 16), (16,)),
        ((2, 4, 256), (20,), (20, 20)),
        ((1, 1, 128), (), (32,)),
        ((0, 2, 16), (64, 8, 8), (16, 8)),
    ],
)
def test_layers_are_cut_or_repeated_until_they_fit(limits: Any, layers: Any, fitting: Any) -> None:
    assert fitting_layers(Hidden("units", *limits), layers) == fitting
