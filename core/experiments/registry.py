"""Every experiment. To add one, add an entry; the command line picks it up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.experiments.dying_units import events
from core.experiments.dying_units.config import DyingUnitsConfig
from core.lazy import LazyModule

if TYPE_CHECKING:
    from core.experiments.dying_units import job
else:
    job = LazyModule("core.experiments.dying_units.job")


@dataclass(frozen=True)
class Experiment:
    """What it finds out, its config, its job, and its results as text.

    start(config) yields events. table(checks) gives lines out of the records of events that came so far.
    """

    finds_out: str
    config: type
    start: Callable[[Any], Iterator[Any]]
    table: Callable[[list[dict[str, Any]]], list[str]]


EXPERIMENTS: dict[str, Experiment] = {
    "dying_units": Experiment(
        finds_out="which share of hidden units dies, by function, learning rate and first bias",
        config=DyingUnitsConfig,
        start=lambda config: job.dying_units(config),
        table=events.in_words,
    ),
}
