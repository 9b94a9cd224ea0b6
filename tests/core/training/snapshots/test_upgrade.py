"""Configs of version 0.1 open, with the pictures that it drew."""

from __future__ import annotations

from typing import Any

import pytest

from core.records import from_record, to_record
from core.training.config import TrainConfig, default_config
from core.training.snapshots import SNAPSHOTS
from core.training.snapshots.upgrade import PROBE_LABELS, upgrade_probes


def of_version_0_1(model: str, data: str, probes: list[str] | None) -> dict[str, Any]:
    record = to_record(default_config(model, data))
    record["picture_every_s"] = record.pop("snapshot_every_s")
    del record["snapshots"], record["version"]
    return record | {"probes": probes}


@pytest.mark.parametrize(
    ("model", "data", "probes", "snapshots"),
    [
        ("mlp", "moons", None, None),
        ("mlp", "moons", [], ("points",)),
        ("mlp", "moons", ["confusion", "decision_map"], ("points", "decision_map", "confusion")),
        ("mlp", "hills", [], ("curve_samples",)),
        ("mlp", "iris", [], ("table_points", "table_map")),
        ("mlp", "diabetes", ["layer_norms"], ("predicted", "layer_norms")),
        ("gan", "ring", ["generated"], ("target", "generated")),
        ("lenet", "mnist5k", [], ()),
    ],
)
def test_choices_of_version_0_1_keep_the_pictures_that_it_drew(
    model: str, data: str, probes: list[str] | None, snapshots: tuple[str, ...] | None
) -> None:
    record = of_version_0_1(model, data, probes)
    kept = dict(record)
    config = from_record(TrainConfig, record)
    assert (config.snapshots, config.snapshot_every_s) == (snapshots, 0.8)
    assert record == kept  # what is stored stays as it is


def test_records_of_today_stay_as_they_are() -> None:
    record = to_record(default_config("mlp", "moons", snapshots=("confusion",)))
    assert upgrade_probes(record) == record


def test_records_older_than_probes_have_the_defaults() -> None:
    record = of_version_0_1("mlp", "moons", None)
    del record["probes"]
    assert from_record(TrainConfig, record).snapshots is None


def test_labels_of_version_0_1_lead_to_snapshots_of_today() -> None:
    assert {*PROBE_LABELS.values()} <= {*SNAPSHOTS}
