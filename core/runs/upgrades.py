"""What earlier versions stored, read as today's: one function for each version, applied in their order.

Version 1 is that of Nablascope 0.1, whose rows say nothing of a version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from core.events import Picture
from core.timing.activation_cost.config import upgrade_cost_config
from core.timing.results.upgrades import with_names_of_the_field
from core.training.snapshots.upgrade import with_views
from core.training.upgrades import upgrade_ensemble_config, upgrade_train_config

VERSION = 2  # of a run's config, events and pictures, as they are written today

Record = dict[str, Any]

# Kinds of job of version 0.1 by what they are called now.
_JOBS_SINCE_0_1 = {"takeaway": "export"}


def upgrade_job(job: str, version: int) -> str:
    """What a kind of job of that version is called now."""
    return _JOBS_SINCE_0_1.get(job, job) if version < 2 else job


def upgrade_config(job: str, config: Mapping[str, Any], version: int) -> Record:
    """The config of a run that a job of today can start or resume."""
    upgrade = _CONFIGS_SINCE_0_1.get(job) if version < 2 else None
    return upgrade(config) if upgrade else dict(config)


def upgrade_event(record: Mapping[str, Any], version: int) -> Record:
    """An event's record with the names of today."""
    return _event_of_0_1(record) if version < 2 else dict(record)


def upgrade_picture_name(name: str, version: int) -> str:
    """The name of a picture today."""
    return _PICTURES_SINCE_0_1.get(name, name) if version < 2 else name


def upgrade_picture(picture: Picture, version: int) -> Picture:
    """A stored picture with the name, arrays and values of today."""
    return with_views(replace(picture, name=upgrade_picture_name(picture.name, version)))


def _event_of_0_1(record: Mapping[str, Any]) -> Record:
    upgrade = _EVENTS_SINCE_0_1.get(record["event"])
    return upgrade(record) if upgrade else dict(record)


_CONFIGS_SINCE_0_1: dict[str, Callable[[Mapping[str, Any]], Record]] = {
    "training": upgrade_train_config,
    "classical": upgrade_train_config,
    "ensemble": upgrade_ensemble_config,
    "cost": upgrade_cost_config,
}
_EVENTS_SINCE_0_1: dict[str, Callable[[Mapping[str, Any]], Record]] = {
    # Stored runs of timing hold the records of result files of schema 2.
    **dict.fromkeys(("dot", "memory_kept", "measurement_taken", "noise_measured"), with_names_of_the_field),
}
_PICTURES_SINCE_0_1: dict[str, str] = {}
