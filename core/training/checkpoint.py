"""Checkpoints: all that a training needs to resume with the same numbers, in one file.

A file holds tensors and plain values alone and is read with weights_only, so that reading one runs no code.
Within an epoch a checkpoint also holds the learner as it was when the epoch began: from there the same
batches are made again, those done are skipped, and the learner takes up its later state.

Keys: version, config (record), position, stopping, validation_fraction, learner, epoch_began. Version 0.1 of
the program had no "stopping", and best_loss and waited in "position": both of the test split, so they are not
read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from itertools import islice
from typing import Any

from core.errors import InvalidRequest
from core.events import Checkpoint
from core.records import to_record
from core.training.config import TrainConfig
from core.training.events import EpochCompleted
from core.training.learners.learner import Learner
from core.training.settings import MUTABLE_ON_RESUME
from core.training.stopping import EarlyStopping
from core.training.upgrades import upgrade_train_config
from core.training.validation import split_fraction

VERSION = 1


@dataclass
class Position:
    """How far a training is, beside its learner."""

    epoch: int = 0  # epochs completed
    batches: int = 0  # batches done of the next one
    began_step: int = 0  # steps done when that one began
    epoch_s: float = 0.0  # seconds of its steps so far
    steps_s: float = 0.0  # of the steps of all epochs before
    elapsed_s: float = 0.0  # of everything, less pauses
    last: EpochCompleted | None = None
    ended: str | None = None  # TrainingFinished.reason, in the checkpoint at the end


def save_state(
    learner: Learner, position: Position, stopping: EarlyStopping, epoch_began: Mapping[str, Any] | None
) -> Checkpoint:
    """The checkpoint of this moment; its tensors are the learner's own."""
    state = {
        "version": VERSION,
        "config": to_record(learner.config),
        "position": asdict(position),
        "stopping": stopping.state(),
        "validation_fraction": split_fraction(learner.config),
        "learner": learner.state(),
        "epoch_began": epoch_began if position.batches else None,
    }
    return Checkpoint(learner.step, state)


def resume(learner: Learner, state: Mapping[str, Any]) -> tuple[Position, EarlyStopping, Any]:
    """Put the learner where the checkpoint was made; returns position, rules and the epoch's batches left.

    learner: of the config that resumable_config() gives. The batches are None between two epochs. A training
    that had ended stays ended, unless a setting has changed: then patience begins anew. Raises InvalidRequest
    when the checkpoint is of something else.
    """
    check_fits(learner.config, state)
    position, stopping = _position(state["position"]), EarlyStopping()
    batches = None
    try:
        if position.batches:
            learner.restore(state["epoch_began"])
            batches = iter(learner.batches())
            for _ in islice(batches, position.batches):
                pass
        learner.restore(state["learner"])
        if "stopping" in state:
            stopping.restore(state["stopping"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise InvalidRequest(
            f"The checkpoint does not fit this training ({type(error).__name__}); the settings must be those "
            f"that it was made with, but for {', '.join(sorted(MUTABLE_ON_RESUME))}."
        ) from error
    if position.ended and changed(learner.config, state):
        position.ended, stopping.epochs_waited = None, 0
    return position, stopping, batches


def resumable_config(config: TrainConfig, state: Mapping[str, Any]) -> TrainConfig:
    """The config with the validation split of the checkpoint, whatever target and patience say now.

    Samples that a training has learnt from cannot validate later, nor the other way round. A checkpoint of
    version 0.1 has no split: its target and patience, which watched the test split, no longer apply.
    """
    ours, theirs = split_fraction(config), state.get("validation_fraction")
    if ours == theirs:
        return config
    if theirs is not None and config.validation_fraction is None:
        return replace(config, validation_fraction=theirs)
    rules = [name for name in ("target", "patience") if getattr(config, name) is not None]
    is_old = "stopping" not in state and all(state["config"].get(name) is not None for name in rules)
    return replace(config, target=None, patience=None) if is_old else config


def check_fits(config: TrainConfig, state: Mapping[str, Any]) -> None:
    """Raise InvalidRequest when a training of this config cannot resume from that checkpoint."""
    if state.get("version") != VERSION:
        raise InvalidRequest(f"The checkpoint has version {state.get('version')!r}, and {VERSION} is needed.")
    ours, theirs = asdict(config), upgrade_train_config(state["config"])
    for name, value in ours.items():
        before = theirs.get(name, value)
        if name not in (*MUTABLE_ON_RESUME, "validation_fraction") and _plain(value) != _plain(before):
            raise InvalidRequest(
                f"{name} {value!r} differs from {before!r} of the checkpoint; what may differ is "
                f"{', '.join(sorted(MUTABLE_ON_RESUME & set(ours)))}."
            )
    _check_split(resumable_config(config, state), state)


def _check_split(config: TrainConfig, state: Mapping[str, Any]) -> None:
    ours, theirs = split_fraction(config), state.get("validation_fraction")
    if ours == theirs:
        return
    if theirs is not None:
        raise InvalidRequest(f"validation_fraction {ours!r} differs from {theirs!r} of the checkpoint.")
    asked = next(n for n in ("validation_fraction", "target", "patience") if getattr(config, n) is not None)
    raise InvalidRequest(
        f"{asked} {getattr(config, asked)!r} needs a validation split, and the training of this checkpoint "
        "has learnt from the whole training split; begin a new training with it."
    )


def changed(config: TrainConfig, state: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ from those of the checkpoint, with their new values."""
    theirs = upgrade_train_config(state["config"])
    return {
        name: value
        for name, value in asdict(config).items()
        if name not in ("resume_from", "start_from", "start_step", "validation_fraction")
        and _plain(value) != _plain(theirs.get(name, value))
    }


def _position(record: Mapping[str, Any]) -> Position:
    known = {field.name: record[field.name] for field in fields(Position) if field.name in record}
    last = known.get("last")
    return Position(**known | {"last": EpochCompleted(**last) if last else None})


def _plain(value: Any) -> Any:
    """Lists and tuples alike, as in a record that went through JSON."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return tuple(_plain(item) for item in value) if isinstance(value, list | tuple) else value
