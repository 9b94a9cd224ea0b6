"""Writes corpus.json: what mpmath finds of each formula of corpus.txt, without any of our code.

python -m tests.core.activations.expressions.corpus_oracle: some minutes. Plain sampling in 110 digits.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
from mpmath import mp, mpf

HERE = Path(__file__).parent
NAMES: dict[str, Any] = {
    name: getattr(mpmath, name) for name in ("exp", "sqrt", "sin", "cos", "tan", "atan", "erf")
} | {
    "tanh": lambda x: mpmath.tanh(x) if abs(x) < 1e4 else mpmath.sign(x),  # mpmath's runs out of memory
    "log": lambda x: mpmath.log(x) if x > 0 else _no_value(),
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "abs": abs,
    "max": max,
    "min": min,
    "sign": mpmath.sign,
    "step": lambda x: mpf(x > 0),
    "relu": lambda x: max(x, mpf(0)),
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "swish": lambda x: x / (1 + mpmath.exp(-x)),
    "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
}
MULTIPLES = (
    1,
    mpf("1.1"),
    mpf("1.37"),
    mpf("1.53"),
    mpf("1.71"),
    mpf("1.9"),
)  # of which a wave takes some peak


def _no_value() -> Any:
    raise ValueError


def formulas() -> list[tuple[str, dict[str, list[float]]]]:
    """Each formula with the kinks and jumps that are written beside it."""
    found = []
    for line in (HERE / "corpus.txt").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        text, _, marks = line.partition("|")
        places = {
            name: [float(x) for x in at.split()] for name, at in re.findall(r"(\w+): ([-\d. ]+)", marks)
        }
        found.append((text.strip(), places))
    return found


def _function(text: str) -> Callable[[Any], Any]:
    python = re.sub(r"(?<![\w.])(\d+\.?\d*)", r"mpf('\1')", text).replace("^", "**")
    code = compile(python, text, "eval")

    def function(x: Any) -> Any:
        value = eval(code, {"mpf": mpf, "pi": mp.pi, "e": mp.e} | NAMES, {"x": mpf(x)})
        return value if isinstance(value, mpf) and mpmath.isfinite(value) else _no_value()

    return function


def _of(function: Callable[[Any], Any], x: Any) -> Any:
    try:
        return function(x)
    except (ValueError, ZeroDivisionError):
        return None


def oracle(text: str) -> dict[str, Any]:
    """Bounds, monotonicity, steepest slope, saturation, and mean over the standard normal."""
    function = _function(text)
    mp.dps = 110

    def slope(x: Any) -> Any:
        step = mpf(10) ** -20 * (abs(x) or 1)
        after, before = _of(function, x + step), _of(function, x - step)
        return None if after is None or before is None else (after - before) / (2 * step)

    near = [mpf(k) / 16 + mpf("0.0031") for k in range(-640, 640)]
    log_points = [mpf(10) ** (mpf(k) / 12) for k in range(20, 85)]
    tiny = [mpf(10) ** -k for k in range(2, 9)]
    x = sorted([*near, *log_points, *(-p for p in log_points), *tiny, *(-p for p in tiny)])
    if _needs_digits(text):
        x = [p for p in x if abs(p) < 1000]
        mp.dps = 900
    values = [_of(function, p) for p in x]
    slopes = [slope(p) for p in x]
    pairs = [(a, b) for a, b in itertools.pairwise(values) if a is not None and b is not None]
    result = {
        "monotonic": not any(b < a - mpf(10) ** -30 * (1 + abs(a)) for a, b in pairs),
        "highest": _sup(function, x, values),
        "lowest": -_sup(lambda p: -function(p), x, [None if v is None else -v for v in values]),
        "largest_slope": max(
            _sup(slope, x, slopes),
            _sup(lambda p: _negated(slope, p), x, [None if s is None else -s for s in slopes]),
        ),
        "saturates": [_saturates(function, slope, side) for side in (-1, 1)],
    }
    mp.dps = 20 if not _needs_digits(text) else 60
    if all(value is not None for value in values) and all(
        _of(function, p) is not None for p in (mpf(0), mpf(1))
    ):
        ends = [mpf(k) / 2 for k in range(-24, 25)]
        result["mean_output"] = float(mpmath.quad(lambda t: function(t) * mpmath.npdf(t), ends, maxdegree=4))
    else:
        result["mean_output"] = None
    return {name: _plain(value) for name, value in result.items()}


def _negated(slope: Callable[[Any], Any], x: Any) -> Any:
    found = slope(x)
    return None if found is None else -found


def _needs_digits(text: str) -> bool:
    return "cosh(x)^2" in text


def _sup(function: Callable[[Any], Any], x: list[Any], values: list[Any]) -> float:
    """By the samples, by golden section around the best one, and by growth far out and beside 0."""
    known = [(value, index) for index, value in enumerate(values) if value is not None]
    best, index = max(known)
    low, high = x[max(index - 1, 0)], x[min(index + 1, len(x) - 1)]
    for _ in range(60):
        a, b = low + (high - low) * mpf("0.382"), low + (high - low) * mpf("0.618")
        at_a, at_b = _of(function, a), _of(function, b)
        if at_a is None or at_b is None:
            break
        best = max(best, at_a, at_b)
        low, high = (a, high) if at_b > at_a else (low, b)
    for paths in [[mpf(10) ** (k * s) * sign for k in (4, 8, 16, 32)] for s in (1, -1) for sign in (1, -1)]:
        around = [[_of(function, p * many) for many in MULTIPLES] for p in paths]
        if any(None in some for some in around):
            continue
        ladder = [max(some) for some in around]
        steps = [b - a for a, b in itertools.pairwise(ladder)]
        if (
            ladder[-1] > best
            and all(step > mpf(10) ** -3 for step in steps)
            and steps[-1] > steps[0] * mpf("0.9")
        ):
            return math.inf
        best = max(best, ladder[-1])
    return float(best)


def _saturates(function: Callable[[Any], Any], slope: Callable[[Any], Any], side: int) -> bool:
    near, far = (_of(function, side * mpf(10) ** k) for k in (8, 16))
    steep = [slope(side * mpf(10) ** 12 * many) for many in (1, mpf("1.1"), mpf("1.37"))]
    if near is None or far is None or None in steep:
        return False
    return bool(abs(far - near) < 1e-4 * (1 + abs(far)) and max(map(abs, steep)) < 1e-5)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


if __name__ == "__main__":
    found = {formula: oracle(formula) for formula, _ in formulas()}
    lines = ",\n".join(f"{json.dumps(text)}: {json.dumps(row)}" for text, row in found.items())
    (HERE / "corpus.json").write_text("{\n" + lines + "\n}\n", "utf-8")
