"""Every experiment. To add one, add an entry; the command line picks it up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.experiments.dying_units import events
from core.experiments.dying_units.config import SETTINGS, DyingUnitsConfig
from core.lazy import LazyModule
from core.options import Option

if TYPE_CHECKING:
    from core.experiments.dying_units import job
else:
    job = LazyModule("core.experiments.dying_units.job")


@dataclass(frozen=True)
class Experiment:
    """One experiment, for the command line."""

    finds_out: str  # what it measures, in one phrase
    config: type  # a frozen dataclass
    settings: Mapping[str, Option]  # of the config, by field
    start: Callable[[Any], Iterator[Any]]  # a config in, events out
    table: Callable[[list[dict[str, Any]]], list[str]]  # records of the events so far in, lines of text out


EXPERIMENTS: dict[str, Experiment] = {
    "dying_units": Experiment(
        finds_out="fraction of hidden units that die, by function, learning rate and initial bias",
        config=DyingUnitsConfig,
        settings=SETTINGS,
        start=lambda config: job.dying_units(config),
        table=events.as_text,
    ),
}
