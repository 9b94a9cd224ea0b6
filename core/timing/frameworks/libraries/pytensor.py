"""PyTensor, which Theano has become: symbolic expressions, compiled through Numba."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.timing.frameworks.work.catalogue import LEARNING_RATE
from core.timing.frameworks.work.library import Arrays, Library, Prepared
from core.timing.frameworks.work.reference import WEIGHTS


def _start(_variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    import numpy as np
    import pytensor
    import pytensor.tensor as pt

    pytensor.config.floatX = "float32"

    def of(expression: Any, name: str, symbols: list[Any], *operands: np.ndarray) -> Prepared:
        run, last = pytensor.function(symbols, expression), {}

        def call() -> None:
            last[name] = run(*operands)

        return Prepared(call, lambda: last)

    def matmul(given: Arrays) -> Prepared:
        a, b = pt.fmatrix("a"), pt.fmatrix("b")
        return of(a @ b, "product", [a, b], given["a"], given["b"])

    def activation(given: Arrays) -> Prepared:
        x = pt.fvector("x")
        return of(x * pt.sigmoid(x), "output", [x], given["x"])

    def convolution(given: Arrays) -> Prepared:
        # It has no convolution of batches of images: a product for each of the filters' places.
        _, _, height, width = given["filters"].shape
        around = ((0, 0), (0, 0), (height // 2, height // 2), (width // 2, width // 2))
        rows, columns = given["x"].shape[2:]
        x, filters = pt.ftensor4("x"), pt.ftensor4("filters")
        padded = pt.pad(x, around).transpose(0, 2, 3, 1)
        terms = [
            padded[:, row : row + rows, column : column + columns] @ filters[:, :, row, column].T
            for row in range(height)
            for column in range(width)
        ]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return of(total.transpose(0, 3, 1, 2), "output", [x, filters], given["x"], given["filters"])

    def training(work: str, outputs: Callable[[Mapping[str, Any], Any], Any], given: Arrays) -> Prepared:
        x = pt.TensorType("float32", (None,) * given["x"].ndim)("x")
        y = pt.lvector("y")
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

    def mlp_step(given: Arrays) -> Prepared:
        def outputs(w: Mapping[str, Any], x: Any) -> Any:
            return pt.tanh(x @ w["hidden"] + w["hidden_bias"]) @ w["output"] + w["output_bias"]

        return training("mlp_step", outputs, given)

    def lstm_step(given: Arrays) -> Prepared:
        units = len(given["recurrent"])

        def outputs(w: Mapping[str, Any], x: Any) -> Any:
            def cell(now: Any, state: Any, memory: Any, recurrent: Any) -> Any:
                sums = now + state @ recurrent
                i, f, o = (pt.sigmoid(sums[:, k * units : (k + 1) * units]) for k in (0, 1, 3))
                memory = f * memory + i * pt.tanh(sums[:, 2 * units : 3 * units])
                return o * pt.tanh(memory), memory

            zeros = pt.zeros((x.shape[0], units), dtype="float32")
            (states, _) = pytensor.scan(
                cell,
                sequences=[(x @ w["input"] + w["bias"]).transpose(1, 0, 2)],
                outputs_info=[zeros, zeros],
                non_sequences=[w["recurrent"]],
                return_updates=False,
            )
            return states[-1] @ w["output"] + w["output_bias"]

        return training("lstm_step", outputs, given)

    return {
        "matmul": matmul,
        "activation": activation,
        "convolution": convolution,
        "mlp_step": mlp_step,
        "lstm_step": lstm_step,
    }


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
