"""The pieces of forward work, which differ among frameworks only in the functions that they call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from core.timing.frameworks.work.library import Arrays, Prepared

if TYPE_CHECKING:
    import numpy as np

# A call, which returns when its result is there, and what makes an array of NumPy of that result.
Call: TypeAlias = "tuple[Callable[[], Any], Callable[[Any], np.ndarray]]"

# Orders of the axes: images with their channels last, filters likewise, and such images back.
_LAST, _FILTERS_LAST, _FIRST = (0, 2, 3, 1), (2, 3, 1, 0), (0, 3, 1, 2)


def forward_works(
    ready: Callable[..., Call],
    matmul: Callable[[Any, Any], Any],
    silu: Callable[[Any], Any],
    convolve: Callable[[Any, Any], Any],
    channels_last: bool = False,
) -> dict[str, Callable[[Arrays], Prepared]]:
    """prepare(arrays) by the work's key.

    ready(function, *operands) is the call of a function of these arrays. channels_last: how
    convolve(images, filters) wants its arrays.
    """

    def convolution(given: Arrays) -> Prepared:
        x, filters = given["x"], given["filters"]
        if not channels_last:
            return last_of("output", *ready(convolve, x, filters))
        call, array = ready(convolve, x.transpose(_LAST), filters.transpose(_FILTERS_LAST))
        return last_of("output", call, lambda result: array(result).transpose(_FIRST))

    return {
        "matmul": lambda given: last_of("product", *ready(matmul, given["a"], given["b"])),
        "activation": lambda given: last_of("output", *ready(silu, given["x"])),
        "convolution": convolution,
    }


def last_of(name: str, call: Callable[[], Any], array: Callable[[Any], np.ndarray]) -> Prepared:
    """The work of a call whose last result is kept, under the name of the array that it is."""
    last: dict[str, Any] = {}

    def kept() -> None:
        last[name] = call()

    return Prepared(kept, lambda: {name: array(last[name])})
