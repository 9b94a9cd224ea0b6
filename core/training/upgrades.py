"""Records of older versions: what their fields are called, and mean, today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import InvalidRequest

VERSION = 2  # of a TrainConfig's record; 0.1 wrote records without one

# Fields that version 0.1 called otherwise.
NAMES_IN_0_1 = {"most_steps": "max_steps", "most_seconds": "max_seconds"}


def upgrade_train_config(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of today's TrainConfig out of one of any version; a record without a version is of 0.1.

    Raises InvalidRequest for the record of a later version than this one.
    """
    settings = dict(record)
    version = settings.pop("version", 1)
    if version not in range(1, VERSION + 1):
        raise InvalidRequest(
            f"This training was stored by version {version!r}, and {VERSION} is the latest here."
        )
    if version == 1:
        settings = {NAMES_IN_0_1.get(name, name): value for name, value in settings.items()}
    return {"version": VERSION} | settings
