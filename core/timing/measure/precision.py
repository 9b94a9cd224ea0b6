"""Which number format really ran: what was asked for is compared with the same from float64.

A format with p significant bits rounds each operand of a product by up to 2^-p of its value, which shows in
the result whatever format that is stored in: in float32 products the error of random operands is some 3e-7,
in TF32 3e-4, in bfloat16 2e-3. The limit between two formats is halfway between their errors.
Source of the bound: Higham (2002), Accuracy and Stability of Numerical Algorithms, section 3.5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

# Significant bits, the leading one included, from fine to coarse. bfloat16x3 is a float32 product made of
# three bfloat16 ones. float16 and TF32 have the same number of bits: which of them ran, the storage tells.
SIGNIFICANT_BITS = {
    "float64": 53,
    "float32": 24,
    "bfloat16x3": 16,
    "tf32": 11,
    "float16": 11,
    "bfloat16": 8,
    "float8": 4,
}
# What each format may have computed with; only those that a library is known to put in its place.
_STAND_INS = {
    "float64": ("float64", "float32"),
    "float32": ("float32", "bfloat16x3", "tf32", "bfloat16"),
    "tf32": ("float32", "bfloat16x3", "tf32", "bfloat16"),
    "float16": ("float16",),
    "bfloat16": ("bfloat16",),
    "float8": ("float8",),
}
# Relative error of a product of random matrices in units of 2^-bits: two operands, each rounded uniformly
# within half a unit of its last place; measured 0.60 for bfloat16.
_TYPICAL = 0.6
# float32 sums of thousands of terms lose more than their operands do, by chance and by the order of terms.
_SUMS_LOSE = 30.0


@dataclass(frozen=True)
class PrecisionCheck:
    """Which number format was asked for, and which one ran."""

    asked: str
    ran: str | None  # the format that the error fits; None when it fits none
    relative_error: float | None  # Frobenius norm of the difference over that of the float64 result
    reason: str | None = None  # why no format fits


def really_ran(checked: tuple[Tensor, Tensor], asked: str) -> PrecisionCheck:
    """What ran, from the result in the format that was asked for and the same from float64, in any shape.

    asked: a key of DTYPE_BYTES. Give it random operands: zeros and ones are exact in every format.
    """
    result, exact = checked
    error = relative_error(result, exact)
    if not result.is_floating_point():
        if error == 0:
            return PrecisionCheck(asked, asked, 0.0)
        return PrecisionCheck(asked, None, error, "whole numbers must be exact, and these are not")
    return format_of(error, asked)


def format_of(error: float, asked: str) -> PrecisionCheck:
    """What ran, from the relative error of a product of random operands against float64."""
    if not math.isfinite(error):
        return PrecisionCheck(asked, None, None, "the result holds numbers that are not finite")
    for ran in _STAND_INS[asked]:
        if error <= largest_error(ran, asked):
            return PrecisionCheck(asked, ran, error)
    return PrecisionCheck(
        asked, None, error, f"the error {error:.1e} is larger than any that {asked} explains"
    )


def relative_error(result: Tensor, exact: Tensor) -> float:
    """Frobenius norm of the difference over that of the exact result; not finite where either is not."""
    exact = exact.cpu().to(torch.float64)  # which not every device has
    difference = float(torch.linalg.vector_norm(result.cpu().to(torch.float64) - exact))
    norm = float(torch.linalg.vector_norm(exact))
    return 0.0 if difference == 0 else difference / norm if norm else math.inf


def largest_error(ran: str, asked: str) -> float:
    """The largest relative error that is taken for a format's: halfway, as factors, to the next coarser."""
    own = typical_error(ran)
    coarser = [typical_error(name) for name in _STAND_INS[asked] if typical_error(name) > 1.5 * own]
    return math.sqrt(own * min(coarser)) if coarser else 10 * own


def typical_error(name: str) -> float:
    """The error to expect of random operands."""
    sums = _SUMS_LOSE if name in ("float32", "float64") else 1.0
    return _TYPICAL * sums * 2.0 ** -SIGNIFICANT_BITS[name]
