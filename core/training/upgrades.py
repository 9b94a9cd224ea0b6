"""Records of older versions: what their fields are called, and mean, today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.data.features import FORMER
from core.errors import InvalidRequest
from core.training.snapshots.upgrade import upgrade_probes

VERSION = 3  # of a TrainConfig's record; 0.1 wrote records without one

# What version 0.1 called the default snapshots; --set still knows it.
DEFAULT_WORDS_IN_0_1 = ("usual",)

# Fields that version 0.1 called otherwise; --set still knows them.
NAMES_IN_0_1 = {
    "most_steps": "max_steps",
    "most_seconds": "max_seconds",
    "probes": "snapshots",
    "picture_every_s": "snapshot_every_s",
}


def upgrade_train_config(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of today's TrainConfig out of one of any version; a record without a version is of 0.1.

    Raises InvalidRequest for the record of a later version than this one.
    """
    settings = dict(record)
    version = settings.pop("version", 1)
    if version not in range(1, VERSION + 1):
        raise InvalidRequest(f"This training has version {version!r}; versions up to {VERSION} can be read.")
    if version == 1:
        settings = _renamed(upgrade_probes(settings))
    if version <= 2 and "features" in settings.get("data_options", {}):
        settings["data_options"] = _with_features_named(settings["data_options"])
    return {"version": VERSION} | settings


def _with_features_named(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of data whose features were one word, "xy" or "sine"."""
    return {**options, "features": FORMER.get(options["features"], options["features"])}


def upgrade_ensemble_config(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of today's EnsembleConfig out of one of any version, which is that of its training."""
    old = "version" not in record["training"]
    vary = record.get("vary", {})
    return {
        **record,
        "training": upgrade_train_config(record["training"]),
        "vary": _renamed(vary) if old else dict(vary),
    }


def _renamed(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {NAMES_IN_0_1.get(name, name): value for name, value in settings.items()}
