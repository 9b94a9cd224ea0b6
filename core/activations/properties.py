"""Properties of an activation function, from samples and from what it tends to, as far as those show them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from core.activations.activation import Activation
from core.activations.discontinuities import KINK, bends, distinct, edges, jumps, reported
from core.activations.limits import Tail
from core.activations.samples import HALF_WIDTH, POINTS_PER_UNIT, Samples, even_points, sampled
from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch

    from core import torch_devices
else:
    torch = LazyModule("torch")
    torch_devices = LazyModule("core.torch_devices")

SATURATED_SLOPE = 0.02  # sigmoid falls below it at |x| = 3.9
FLAT = 1e-9  # a slope that tends to less tends to 0
MAX_APPROACHED = 8  # places that are looked at from both sides; the nearest to 0
NORMAL_ENDS = 12.0  # beyond it lies 1e-33 of the standard normal distribution
STEP = 1 / POINTS_PER_UNIT
EXACTLY_SMALLER = 5  # decreases that are checked before none is believed


@dataclass(frozen=True)
class Properties:
    """Properties of a function over all x for which it is defined.

    Of jumps, kinks and bends at most MAX_REPORTED, those nearest to 0. None is what could not be determined,
    but for saturation, where it also is what there is not: `undetermined` names the fields that are open.
    """

    monotonic: bool | None  # never decreasing
    jumps: tuple[float, ...]  # x where the value is discontinuous
    kinks: tuple[float, ...]  # x where the slope is discontinuous
    bends: tuple[float, ...]  # x within ±100 where the second derivative is discontinuous
    lowest: float | None  # bounds of the output, infinite where there are none
    highest: float | None
    # For smaller x, |f'| is under SATURATED_SLOPE and tends to 0, and f to a number; None where it is not so.
    saturates_below: float | None
    saturates_above: float | None  # likewise for larger x
    dead: tuple[tuple[float, float], ...]  # intervals of x where the slope is exactly 0
    largest_slope: float | None  # of |f'|, infinite where it is unbounded
    mean_output: float | None  # over standard normal x; NaN where f is not defined for all of them
    undetermined: tuple[str, ...] = ()

    @property
    def bounded(self) -> bool | None:
        """None where it is not determined."""
        if any(bound is not None and math.isinf(bound) for bound in (self.lowest, self.highest)):
            return False
        return None if self.lowest is None or self.highest is None else True

    @property
    def lipschitz(self) -> float | None:
        """The smallest L with |f(a) - f(b)| <= L |a - b| for all a and b; infinite where there is none.

        None where it is not determined.
        """
        return math.inf if self.jumps else self.largest_slope

    @property
    def continuous_derivatives(self) -> int:
        """How many derivatives are continuous: -1 where f itself jumps, and 2 for two or more."""
        return -1 if self.jumps else 0 if self.kinks else 1 if self.bends else 2

    @property
    def range_latex(self) -> str:
        """From the lowest to the highest value, in LaTeX."""
        low = r"(-\infty" if self.lowest == -math.inf else f"[{_rounded(self.lowest)}"
        high = r"\infty)" if self.highest == math.inf else f"{_rounded(self.highest)}]"
        return rf"\approx {low}, {high}"

    @property
    def zero_centred(self) -> bool | None:
        """None where it is not determined."""
        return None if self.mean_output is None else abs(self.mean_output) < 0.01

    def saturated_within(self, low: float, high: float) -> list[tuple[float, float]]:
        """The intervals within [low, high] where the function is saturated."""
        zones = []
        if self.saturates_below is not None and self.saturates_below > low:
            zones.append((low, min(self.saturates_below, high)))
        if self.saturates_above is not None and self.saturates_above < high:
            zones.append((max(self.saturates_above, low), high))
        return zones


def _rounded(value: float | None) -> str:
    if value is None:
        return r"\text{not determined}"
    return f"{round(value, 9) + 0.0:.4g}"


@lru_cache(maxsize=512)
def properties(activation: Activation, **parameters: float) -> Properties:
    """Sample the function, and see what it tends to; some milliseconds, a typed one up to 0.2 s; cached."""
    # Many small arrays: a second thread only waits, which on a busy machine takes twenty times the CPU.
    with torch.no_grad(), torch_devices.threads(1):
        function = partial(activation.function, **parameters)
        slope = partial(activation.derivative, **parameters)
        return _measured(sampled(activation, function, slope))


def fraction_of_range(
    activation: Activation, found: Properties, low: float, high: float, **parameters: float
) -> float | None:
    """Fraction of the range of a bounded monotonic function between two x; None for any other function.

    found: its properties with these parameters.
    """
    if not (found.bounded and found.monotonic) or found.highest is None or found.lowest is None:
        return None
    if found.highest <= found.lowest:
        return None
    first, last = activation.function(torch.tensor([low, high], dtype=torch.float64), **parameters).tolist()
    return (last - first) / (found.highest - found.lowest)


def _measured(samples: Samples) -> Properties:
    left, right, left_slope, right_slope = samples.ends()
    breaks = _breaks(samples)
    value_tails = [left, right, *(tail for place in breaks.beside.values() for tail in place[:2])]
    slope_tails = [left_slope, right_slope, *(tail for place in breaks.beside.values() for tail in place[2:])]
    top, bottom = (_upper_bound(samples, sign, value_tails) for sign in (1, -1))
    below, above = _saturation(samples, -1, left, left_slope), _saturation(samples, 1, right, right_slope)
    x = even_points()
    found = Properties(
        monotonic=_monotonic(samples),
        jumps=reported(breaks.jumps),
        kinks=reported(breaks.kinks),
        bends=_bends(samples, x, breaks),
        lowest=None if bottom is None else 0.0 - bottom,
        highest=top,
        saturates_below=below[0],
        saturates_above=above[0],
        dead=_dead(samples),
        largest_slope=_largest_slope(samples, slope_tails),
        mean_output=_mean_output(samples, x, breaks),
    )
    open_ones = {
        name: getattr(found, name) is None
        for name in ("monotonic", "lowest", "highest", "largest_slope", "mean_output")
    } | {"saturates_below": below[1], "saturates_above": above[1]}
    return replace(found, undetermined=tuple(name for name, is_open in open_ones.items() if is_open))


@dataclass(frozen=True)
class _Breaks:
    """Places where value or slope breaks, and the tails on both sides of those that were approached."""

    jumps: list[float]
    kinks: list[float]
    beside: dict[float, tuple[Tail, Tail, Tail, Tail]]


def _breaks(samples: Samples) -> _Breaks:
    """Jumps and kinks among the candidates of float64's functions: those that both sides bear out."""
    value_cells, slope_cells = samples.cells(samples.values), samples.cells(samples.slopes)
    jumping, slope_jumping = jumps(samples.function, value_cells), jumps(samples.slope, slope_cells)
    missing, slope_missing = edges(samples.function, value_cells), edges(samples.slope, slope_cells)
    candidates = distinct([*jumping, *slope_jumping, *missing, *slope_missing])
    beside = {place: samples.beside(place) for place in candidates[:MAX_APPROACHED]}

    def jumps_at(place: float) -> bool:
        left, right, _, _ = beside[place]
        own_value = place in jumping and _another(samples.value_at([place])[0], left)
        return _differ(left, right) or own_value

    found = _borne_out(distinct([*jumping, *missing]), jumps_at, beside)
    kinks = _borne_out(
        distinct([*slope_jumping, *slope_missing]), lambda place: _differ(*beside[place][2:]), beside
    )
    return _Breaks(found, kinks, beside)


def _borne_out(
    candidates: Sequence[float], holds: Callable[[float], bool], approached: Mapping[float, object]
) -> list[float]:
    """Those that hold where both sides were looked at, and the others if any of those does."""
    first = [place for place in candidates if place in approached and holds(place)]
    return first + [place for place in candidates if first and place not in approached]


def _another(value: float | None, side: Tail) -> bool:
    """Whether a value is not what the function tends to there."""
    return value is None or side.limit is None or not abs(value - side.limit) <= KINK * (1 + abs(value))


def _differ(left: Tail, right: Tail) -> bool:
    """Whether two sides, both of which have values, do not tend to the same number."""
    if not (left.defined and right.defined):
        return False
    if left.levels_off and right.levels_off and left.limit is not None and right.limit is not None:
        return abs(left.limit - right.limit) > KINK * (1 + abs(left.limit))
    return True


def _upper_bound(samples: Samples, sign: int, tails: Sequence[Tail]) -> float | None:
    """Of sign * f: the largest of all samples, around the largest one more closely, and of all tails."""
    ends = [tail.high if sign > 0 else _negative(tail.low) for tail in tails if tail.defined]
    if math.inf in ends:
        return math.inf
    known = [end for end in ends if end is not None]
    if len(known) < len(ends) or not all(samples.complete[0]):
        return None
    return max([samples.largest(lambda value: sign * value, of_slope=False), *known])


def _largest_slope(samples: Samples, tails: Sequence[Tail]) -> float | None:
    ends = [bound for tail in tails if tail.defined for bound in (tail.high, _negative(tail.low))]
    if math.inf in ends:
        return math.inf
    known = [end for end in ends if end is not None]
    if len(known) < len(ends) or not all(samples.complete[1]):
        return None
    return max([samples.largest(torch.abs, of_slope=True), *known])


def _negative(x: float | None) -> float | None:
    return None if x is None else 0.0 - x


def _monotonic(samples: Samples) -> bool | None:
    """Whether no sample is below the one before; a decrease counts that the exact values confirm."""
    falls = -samples.values.diff() / (1 + samples.values[:-1].abs())
    falls = torch.where(falls > 1e-12, falls, 0.0)
    if not falls.any():
        return True if all(samples.complete[0]) else None
    for cell in falls.topk(min(EXACTLY_SMALLER, len(falls))).indices.tolist():
        before, after = samples.value_at(samples.x[cell : cell + 2].tolist())
        if before is not None and after is not None and after < before:
            return False
    return None


def _saturation(samples: Samples, side: int, value: Tail, slope: Tail) -> tuple[float | None, bool]:
    """Where saturation to one side begins, None without any, and whether that is not determined."""
    if value.levels_off is False or slope.levels_off is False:
        return None, False
    if value.levels_off is None or slope.levels_off is None or not samples.complete[1][side > 0]:
        return None, True
    if abs(slope.limit or 0.0) > FLAT:
        return None, False
    x, slopes = (samples.x, samples.slopes) if side < 0 else (samples.x.flip(0), samples.slopes.flip(0))
    steep = (slopes.abs() >= SATURATED_SLOPE).nonzero()
    if not len(steep):
        return 0.0, False
    first = int(steep[0])
    if first == 0:
        return None, True  # saturates beyond all samples
    flat, steep_x = x[first - 1].item(), x[first].item()
    if abs(flat) > HALF_WIDTH:  # where samples are far apart
        flat = _last_flat(samples, flat, steep_x)
    return round(flat, 3) + 0.0, False


def _last_flat(samples: Samples, flat: float, steep: float) -> float:
    for _ in range(40):
        middle = (flat + steep) / 2
        (slope,) = samples.slope_at([middle])
        flat, steep = (flat, middle) if slope is None or not abs(slope) < SATURATED_SLOPE else (middle, steep)
    return flat


def _dead(samples: Samples) -> tuple[tuple[float, float], ...]:
    """Runs of slopes of exactly 0, unless the slope only decays until it underflows to 0."""
    zero = torch.nn.functional.pad((samples.slopes == 0).int(), (1, 1))
    starts, ends = ((zero.diff() == step).nonzero().flatten().tolist() for step in (1, -1))
    last, zones = len(samples.x) - 1, []
    for start, end in zip(starts, (end - 1 for end in ends), strict=True):
        low, high = (samples.x[index].item() for index in (start, end))
        if end > start and _is_flat(samples, start, end, low, high):
            zones.append(
                (
                    -math.inf if start == 0 else _zone_end(samples, low, samples.x[start - 1].item()),
                    math.inf if end == last else _zone_end(samples, high, samples.x[end + 1].item()),
                )
            )
    return tuple(zones)


def _is_flat(samples: Samples, start: int, end: int, low: float, high: float) -> bool:
    """By the exact slope; without one, a slope that is small beside its run of zeros has underflowed."""
    if samples.exact is not None:
        return samples.slope_at([low, low + (high - low) / 3, high]) == [0.0, 0.0, 0.0]
    beside = [x for x, index in ((low - STEP, start), (high + STEP, end)) if 0 < index < len(samples.x) - 1]
    return all(slope is not None and abs(slope) > 1e-6 for slope in samples.slope_at(beside))


def _zone_end(samples: Samples, inside: float, outside: float) -> float:
    """Between an x where the slope is 0 and one where it is not."""
    for _ in range(50):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if samples.slope_at([middle]) == [0.0] else (inside, middle)
    return round(inside, 6) + 0.0


def _bends(samples: Samples, x: torch.Tensor, breaks: _Breaks) -> tuple[float, ...]:
    known = samples.cells(samples.slopes)
    inside = (x >= known.left.min()) & (x <= known.right.max()) if len(known.left) else x < x
    near = x[inside]
    found = bends(samples.slope, near, samples.slope(near)) if len(near) > 2 else []
    others = [*breaks.jumps, *breaks.kinks, *breaks.beside]
    return reported([bend for bend in found if all(abs(bend - other) > 1e-4 for other in others)])


def _mean_output(samples: Samples, x: torch.Tensor, breaks: _Breaks) -> float | None:
    """By the trapezoidal rule, with each jump where it is and not at a point of the grid."""
    inside = x.abs() <= NORMAL_ENDS
    x = x[inside]
    values = samples.function(x)
    if any(((x > low) & (x < high) & (x != 0)).any() for low, high in samples.wrong_values):
        return None
    poles = [
        place
        for place, tails in breaks.beside.items()
        if abs(place) < NORMAL_ENDS and any(tail.defined and not tail.levels_off for tail in tails[:2])
    ]
    if poles:
        return math.nan if _undefined_on_a_side(breaks, poles) else None
    density = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    mean = torch.trapezoid(values * density, x).item()
    if math.isnan(mean):
        return mean
    for jump in breaks.jumps:
        if abs(jump) < NORMAL_ENDS:
            mean += _by_a_jump(x, values * density, jump)
    beyond = [sign * far for far in (12.0, 14.0, 18.0, 24.0, 32.0, 38.0) for sign in (-1, 1)]
    for far, value in zip(beyond, samples.value_at(beyond), strict=True):
        if value is not None and not abs(value) * math.exp(-(far**2) / 2) <= 1e-9 * (1 + abs(mean)):
            return None
    return mean


def _by_a_jump(x: torch.Tensor, integrand: torch.Tensor, jump: float) -> float:
    """What the trapezoidal rule leaves out: a jump counts by its distance from the middle of its cell."""
    nearest = int((x - jump).abs().argmin())
    if abs(x[nearest].item() - jump) < 1e-5:  # on a point, whose own value counts for both cells
        left, own, right = integrand[nearest - 1 : nearest + 2].tolist()
        return STEP * ((left + right) / 2 - own)
    cell = min(max(int(torch.searchsorted(x, jump)) - 1, 0), len(x) - 2)
    middle = (x[cell] + x[cell + 1]).item() / 2
    return (jump - middle) * (integrand[cell] - integrand[cell + 1]).item()


def _undefined_on_a_side(breaks: _Breaks, places: Sequence[float]) -> bool:
    return any(not tail.defined for place in places for tail in breaks.beside[place][:2])
