"""Checkpoints: all that a training needs to go on with the same numbers, in one file.

A file holds tensors and plain values alone and is read with weights_only, so that reading one runs no code.
Within an epoch a checkpoint also holds the learner as it was when the epoch began: from there the same
batches are drawn again, those done are skipped, and the learner takes up its later state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from itertools import islice
from typing import Any

from core.errors import InvalidRequest
from core.events import Checkpoint
from core.records import to_record
from core.training.config import TrainConfig
from core.training.events import EpochCompleted
from core.training.learners.learner import Learner
from core.training.settings import MUTABLE_ON_RESUME
from core.training.upgrades import upgrade_train_config

VERSION = 1


@dataclass
class Position:
    """Where a training stands, beside its learner: epochs completed, and batches done of the next one.

    began_step: steps done when that epoch began; epoch_s: seconds of its steps so far; steps_s: those of all
    epochs before. best_loss is the lowest test loss, of `waited` epochs ago.
    """

    epoch: int = 0
    batches: int = 0
    began_step: int = 0
    epoch_s: float = 0.0
    steps_s: float = 0.0
    elapsed_s: float = 0.0
    last: EpochCompleted | None = None
    best_loss: float | None = None
    waited: int = 0


def take(learner: Learner, position: Position, epoch_began: Mapping[str, Any] | None) -> Checkpoint:
    """The checkpoint of this moment; its tensors are the learner's own."""
    state = {
        "version": VERSION,
        "config": to_record(learner.config),
        "position": asdict(position),
        "learner": learner.state(),
        "epoch_began": epoch_began if position.batches else None,
    }
    return Checkpoint(learner.step, state)


def restore_from(learner: Learner, state: Mapping[str, Any]) -> tuple[Position, Any]:
    """Put the learner where the checkpoint was taken; returns the position and the epoch's batches left.

    The batches are None between two epochs. Raises InvalidRequest when the checkpoint is of something else.
    """
    check_fits(learner.config, state)
    position = _position(state["position"])
    batches = None
    try:
        if position.batches:
            learner.restore(state["epoch_began"])
            batches = iter(learner.batches())
            for _ in islice(batches, position.batches):
                pass
        learner.restore(state["learner"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise InvalidRequest(
            f"The checkpoint does not fit this training ({type(error).__name__}); the settings must be those "
            f"that it was made with, but for {', '.join(sorted(MUTABLE_ON_RESUME))}."
        ) from error
    return position, batches


def check_fits(config: TrainConfig, state: Mapping[str, Any]) -> None:
    """Raise InvalidRequest when a training of this config cannot go on from that checkpoint."""
    if state.get("version") != VERSION:
        raise InvalidRequest(f"The checkpoint has version {state.get('version')!r}, and {VERSION} is needed.")
    ours, theirs = asdict(config), upgrade_train_config(state["config"])
    for name, value in ours.items():
        before = theirs.get(name, value)
        if name not in MUTABLE_ON_RESUME and _plain(value) != _plain(before):
            raise InvalidRequest(
                f"{name} {value!r} differs from {before!r} of the checkpoint; what may differ is "
                f"{', '.join(sorted(MUTABLE_ON_RESUME & set(ours)))}."
            )


def changed(config: TrainConfig, state: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ from those of the checkpoint, with their new values."""
    theirs = upgrade_train_config(state["config"])
    return {
        name: value
        for name, value in asdict(config).items()
        if name != "resume_from" and _plain(value) != _plain(theirs.get(name, value))
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
