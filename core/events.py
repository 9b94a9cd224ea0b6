"""What a job yields. A job is a generator: it gets one frozen config and yields events.

Events that belong to one kind of job live beside that job (core.training.events, core.timing.results.events);
those here are understood by every sink. A sink turns any other event into a record and stores it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule
from core.records import to_record

if TYPE_CHECKING:
    import numpy as np
else:
    np = LazyModule("numpy")  # lists of what there is need no arrays


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the job is. Yielded often: here a job can be stopped or paused. Sinks store the last one."""

    done: float  # in `unit`s
    total: float  # in `unit`s
    unit: str
    rate_per_s: float | None = None  # in `rate_unit`s; None until it is known
    rate_unit: str = ""
    between: bool = False  # nothing is being measured: the job may wait here for long, and no figure changes
    doing: str = ""  # what it does before it can begin, in words, where that takes long


@dataclass(frozen=True, slots=True)
class NodeProgress(Progress):
    """The same of one node among several, which are shown side by side."""

    node: str = ""


class StopRequested(Exception):
    """Thrown into a job where it stands: it may yield what is to be seen at its last moment, and ends."""


class CheckpointRequested:
    """Sent into a job that can resume: it yields a Checkpoint as soon as it can."""


@dataclass(frozen=True)
class Picture:
    """A large state that replaces the last one of its name: a decision map, filters, a forecast."""

    name: str
    step: int  # the training step that it shows
    arrays: Mapping[str, np.ndarray]  # stored in binary
    values: Mapping[str, Any] = field(default_factory=dict)  # stored as JSON
    in_film: bool = True  # whether the run's film keeps it when the next one of its name comes


# What may be known of a training at a frame.
FRAME_VALUES = ("train_loss", "test_loss", "train_metric", "test_metric")


@dataclass(frozen=True)
class Frame:
    """One step of a training: from it the network of that step can be set up again.

    Frames make a run's film, in the order of their steps; one replaces those of its step and after it, which
    a run brings again when it resumes from a checkpoint.
    """

    step: int
    values: Mapping[str, float]  # by FRAME_VALUES, those that are known
    # float32 (numbers,): parameters and running statistics, in the order of the network's state_dict()
    weights: np.ndarray


@dataclass(frozen=True)
class Checkpoint:
    """All that the job needs to resume from here; the latest one replaces those before.

    state holds tensors and plain values. The tensors are those of the running job, which change once it
    continues: a sink must write them before it requests the next event.
    """

    step: int
    state: Mapping[str, Any]


def event_record(event: Any) -> dict[str, Any]:
    """An event as a JSON record: {"event": "epoch_completed", ...its fields}."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    return {"event": name} | to_record(event)
