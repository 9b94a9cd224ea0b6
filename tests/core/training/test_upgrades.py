"""A record of any version becomes a config of today."""

from __future__ import annotations

import json

import pytest

from core.errors import InvalidRequest
from core.records import from_record, to_record
from core.training import TrainConfig, default_config
from core.training.ensembles import EnsembleConfig
from core.training.upgrades import VERSION, upgrade_ensemble_config, upgrade_train_config


def test_a_record_of_the_first_version_keeps_what_it_asked_for() -> None:
    config = default_config("mlp", max_steps=40, max_seconds=2.5)
    record = to_record(config)
    del record["version"]
    record["most_steps"], record["most_seconds"] = record.pop("max_steps"), record.pop("max_seconds")
    assert from_record(TrainConfig, record) == config
    stored = upgrade_ensemble_config({"training": record, "seeds": 2, "vary": {"most_steps": [20, 30]}})
    ensemble = from_record(EnsembleConfig, stored)
    assert (ensemble.training, ensemble.vary) == (config, {"max_steps": [20, 30]})


def test_todays_record_says_its_version_and_stays_as_it_is() -> None:
    config = default_config("mlp", max_steps=40)
    record = json.loads(json.dumps(to_record(EnsembleConfig(config))))
    assert record["training"]["version"] == VERSION
    assert from_record(EnsembleConfig, record).training == config
    assert upgrade_train_config(record["training"]) == record["training"]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("word", "features"), [("xy", "x,y"), ("sine", "x,y,sin_x,sin_y")])
def test_features_that_were_one_word_are_named(version: int, word: str, features: str) -> None:
    record = to_record(default_config("mlp", data_options={"features": features})) | {"version": version}
    record["data_options"] = {"features": word}
    assert from_record(TrainConfig, record).data_options == {"features": features}


@pytest.mark.parametrize("version", [VERSION + 1, 0, "2", None])
def test_a_version_that_is_not_known_is_refused(version: object) -> None:
    with pytest.raises(InvalidRequest, match=f"version {version!r}"):
        upgrade_train_config({"version": version, "model": "mlp"})


def test_an_old_name_in_a_record_of_today_is_no_setting() -> None:
    record = to_record(default_config("mlp")) | {"most_steps": 3}
    with pytest.raises(InvalidRequest, match="most_steps"):
        from_record(TrainConfig, record)
