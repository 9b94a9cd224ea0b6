"""What a job yields. A job is a generator: it takes one frozen config and yields events.

Events that belong to one kind of job live beside that job (core.training.events, core.timing.results.events);
those here are understood by every sink. A sink turns any other event into a record and keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.records import to_record


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the job is. Yielded often: it is where a job can be stopped or paused. Sinks keep the last one.

    done and total count `unit`s; rate_per_s is in `rate_unit`s a second, None until it is known.
    """

    done: float
    total: float
    unit: str
    rate_per_s: float | None = None
    rate_unit: str = ""


@dataclass(frozen=True)
class Picture:
    """A large state that replaces the last one of its name: a decision map, filters, a forecast.

    arrays are stored in binary, values as JSON. step is the training step that it shows.
    """

    name: str
    step: int
    arrays: Mapping[str, np.ndarray]
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoint:
    """All that the job needs to go on from here; the latest one replaces those before.

    state holds tensors and plain values. The tensors are the job's own, which change once it goes on: a sink
    writes them before it asks for the next event, or not at all.
    """

    step: int
    state: Mapping[str, Any]


def event_record(event: Any) -> dict[str, Any]:
    """An event as a JSON record: {"event": "epoch_completed", ...its fields}."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    return {"event": name} | to_record(event)
