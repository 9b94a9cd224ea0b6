"""Floating-point formats that networks compute and store in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Format:
    """A floating-point format.

    Source: IEEE 754-2019; for float8 Micikevicius et al. 2022,
    "FP8 formats for deep learning", https://arxiv.org/abs/2209.05433.
    """

    name: str
    exponent_bits: int
    fraction_bits: int
    largest: float  # finite number
    arithmetic: str  # the format torch computes in: inputs are of this format, outputs are rounded to it
    note: str

    @property
    def epsilon(self) -> float:
        """The step from 1 to the next number."""
        return 2.0**-self.fraction_bits

    @property
    def smallest_normal(self) -> float:
        """The smallest positive number with a full fraction."""
        return 2.0 ** (2 - 2 ** (self.exponent_bits - 1))

    @property
    def smallest(self) -> float:
        """The smallest positive number."""
        return self.smallest_normal * self.epsilon

    def spacing(self, at: np.ndarray) -> np.ndarray:
        """The step between the format's numbers around each of `at`: one unit in the last place (ulp)."""
        exponent = np.frexp(np.maximum(np.abs(at), self.smallest_normal))[1]
        return np.ldexp(self.epsilon, exponent - 1)

    def holds(self, exact: np.ndarray) -> np.ndarray:
        """Whether rounding gives a finite number, and 0 for an exact 0 alone."""
        size = np.abs(exact)
        largest = self.largest + float(self.spacing(np.array(self.largest))) / 2
        return (size == 0) | ((size > self.smallest / 2) & (size < largest))


FORMATS: dict[str, Format] = {
    "float32": Format("float32", 8, 23, 3.4028234663852886e38, "float32", "The default format."),
    "bfloat16": Format(
        "bfloat16",
        8,
        7,
        3.3895313892515355e38,
        "bfloat16",
        "float32 cut in half: the same range with two to three digits.",
    ),
    "float16": Format(
        "float16", 5, 10, 65504.0, "float16", "Three to four digits, and nothing above 65,504."
    ),
    "float8_e4m3fn": Format(
        "float8 e4m3", 4, 3, 448.0, "float32", "Eight bits for values: one to two digits, up to 448."
    ),
    "float8_e5m2": Format(
        "float8 e5m2", 5, 2, 57344.0, "float32", "Eight bits for gradients: one digit, up to 57,344."
    ),
}
