"""Races: when a training first reached a target, and two trainings that differ in one setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.training.config import TrainConfig
from core.training.settings import MAX_EPOCHS, MUTABLE_ON_RESUME, SETTINGS, applies

# What would be another task, or changes no number.
_NOT_RACED = (
    *("model", "data", "model_options", "data_options", "resume_from", "start_from", "start_step"),
    *("seed", "snapshots", "snapshot_every_s", "threads", "epochs"),
)


@dataclass(frozen=True)
class Reached:
    """The end of the first epoch whose test metric was at least the target."""

    epoch: int
    step: int
    samples: int  # of the training split, each counted as often as it was seen
    seconds: float


def first_reached(train_samples: int, epochs: Sequence[Mapping[str, Any]], target: float) -> Reached | None:
    """When a training's epochs, records of EpochCompleted, first reached a target; None if they never did."""
    for epoch in epochs:
        if epoch["test_metric"] is not None and epoch["test_metric"] >= target:
            samples = epoch["epoch"] * train_samples
            return Reached(epoch["epoch"], epoch["step"], samples, epoch["elapsed_s"])
    return None


def raced_settings(config: TrainConfig, from_end: bool) -> list[str]:
    """The settings of which one may differ in a race; a race from the end of a run leaves its network."""
    options = [*MODELS[config.model].options, *DATASETS[config.data].options] if not from_end else []
    return [
        name
        for name in SETTINGS
        if name not in _NOT_RACED
        and applies(name, config.model, config.data)
        and (not from_end or name in MUTABLE_ON_RESUME)
    ] + [name for name in options if name not in ("file", "target_column")]


def fork(
    config: TrainConfig, name: str, value: Any, run_id: str | None = None, epochs_done: int = 0
) -> tuple[TrainConfig, TrainConfig]:
    """Two trainings, the first as `config` says and the second with one setting changed.

    Both have the same data in the same order and, where their shapes are the same, the same first weights:
    those of the seed, or where a run is named those at its end, after epochs_done, from which both train for
    as many epochs again. Raises InvalidRequest for a setting that cannot differ, or a value that cannot be.
    """
    allowed = raced_settings(config, run_id is not None)
    if name not in allowed:
        raise InvalidRequest(f"{name!r} cannot differ in this race; choose from {', '.join(allowed)}.")
    if run_id is not None:
        total = epochs_done + config.epochs
        if total > MAX_EPOCHS:
            raise InvalidRequest(f"They would have {total:,} epochs; at most {MAX_EPOCHS:,} are possible.")
        config = replace(config, resume_from=run_id, epochs=total)
    options = {"model_options": MODELS[config.model].options, "data_options": DATASETS[config.data].options}
    field = next((field for field, known in options.items() if name in known), None)
    changed = {name: value} if field is None else {field: {**getattr(config, field), name: value}}
    other = replace(config, **changed)
    if other == config:
        raise InvalidRequest(f"Both would have the same {name.replace('_', ' ')}; choose another value.")
    return config, other
