"""NumPy: no graph and no gradients of its own, so that the training steps are written out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.timing.frameworks.work import reference
from core.timing.frameworks.work.library import Arrays, Library, Prepared


def _start(_variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    import numpy as np

    def of(function: Callable[[], np.ndarray], name: str) -> Prepared:
        last = {}

        def call() -> None:
            last[name] = function()

        return Prepared(call, lambda: last)

    def matmul(given: Arrays) -> Prepared:
        return of(lambda: given["a"] @ given["b"], "product")

    def activation(given: Arrays) -> Prepared:
        return of(lambda: reference.silu(given["x"]), "output")

    def convolution(given: Arrays) -> Prepared:
        return of(lambda: reference.convolution(given["x"], given["filters"]), "output")

    def mlp_step(given: Arrays) -> Prepared:
        weights = {name: given[name].copy() for name in reference.WEIGHTS["mlp_step"]}
        return Prepared(lambda: reference.mlp_step(weights, given["x"], given["y"]), lambda: weights)

    def lstm_step(given: Arrays) -> Prepared:
        weights = {name: given[name].copy() for name in reference.WEIGHTS["lstm_step"]}
        return Prepared(lambda: reference.lstm_step(weights, given["x"], given["y"]), lambda: weights)

    return {
        "matmul": matmul,
        "activation": activation,
        "convolution": convolution,
        "mlp_step": mlp_step,
        "lstm_step": lstm_step,
    }


LIBRARY = Library(
    name="NumPy",
    module="numpy",
    distributions=("numpy",),
    install="pip install numpy",
    about="One operation after another; the gradients of a training step are written out by hand.",
    start=_start,
)
