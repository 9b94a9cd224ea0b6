"""NumPy: no graph and no gradients of its own, so that the training steps are written out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule
from core.timing.frameworks.work import reference
from core.timing.frameworks.work.forward import Call, forward_works
from core.timing.frameworks.work.library import Arrays, Library, Prepared

if TYPE_CHECKING:
    import numpy as np
else:
    np = LazyModule("numpy")


def _start(_variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    return forward_works(_ready, np.matmul, reference.silu, reference.convolution) | {
        "mlp_step": lambda given: _training("mlp_step", reference.mlp_step, given),
        "lstm_step": lambda given: _training("lstm_step", reference.lstm_step, given),
    }


def _ready(function: Callable[..., Any], *operands: np.ndarray) -> Call:
    return lambda: function(*operands), np.asarray


def _training(work: str, step: Callable[..., float], given: Arrays) -> Prepared:
    weights = {name: given[name].copy() for name in reference.WEIGHTS[work]}
    return Prepared(lambda: step(weights, given["x"], given["y"]), lambda: weights)


LIBRARY = Library(
    name="NumPy",
    module="numpy",
    distributions=("numpy",),
    install="pip install numpy",
    about="One operation after another; the gradients of a training step are written out by hand.",
    start=_start,
)
