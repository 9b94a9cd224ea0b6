"""PyTensor, which Theano has become: symbolic expressions, compiled through Numba."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule
from core.timing.frameworks.work.catalogue import IMAGE_SIZE, KERNEL_SIZE, LEARNING_RATE, UNITS
from core.timing.frameworks.work.forward import Call, forward_works
from core.timing.frameworks.work.library import Arrays, Library, Prepared
from core.timing.frameworks.work.reference import WEIGHTS

if TYPE_CHECKING:
    import numpy as np
    import pytensor
    import pytensor.tensor as pt
else:
    np = LazyModule("numpy")
    pytensor = LazyModule("pytensor")
    pt = LazyModule("pytensor.tensor")


def _start(_variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    pytensor.config.floatX = "float32"
    return forward_works(_ready, pt.matmul, _silu, _convolve) | {
        "mlp_step": lambda given: _training("mlp_step", _mlp, given),
        "lstm_step": lambda given: _training("lstm_step", _lstm, given),
    }


def _ready(function: Callable[..., Any], *operands: np.ndarray) -> Call:
    symbols = [_symbol(operand) for operand in operands]
    run = pytensor.function(symbols, function(*symbols))
    return lambda: run(*operands), np.asarray


def _symbol(array: np.ndarray) -> Any:
    return pt.TensorType("float32", (None,) * array.ndim)()


def _silu(x: Any) -> Any:
    return x * pt.sigmoid(x)


def _convolve(x: Any, filters: Any) -> Any:
    """It has no convolution of batches of images: a product for each of the filters' places."""
    around = KERNEL_SIZE // 2
    padded = pt.pad(x, ((0, 0), (0, 0), (around, around), (around, around))).transpose(0, 2, 3, 1)
    total: Any = 0
    for row in range(KERNEL_SIZE):
        for column in range(KERNEL_SIZE):
            place = padded[:, row : row + IMAGE_SIZE, column : column + IMAGE_SIZE]
            total = total + place @ filters[:, :, row, column].T
    return total.transpose(0, 3, 1, 2)


def _training(work: str, outputs: Callable[[Mapping[str, Any], Any], Any], given: Arrays) -> Prepared:
    x, y = _symbol(given["x"]), pt.lvector("y")
    weights = {name: pytensor.shared(given[name], name) for name in WEIGHTS[work]}
    scores = pt.special.log_softmax(outputs(weights, x), axis=1)
    loss = -pt.mean(scores[pt.arange(y.shape[0]), y])
    slopes = pytensor.grad(loss, [*weights.values()])
    rate = np.float32(LEARNING_RATE)
    updates = [
        (weight, (weight - rate * slope).astype("float32"))
        for weight, slope in zip(weights.values(), slopes, strict=True)
    ]
    step = pytensor.function([x, y], loss, updates=updates)
    return Prepared(
        lambda: float(step(given["x"], given["y"])),
        lambda: {name: array.get_value() for name, array in weights.items()},
    )


def _mlp(w: Mapping[str, Any], x: Any) -> Any:
    return pt.tanh(x @ w["hidden"] + w["hidden_bias"]) @ w["output"] + w["output_bias"]


def _lstm(w: Mapping[str, Any], x: Any) -> Any:
    def cell(now: Any, state: Any, memory: Any, recurrent: Any) -> Any:
        sums = now + state @ recurrent
        i, f, o = (pt.sigmoid(sums[:, k * UNITS : (k + 1) * UNITS]) for k in (0, 1, 3))
        memory = f * memory + i * pt.tanh(sums[:, 2 * UNITS : 3 * UNITS])
        return o * pt.tanh(memory), memory

    zeros = pt.zeros((x.shape[0], UNITS), dtype="float32")
    (states, _) = pytensor.scan(
        cell,
        sequences=[(x @ w["input"] + w["bias"]).transpose(1, 0, 2)],
        outputs_info=[zeros, zeros],
        non_sequences=[w["recurrent"]],
        return_updates=False,
    )
    return states[-1] @ w["output"] + w["output_bias"]


LIBRARY = Library(
    name="PyTensor",
    module="pytensor",
    distributions=("pytensor", "numba"),
    install="pip install pytensor",
    about="Theano's heir: an expression is rewritten and compiled through Numba, which takes many seconds, "
    "and is kept on disk for the next time.",
    start=_start,
    keeps_compiled=True,
)
