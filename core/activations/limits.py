"""What a function does on its way to infinity or to one place, from samples that come nearer and nearer."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

# At some x: None where there is no value, NaN where it is not known, infinite beyond what float64 holds.
Values = list[float | None]
Evaluate = Callable[[Sequence[float]], Values]

# Of the differences of successive samples: below the first they add up, above the second they do not.
DECAYS, STAYS = 0.85, 0.95
WITHIN = (1.0, 1.1, 1.37)  # no wave has the same value at three such multiples of x
MIN_RUNGS = 4  # samples from which a limit is read
WAVE_RUNGS, WAVE_POINTS = 5, 24
EQUAL, NOTHING = 1e-9, 1e-14  # relative and absolute differences that are none


@dataclass(frozen=True)
class Tail:
    """Between which two numbers a function ends up: the same where it has a limit, None where not determined.

    No `defined`: the function has no values there, and no bounds that count.
    """

    low: float | None
    high: float | None
    defined: bool = True

    @property
    def limit(self) -> float | None:
        """The number or infinity that the function tends to; None where there is none or it is not known."""
        return self.low if self.low == self.high else None

    @property
    def determined(self) -> bool:
        return not self.defined or (self.low is not None and self.high is not None)

    @property
    def levels_off(self) -> bool | None:
        """Whether the function approaches a number; None where that is not determined."""
        if not self.determined:
            return None
        return self.defined and self.limit is not None and math.isfinite(self.limit)


UNDETERMINED, UNDEFINED = Tail(None, None), Tail(math.nan, math.nan, defined=False)


def towards_infinity(evaluate: Evaluate, sign: int, exponents: int) -> Tail:
    """x grows from ±100, its exponent doubling `exponents` times: even log(log(x)) takes equal steps."""
    return _tail(evaluate, [sign * 10 ** (2**power) for power in range(1, exponents + 1)])


def towards(evaluate: Evaluate, place: float, sign: int) -> Tail:
    """x comes nearer to `place` from the right (sign = 1) or the left, as near as floats are there."""
    if place == 0:
        return _tail(evaluate, [sign * 10.0 ** -(2**power) for power in range(8)])
    unit = sign * max(1.0, abs(place))
    steps = [unit * 10.0**-power for power in range(2, 13)]
    return _tail(lambda steps: evaluate([place + step for step in steps]), steps)


def _tail(evaluate: Evaluate, rungs: Sequence[float]) -> Tail:
    points = [_times(rung, factor) for rung in rungs for factor in WITHIN]
    values = evaluate(points)
    of_rung = [values[start : start + len(WITHIN)] for start in range(0, len(values), len(WITHIN))]
    if all(value is None for rung in of_rung[-MIN_RUNGS:] for value in rung):
        return UNDEFINED
    known: list[list[float]] = []
    for rung in of_rung:  # up to where something is not known
        numbers = [value for value in rung if value is not None and not math.isnan(value)]
        if len(numbers) < len(rung):
            if known and any(value is None for value in rung):
                return UNDETERMINED  # holes for ever
            if known:
                break
            continue
        known.append(numbers)
    if len(known) < MIN_RUNGS:
        return UNDETERMINED
    settled = _settled(known)
    if settled and settled.limit is not None and math.isinf(settled.limit):
        settled = settled if _runs_away(evaluate, rungs[len(known) - 2 : len(known)], settled.limit) else None
    return settled or _wave(evaluate, rungs[: min(len(known), WAVE_RUNGS)])


def _times(rung: float, factor: float) -> float:
    return rung * round(factor * 100) // 100 if isinstance(rung, int) else rung * factor


def _settled(known: Sequence[Sequence[float]]) -> Tail | None:
    """The limit, where the last samples show one, or infinity; None where they swing."""
    first, second, third, last = (rung[0] for rung in known[-MIN_RUNGS:])
    if math.isinf(last):
        return Tail(last, last) if all(value == last for value in known[-1]) else None
    if not all(map(math.isfinite, (first, second, third))):
        return None
    steps = second - first, third - second, last - third
    sizes = [abs(step) for step in steps]
    spread, scale = max(known[-1]) - min(known[-1]), max(map(abs, (first, second, third, last)))
    if max(sizes[2], spread) <= EQUAL * scale + NOTHING:
        limit = 0.0 if abs(last) <= NOTHING else last
        return Tail(limit, limit)
    same_direction = steps[0] * steps[1] > 0 and steps[1] * steps[2] > 0
    if not (same_direction and all(map(_moves_like, steps, known[-3:]))):
        return _small(known)
    if sizes[2] <= DECAYS * sizes[1] and sizes[1] <= DECAYS * sizes[0]:
        limit = last - steps[2] ** 2 / (steps[2] - steps[1])  # Aitken's, for a constant factor
        limit = 0.0 if abs(limit) <= EQUAL * scale else limit
        return Tail(limit, limit)
    if sizes[2] >= STAYS * sizes[1] and sizes[1] >= STAYS * sizes[0]:
        return Tail(math.copysign(math.inf, steps[2]), math.copysign(math.inf, steps[2]))
    return UNDETERMINED


def _runs_away(evaluate: Evaluate, rungs: Sequence[float], limit: float) -> bool:
    """Whether many points of the last rung are all beyond all of the one before: no wave is so by chance."""
    before, after = (
        [value * math.copysign(1, limit) for value in values if value is not None]
        for values in (evaluate(_scattered(rung)) for rung in rungs)
    )
    return len(before) == len(after) == WAVE_POINTS and (min(after) > max(before) or min(before) == math.inf)


def _scattered(rung: float) -> list[float]:
    """Points between a rung and its double."""
    within = random.Random(0)
    return [_times(rung, 1 + within.random()) for _ in range(WAVE_POINTS)]


def _moves_like(step: float, rung: Sequence[float]) -> bool:
    """Whether within a rung the function goes the way of the step to it, or hardly moves beside that."""
    spread = max(rung) - min(rung)
    return spread <= 0.5 * abs(step) or all((after - before) * step > 0 for before, after in pairwise(rung))


def _small(known: Sequence[Sequence[float]]) -> Tail | None:
    """0, where all of a rung decays towards it however it swings."""
    sizes = [max(map(abs, rung)) for rung in known[-MIN_RUNGS:]]
    return Tail(0.0, 0.0) if all(after <= DECAYS * before for before, after in pairwise(sizes)) else None


def _wave(evaluate: Evaluate, rungs: Sequence[float]) -> Tail:
    """Bounds of what swings: those seen where they no longer move, infinite where they run away."""
    tops, bottoms = [], []
    for rung in rungs:
        values = evaluate(_scattered(rung))
        numbers = [value for value in values if value is not None and not math.isnan(value)]
        if len(numbers) < len(values):
            return UNDETERMINED
        tops.append(max(numbers))
        bottoms.append(-min(numbers))
    low, high = _extreme(bottoms), _extreme(tops)
    return Tail(None if low is None else -low, high)


def _extreme(tops: Sequence[float]) -> float | None:
    if tops[-1] == math.inf:
        return math.inf
    late = tops[-3:]
    if late[0] < late[1] < late[2] and late[2] > 0 and late[2] >= 1.5 * late[0]:
        return math.inf
    swing = max(map(abs, tops))
    steady = max(tops[len(tops) // 2 :]) <= max(tops[: len(tops) // 2]) + 0.1 * swing
    return max(tops) if steady else None
