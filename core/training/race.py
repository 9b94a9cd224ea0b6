"""Races: when a training first reached a target, and two trainings that differ in one setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.training.config import TrainConfig
from core.training.settings import DATA, MAX_EPOCHS, MUTABLE_ON_RESUME, SETTINGS, STOPPING, applies

# What would be another task, other data or other weights, or changes no number of a step.
_NOT_RACED = (
    *("model", "data", "model_options", "data_options", "resume_from", "start_from", "start_step"),
    *("seed", "weights_seed", "noise", "snapshots", "snapshot_every_s", "threads", "epochs"),
)
_INPUT_OPTIONS = ("features",)  # options of data that leave its samples as they are
_SHAPING = ("hidden", "initialisation")  # of no use, or none possible, where weights are given


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


def raced_settings(config: TrainConfig) -> list[str]:
    """The settings and options of which one may differ between two trainings that race.

    None of them changes the data; those of a training that continues from a checkpoint leave its network as
    it is, and those of one that starts from given weights leave the shapes of these.
    """
    names = [
        name
        for name, setting in SETTINGS.items()
        if name not in _NOT_RACED
        and setting.group not in (DATA, STOPPING)  # a rule that stops takes a part of the data to watch
        and applies(name, config.model, config.data)
    ]
    if config.resume_from is not None:
        return [name for name in names if name in MUTABLE_ON_RESUME]
    if config.start_from is not None:
        return [name for name in names if name not in _SHAPING]
    inputs = [name for name in DATASETS[config.data].options if name in _INPUT_OPTIONS]
    return [*names, *MODELS[config.model].options, *inputs]


def from_end(config: TrainConfig, run_id: str, epochs_done: int) -> TrainConfig:
    """The training that continues from a run's last weights, for as many epochs again as its config has.

    Raises InvalidRequest where these are too many.
    """
    epochs = epochs_done + config.epochs
    if epochs > MAX_EPOCHS:
        raise InvalidRequest(f"It would have {epochs:,} epochs; at most {MAX_EPOCHS:,} are possible.")
    return replace(config, resume_from=run_id, start_from=None, start_step=None, epochs=epochs)


def from_frame(config: TrainConfig, run_id: str, step: int) -> TrainConfig:
    """The training that starts with the weights which a run had at a step of its film."""
    return replace(config, resume_from=None, start_from=run_id, start_step=step)


def fork(config: TrainConfig, name: str, value: Any) -> tuple[TrainConfig, TrainConfig]:
    """Two trainings, the first as `config` says and the second with one setting or option changed.

    Both have the same data in the same order and, where their shapes are the same, the same first weights.
    Raises InvalidRequest for a setting that cannot differ, or a value that cannot be.
    """
    allowed = raced_settings(config)
    if name not in allowed:
        raise InvalidRequest(f"{name!r} cannot differ in this race; choose from {', '.join(allowed)}.")
    options = {"model_options": MODELS[config.model].options, "data_options": DATASETS[config.data].options}
    field = next((field for field, known in options.items() if name in known), None)
    changed = {name: value} if field is None else {field: {**getattr(config, field), name: value}}
    other = replace(config, **changed)
    if other == config:
        raise InvalidRequest(f"Both would have the same {name.replace('_', ' ')}; choose another value.")
    return config, other
