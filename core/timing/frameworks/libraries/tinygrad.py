"""tinygrad: lazy expressions, fused into kernels that a compiler of the system makes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from typing import Any

from core.timing.frameworks.work.catalogue import LEARNING_RATE
from core.timing.frameworks.work.library import Arrays, Library, Prepared
from core.timing.frameworks.work.reference import WEIGHTS


def _missing(path: str) -> str | None:
    if shutil.which("clang", path=path) is None:
        return "tinygrad is installed, but makes its CPU kernels with clang, which is not here"
    return None


def _start(_variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    import numpy as np
    from tinygrad import Device, Tensor, TinyJit

    def of(function: Callable[..., Any], name: str, *operands: np.ndarray) -> Prepared:
        given, last = [Tensor(operand).realize() for operand in operands], {}
        run = TinyJit(lambda *tensors: function(*tensors).realize())

        def call() -> None:
            last[name] = run(*given)
            Device[Device.DEFAULT].synchronize()

        return Prepared(call, lambda: {name: last[name].numpy()})

    def matmul(given: Arrays) -> Prepared:
        return of(Tensor.matmul, "product", given["a"], given["b"])

    def activation(given: Arrays) -> Prepared:
        return of(Tensor.silu, "output", given["x"])

    def convolution(given: Arrays) -> Prepared:
        around = given["filters"].shape[-1] // 2
        convolve = lambda x, filters: x.conv2d(filters, padding=around)  # noqa: E731
        return of(convolve, "output", given["x"], given["filters"])

    def training(work: str, outputs: Callable[[Mapping[str, Any], Any], Any], given: Arrays) -> Prepared:
        x, y = Tensor(given["x"]).realize(), Tensor(given["y"].astype(np.int32)).realize()
        weights = {name: Tensor(given[name]).realize() for name in WEIGHTS[work]}
        for weight in weights.values():
            weight.requires_grad = True

        @TinyJit
        def step(x: Any, y: Any) -> Any:
            loss = outputs(weights, x).sparse_categorical_crossentropy(y)
            slopes = loss.gradient(*weights.values())
            changed = [
                weight.assign(weight.detach() - LEARNING_RATE * slope)
                for weight, slope in zip(weights.values(), slopes, strict=True)
            ]
            return loss.realize(*changed)

        return Prepared(
            lambda: float(step(x, y).item()),
            lambda: {name: array.numpy() for name, array in weights.items()},
        )

    def mlp_step(given: Arrays) -> Prepared:
        def outputs(w: Mapping[str, Any], x: Any) -> Any:
            return (x @ w["hidden"] + w["hidden_bias"]).tanh() @ w["output"] + w["output_bias"]

        return training("mlp_step", outputs, given)

    def lstm_step(given: Arrays) -> Prepared:
        units = len(given["recurrent"])

        def outputs(w: Mapping[str, Any], x: Any) -> Any:
            state = memory = Tensor.zeros(x.shape[0], units)
            for at in range(x.shape[1]):
                sums = x[:, at] @ w["input"] + state @ w["recurrent"] + w["bias"]
                i, f, g, o = sums.chunk(4, dim=1)
                # Kernels end here: fused over all steps of time they would compute these again and again.
                memory = (f.sigmoid() * memory + i.sigmoid() * g.tanh()).contiguous().contiguous_backward()
                state = (o.sigmoid() * memory.tanh()).contiguous().contiguous_backward()
            return state @ w["output"] + w["output_bias"]

        return training("lstm_step", outputs, given)

    return {
        "matmul": matmul,
        "activation": activation,
        "convolution": convolution,
        "mlp_step": mlp_step,
        "lstm_step": lstm_step,
    }


LIBRARY = Library(
    name="tinygrad",
    module="tinygrad",
    distributions=("tinygrad",),
    install="pip install tinygrad, and clang: on Debian and Ubuntu apt install clang",
    about="Kernels of its own, made by clang; it does not call a library of matrix products.",
    start=_start,
    keeps_compiled=True,
    variables={"DEV": "CPU", "CPU_COUNT": "{threads}"},
    missing=_missing,
)
