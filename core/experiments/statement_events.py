"""Events of a statement's experiment, besides core.events.Progress and Picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.experiments.verdicts import Judgement


@dataclass(frozen=True)
class StatementStarted:
    """First of all."""

    statement: str  # its key
    effort: str
    settings: Mapping[str, Any]  # all of them


@dataclass(frozen=True)
class Measured:
    """One number of one seed. at_least: the run was capped, so that the number is this or more."""

    observable: str
    seed: int
    value: float
    at_least: bool = False


@dataclass(frozen=True)
class Series:
    """One series of the picture; it replaces an earlier one of its name. low and high: an interval, or ()."""

    name: str
    x: tuple[float | str, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class Fact:
    """Something that stands beside the verdict: a name, and what was found."""

    name: str
    text: str


@dataclass(frozen=True)
class NotMeasured:
    """Why this machine cannot measure it: then there is no verdict.

    observables: those that it cannot measure, of which no claim is judged; none named, none of them can be.
    """

    reason: str
    observables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Disturbed:
    """Why what was measured cannot carry a verdict, such as other load while time was measured."""

    reason: str


@dataclass(frozen=True)
class StatementJudged:
    """Last of all. reason: why there is no verdict, or empty."""

    verdict: str
    judgements: tuple[Judgement, ...]
    reason: str
    elapsed_s: float
