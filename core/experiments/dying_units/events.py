"""Events of the experiment on dying units besides core.events.Progress, and their text and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.activations import ACTIVATIONS
from core.tables import csv_of_records

# The quantiles over the seeds that are recorded of each quantity.
QUANTILES = (0.1, 0.5, 0.9)
# A unit whose slope is under this on every training point is flat, though it may not be dead.
FLAT_SLOPE = 0.01
QUANTITIES = ("dead", "flat", "loss", "accuracy", "balanced_accuracy")


@dataclass(frozen=True)
class DyingUnitsStarted:
    """First of all."""

    activations: tuple[str, ...]
    learning_rates: tuple[float, ...]
    biases: tuple[float, ...]
    data: str
    seeds: int
    networks: int  # all combinations and seeds
    units: int  # hidden units of one network
    steps: int
    train_points: int  # on which slopes are evaluated
    smallest_slope: Mapping[str, float]  # by activation, the smallest |f'| between x = -50 and 50
    # of always the most frequent class of the test points, median over the seeds; None in older runs
    majority_accuracy: float | None = None


@dataclass(frozen=True)
class Combination:
    """One activation, learning rate and initial bias, without the seeds that diverged.

    dead, flat, loss and the accuracies are QUANTILES over the seeds, () when all diverged; counts are of all
    seeds.
    """

    activation: str
    learning_rate: float
    bias: float
    dead: tuple[float, ...]  # fraction of hidden units whose slope is exactly 0 on every training point
    flat: tuple[float, ...]  # fraction whose slope is under FLAT_SLOPE on every one, dead units included
    loss: tuple[float, ...]  # on the training points
    accuracy: tuple[float, ...]  # on the test points
    units: int
    died: int  # units that were dead at any check so far
    came_back: int  # those of them that were alive at a later check
    diverged: int  # seeds whose loss is no longer finite
    # on the test points, each class counted alike; () where classes are even, and in older runs
    balanced_accuracy: tuple[float, ...] = ()


@dataclass(frozen=True)
class UnitsChecked:
    """All units of all networks after so many steps."""

    step: int
    combinations: tuple[Combination, ...]
    elapsed_s: float


@dataclass(frozen=True)
class DyingUnitsFinished:
    """Last of all."""

    verdict: tuple[str, ...]  # sentences
    network_steps_per_s: float  # steps of single networks
    elapsed_s: float


def worst_setting(combinations: Sequence[Mapping[str, Any]]) -> tuple[float, float] | None:
    """Learning rate and bias with the largest fraction of dead units of any function; None if none died."""
    with_dead = [one for one in combinations if one["dead"] and one["dead"][1] > 0]
    if not with_dead:
        return None
    worst = max(with_dead, key=lambda one: one["dead"][1])
    return worst["learning_rate"], worst["bias"]


def verdict(started: Mapping[str, Any], combinations: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The result in sentences with the measured figures, from records of the events."""
    setting = worst_setting(combinations)
    if setting is None:
        return ("No unit is dead here. A higher learning rate or a more negative bias kills units of ReLU.",)
    there = [one for one in combinations if (one["learning_rate"], one["bias"]) == setting]
    there.sort(key=lambda one: -(one["dead"][1] if one["dead"] else -1.0))
    worst, others = there[0], there[1:]
    low, median, high = worst["dead"]
    span = f" ({low:.0%} to {high:.0%} over the seeds)" if started["seeds"] > 1 else ""
    sentences = [
        f"{_name(worst)} at a learning rate of {setting[0]:g} and an initial bias of {_signed(setting[1])}: "
        f"{median:.0%} of its units are dead{span}, {_accuracy(worst)}."
    ]
    if others:
        sentences.append(f"With the same values: {'; '.join(_other(one, started) for one in others)}.")
    sentences += _at_the_lowest_rate(worst, combinations)
    if worst["died"]:
        sentences.append(
            f"Of the {worst['died']:,} units of {_name(worst)} there that were dead at some time, "
            f"{worst['came_back']:,} came back."
        )
    if started.get("majority_accuracy") is not None:
        sentences.append(f"Always the most frequent class: accuracy {started['majority_accuracy']:.0%}.")
    return tuple(sentences)


def _accuracy(one: Mapping[str, Any]) -> str:
    balanced = one.get("balanced_accuracy")
    return f"accuracy {one['accuracy'][1]:.0%}" + (f" (balanced {balanced[1]:.0%})" if balanced else "")


def _other(one: Mapping[str, Any], started: Mapping[str, Any]) -> str:
    if not one["dead"]:
        return f"{_name(one)} diverged"
    slope = started["smallest_slope"][one["activation"]]
    why = f", since its slope is never under {slope:.2g}" if slope > 1e-6 and one["dead"][2] == 0 else ""
    left_out = f" ({one['diverged']} of {started['seeds']} seeds diverged)" if one["diverged"] else ""
    found = f"{one['dead'][1]:.0%}, {_accuracy(one)}"
    return f"{_name(one)} {found}{left_out}{why}"


def _at_the_lowest_rate(worst: Mapping[str, Any], combinations: Sequence[Mapping[str, Any]]) -> list[str]:
    same = [one for one in combinations if all(one[name] == worst[name] for name in ("activation", "bias"))]
    lowest = min(same, key=lambda one: one["learning_rate"])
    if lowest is worst or not lowest["dead"]:
        return []
    gentle = f"{lowest['dead'][1]:.0%} of {_name(worst)}'s units are dead"
    return [f"With a learning rate of {lowest['learning_rate']:g}, {gentle}."]


def name_of(activation: str) -> str:
    """The function's name, or its expression."""
    return ACTIVATIONS[activation].name if activation in ACTIVATIONS else activation


def _name(one: Mapping[str, Any]) -> str:
    return name_of(one["activation"])


def _signed(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def rows(checks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One flat row for each check and combination, from records of UnitsChecked; None where there is none."""
    table = []
    for check in checks:
        for one in check["combinations"]:
            row = {"step": check["step"]}
            row |= {name: one[name] for name in ("activation", "learning_rate", "bias")}
            for quantity in QUANTITIES:
                values = one.get(quantity) or (None,) * len(QUANTILES)
                for quantile, value in zip(("low", "median", "high"), values, strict=True):
                    row[f"{quantity}_{quantile}"] = value
            table.append(row | {name: one[name] for name in ("units", "died", "came_back", "diverged")})
    return table


def to_csv(checks: Sequence[Mapping[str, Any]]) -> str:
    """All checks as CSV; low and high are the 10% and 90% quantiles of the seeds."""
    table = rows(checks)
    return csv_of_records(table, None if table else ["step"])


def as_text(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The last check as a table and the verdict, as lines of text, from the records so far."""
    checks = [record for record in records if record["event"] == "units_checked"]
    if not checks:
        return []
    started, last = records[0], checks[-1]
    head = f"{'function':<14}{'rate':>8}{'bias':>8}{'dead':>8}{'flat':>8}{'loss':>10}{'accuracy':>10}"
    lines = [
        f"after {last['step']:,} of {started['steps']:,} steps, medians over {started['seeds']} seeds",
        head,
    ]
    lines += [_line(one) for one in last["combinations"]]
    return [*lines, "", *verdict(started, last["combinations"])]


def _line(one: Mapping[str, Any]) -> str:
    label = f"{_name(one):<13} {one['learning_rate']:>8g}{one['bias']:>8g}"
    if not one["dead"]:
        return f"{label}  all diverged"
    dead, flat, loss, accuracy = (one[quantity][1] for quantity in ("dead", "flat", "loss", "accuracy"))
    left_out = f"  {one['diverged']} diverged" if one["diverged"] else ""
    return f"{label}{dead:>8.1%}{flat:>8.1%}{loss:>10.4g}{accuracy:>10.1%}{left_out}"
