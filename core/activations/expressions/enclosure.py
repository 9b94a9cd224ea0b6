"""Values and slopes of expressions that are certain: intervals that hold the number, and say it when narrow.

float64 answers x - sqrt(x^2 - 1) far out with 0, and cosh(x)^2 - sinh(x)^2 with noise. Here each operation
rounds outward (interval arithmetic, Moore 1966), so that what has cancelled shows as a wide interval, and is
computed again with more digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import mpmath.libmp as mp  # pure functions that are given their precision: safe in threads

from core.activations.expressions.evaluation import slopes
from core.activations.expressions.grammar import Node, Number, Variable, parse

PRECISIONS = (100, 400, 1600, 4800)  # bits
MAX_UNKNOWN = 20  # numbers that even the longest precision does not tell
NARROW, TINY = 1e-9, 1e-15  # relative and absolute width of an interval that says a number

Interval = tuple[Any, Any]  # lower and upper bound, as mpmath's raw numbers; infinite: not known how large
_ZERO, _ONE, _TWO = ((number, number) for number in (mp.fzero, mp.fone, mp.ftwo))
_LARGE = mp.mpf_shift(mp.fone, 64)  # exp of more is only known to be large: its digits would fill the memory


# In which nothing cancels, as 1 - tanh(a)^2 does far out.
_SLOPES = {"tanh": (parse("1/cosh(a)^2", ("a",)),)}


class _Undefined(Exception):
    """No real number is the value here."""


class _Unknown(Exception):
    """The interval is too wide to say whether there is a value."""


class Exact:
    """exact() of one expression, which tries the longest precisions no more once they often did not help."""

    def __init__(self, node: Node) -> None:
        self._node, self._unknown = node, 0

    def __call__(self, x: float) -> tuple[float | None, float | None]:
        """f(x) and f'(x)."""
        tried = PRECISIONS if self._unknown < MAX_UNKNOWN else PRECISIONS[:2]
        both = exact(self._node, x, tried)
        self._unknown += any(map(_is_nan, both))
        return both


def exact(
    node: Node, x: float, precisions: tuple[int, ...] = PRECISIONS
) -> tuple[float | None, float | None]:
    """f(x) and f'(x) of a computable expression to nine digits; x may be an integer beyond what floats hold.

    Infinite where float64 holds no number so large, None where there is no value, and NaN where the digits of
    the longest precision do not suffice to say. 0 is exactly 0: what only is too small for float64 is not.
    """
    point = mp.from_int(x) if isinstance(x, int) else mp.from_float(x)
    value: float | None = math.nan
    slope: float | None = math.nan
    for precision in precisions:
        try:
            interval, slope_there = _value_and_slope(node, (point, point), precision)
        except _Undefined:
            return None, None
        except _Unknown:
            continue
        value = _number(interval) if _is_nan(value) else value
        slope = _slope(slope_there) if _is_nan(slope) else slope
        if not (_is_nan(value) or _is_nan(slope)):
            break
    return value, slope


def _is_nan(number: float | None) -> bool:
    return number is not None and math.isnan(number)


def _slope(interval: Callable[[], Interval]) -> float | None:
    try:
        return _number(interval())
    except _Undefined:
        return None
    except _Unknown:
        return math.nan


def _value_and_slope(node: Node, x: Interval, precision: int) -> tuple[Interval, Callable[[], Interval]]:
    """The value, and what works out the slope: a value may exist where no slope does."""
    if isinstance(node, Variable):
        return x, lambda: _ONE
    if isinstance(node, Number):
        return _point(node.value), lambda: _ZERO
    parts = [_value_and_slope(argument, x, precision) for argument in node.arguments]
    values = [value for value, _ in parts]

    def slope() -> Interval:
        total = _ZERO
        outer_slopes = _SLOPES.get(node.operation) or slopes(node.operation)
        for argument, (_, inner), outer in zip(node.arguments, parts, outer_slopes, strict=True):
            by_x = _ZERO if isinstance(argument, Number) else inner()
            if by_x != _ZERO:
                by_argument = _of_intervals(outer, dict(zip("ab", values, strict=False)), precision)
                total = _checked(mp.mpi_add(total, _product(by_x, by_argument, precision), precision))
        return total

    return _checked(_ENCLOSURES[node.operation](*values, precision)), slope


def _of_intervals(node: Node, values: Mapping[str, Interval], precision: int) -> Interval:
    if isinstance(node, Variable):
        return values[node.name]
    if isinstance(node, Number):
        return _point(node.value)
    parts = [_of_intervals(argument, values, precision) for argument in node.arguments]
    return _checked(_ENCLOSURES[node.operation](*parts, precision))


def _checked(interval: Interval) -> Interval:
    if mp.fnan in interval:
        raise _Unknown
    return interval


def _point(value: float) -> Interval:
    return (mp.from_float(value),) * 2


def _number(interval: Interval) -> float:
    """The number that an interval says; NaN where it is too wide."""
    low, high = map(_float, interval)
    if low > 1e300 or high < -1e300:
        return math.copysign(math.inf, low)
    narrow = math.isfinite(low) and math.isfinite(high) and high - low <= max(NARROW * abs(high), TINY)
    if not narrow:
        return math.nan
    return low + (high - low) / 2 or (0.0 if interval == _ZERO else math.ulp(0.0))


def _float(end: Any) -> float:
    if end in (mp.finf, mp.fninf):
        return math.inf if end == mp.finf else -math.inf
    try:
        return mp.to_float(end, strict=True)
    except OverflowError:
        return math.copysign(math.inf, -1 if end[0] else 1)


def _product(a: Interval, b: Interval, precision: int) -> Interval:
    """Of 0 and what is only known to be large it is 0."""
    return _ZERO if _ZERO in (a, b) else mp.mpi_mul(a, b, precision)


def _quotient(a: Interval, b: Interval, precision: int) -> Interval:
    if b == _ZERO:
        raise _Undefined
    if not _above(b, mp.fzero) and not _below(b, mp.fzero):
        raise _Unknown
    return _ZERO if a == _ZERO else mp.mpi_div(a, b, precision)


def _above(a: Interval, bound: Any) -> bool:
    return mp.mpf_gt(a[0], bound)


def _below(a: Interval, bound: Any) -> bool:
    return mp.mpf_lt(a[1], bound)


def _power(base: Interval, exponent: Interval, precision: int) -> Interval:
    if exponent[0] != exponent[1]:
        raise _Unknown
    power = mp.to_float(exponent[0])
    if power.is_integer():
        raised = mp.mpi_pow_int(base, abs(int(power)), precision) if power else _ONE
        return raised if power >= 0 else _quotient(_ONE, raised, precision)
    if base == _ZERO and power > 0:
        return _ZERO
    return _exp(_product(exponent, _log(base, precision), precision), precision)


def _exp(a: Interval, precision: int) -> Interval:
    low, high = a
    if mp.mpf_gt(low, _LARGE):
        low = _LARGE
    if mp.mpf_lt(high, mp.mpf_neg(_LARGE)):
        high = mp.mpf_neg(_LARGE)
    return (
        mp.fzero if mp.mpf_lt(low, mp.mpf_neg(_LARGE)) else mp.mpf_exp(low, precision, "f"),
        mp.finf if mp.mpf_gt(high, _LARGE) else mp.mpf_exp(high, precision, "c"),
    )


def _log(a: Interval, precision: int) -> Interval:
    if _below(a, mp.fzero) or a == _ZERO:
        raise _Undefined
    if not _above(a, mp.fzero):
        raise _Unknown
    return mp.mpi_log(a, precision)


def _sqrt(a: Interval, precision: int) -> Interval:
    if _below(a, mp.fzero):
        raise _Undefined
    if mp.mpf_lt(a[0], mp.fzero):
        raise _Unknown
    return mp.mpi_sqrt(a, precision)


def _tan(a: Interval, precision: int) -> Interval:
    return _quotient(mp.mpi_sin(a, precision), mp.mpi_cos(a, precision), precision)


def _half_of_exps(combined: Callable[..., Interval]) -> Callable[..., Interval]:
    def enclosure(a: Interval, precision: int) -> Interval:
        both = combined(_exp(a, precision), _exp(mp.mpi_neg(a, precision), precision), precision)
        return mp.mpi_div(both, _TWO, precision)

    return enclosure


def _tanh(a: Interval, precision: int) -> Interval:
    squared = _exp(mp.mpi_add(a, a, precision), precision)
    return mp.mpi_sub(_ONE, mp.mpi_div(_TWO, mp.mpi_add(squared, _ONE, precision), precision), precision)


def _sigmoid(a: Interval, precision: int) -> Interval:
    below = mp.mpi_add(_ONE, _exp(mp.mpi_neg(a, precision), precision), precision)
    return mp.mpi_div(_ONE, below, precision)


def _softplus(a: Interval, precision: int) -> Interval:
    grown = _exp(a, precision)
    if _below(a, mp.from_int(-precision)):  # between t and t - t²/2, of which 1 + t would leave nothing
        squared = mp.mpi_div(mp.mpi_mul(grown, grown, precision), _TWO, precision)
        return mp.mpi_sub(grown, squared, precision)[0], grown[1]
    if _above(a, mp.from_int(precision)):
        return a[0], mp.mpi_add(a, _exp(mp.mpi_neg(a, precision), precision), precision)[1]
    return mp.mpi_log(mp.mpi_add(_ONE, grown, precision), precision)


def _rising(function: Callable[..., Any]) -> Callable[..., Interval]:
    """Enclosures of a function that rises: its values at both ends, rounded outward."""

    def enclosure(a: Interval, precision: int) -> Interval:
        return function(a[0], precision, "f"), function(a[1], precision, "c")

    return enclosure


def _erf(a: Any, precision: int, rounding: str) -> Any:
    """mpmath promises no direction of rounding, so that some bits are given away."""
    moved = mp.mpf_sub if rounding == "f" else mp.mpf_add
    away = mp.mpf_shift(mp.fone, -precision)
    return moved(mp.mpf_erf(a, precision + 10), away, precision, rounding)


def _gelu(a: Interval, precision: int) -> Interval:
    """x/2 * erfc(-x/sqrt(2)), in which nothing cancels."""
    root = mp.mpi_sqrt(_TWO, precision)
    low, high = mp.mpi_div(mp.mpi_neg(a, precision), root, precision)
    if mp.mpf_gt(low, mp.from_int(1 << 16)):  # the weight is below exp(-2^32), and so is the value, nearly
        return mp.mpf_neg(mp.mpf_exp(mp.from_int(-(1 << 31)), precision)), mp.fzero
    slack = mp.mpf_shift(mp.fone, -precision + 4)
    weights = (
        mp.mpf_mul(mp.mpf_erfc(high, precision + 10), mp.mpf_sub(mp.fone, slack), precision, "f"),
        mp.mpf_mul(mp.mpf_erfc(low, precision + 10), mp.mpf_add(mp.fone, slack), precision, "c"),
    )
    return mp.mpi_div(mp.mpi_mul(a, weights, precision), _TWO, precision)


def _sign(a: Interval, precision: int) -> Interval:
    return tuple(mp.from_int(mp.mpf_sign(end)) for end in a)


def _step(a: Interval, precision: int) -> Interval:
    return tuple(mp.fone if mp.mpf_gt(end, mp.fzero) else mp.fzero for end in a)


def _max(a: Interval, b: Interval, precision: int) -> Interval:
    return tuple(x if mp.mpf_gt(x, y) else y for x, y in zip(a, b, strict=True))


def _min(a: Interval, b: Interval, precision: int) -> Interval:
    return tuple(x if mp.mpf_lt(x, y) else y for x, y in zip(a, b, strict=True))


_ENCLOSURES: dict[str, Callable[..., Interval]] = {
    "+": mp.mpi_add,
    "-": mp.mpi_sub,
    "*": _product,
    "/": _quotient,
    "^": _power,
    "negative": mp.mpi_neg,
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "abs": mp.mpi_abs,
    "sign": _sign,
    "step": _step,
    "sin": mp.mpi_sin,
    "cos": mp.mpi_cos,
    "tan": _tan,
    "sinh": _half_of_exps(mp.mpi_sub),
    "cosh": _half_of_exps(mp.mpi_add),
    "tanh": _tanh,
    "atan": _rising(mp.mpf_atan),
    "erf": _rising(_erf),
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "relu": lambda a, precision: _max(a, _ZERO, precision),
    "gelu": _gelu,
    "silu": lambda a, precision: _product(a, _sigmoid(a, precision), precision),
    "max": _max,
    "min": _min,
    "at_least": _max,
    "at_most": _min,
}
