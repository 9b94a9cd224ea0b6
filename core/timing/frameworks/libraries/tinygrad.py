"""tinygrad: lazy expressions, fused into kernels that a compiler of the system makes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule
from core.timing.frameworks.work.catalogue import KERNEL_SIZE, LEARNING_RATE
from core.timing.frameworks.work.forward import Call, forward_works
from core.timing.frameworks.work.library import Arrays, Library, Prepared
from core.timing.frameworks.work.reference import WEIGHTS

if TYPE_CHECKING:
    import numpy as np
    import tinygrad
else:
    np = LazyModule("numpy")
    tinygrad = LazyModule("tinygrad")


def _missing(path: str) -> str | None:
    if shutil.which("clang", path=path) is None:
        return "tinygrad is installed, but makes its CPU kernels with clang, which is not here"
    return None


def _start(_variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    tensor = tinygrad.Tensor
    return forward_works(_ready, tensor.matmul, tensor.silu, _convolve) | {
        "mlp_step": lambda given: _training("mlp_step", _mlp, given),
        "lstm_step": lambda given: _training("lstm_step", _lstm, given),
    }


def _ready(function: Callable[..., Any], *operands: np.ndarray) -> Call:
    given = [tinygrad.Tensor(operand).realize() for operand in operands]
    run = tinygrad.TinyJit(lambda *tensors: function(*tensors).realize())

    def call() -> Any:
        result = run(*given)
        tinygrad.Device[tinygrad.Device.DEFAULT].synchronize()
        return result

    return call, lambda result: result.numpy()


def _convolve(x: Any, filters: Any) -> Any:
    return x.conv2d(filters, padding=KERNEL_SIZE // 2)


def _training(work: str, outputs: Callable[[Mapping[str, Any], Any], Any], given: Arrays) -> Prepared:
    x = tinygrad.Tensor(given["x"]).realize()
    y = tinygrad.Tensor(given["y"].astype(np.int32)).realize()
    weights = {name: tinygrad.Tensor(given[name]).realize() for name in WEIGHTS[work]}
    for weight in weights.values():
        weight.requires_grad = True

    @tinygrad.TinyJit
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


def _mlp(w: Mapping[str, Any], x: Any) -> Any:
    return (x @ w["hidden"] + w["hidden_bias"]).tanh() @ w["output"] + w["output_bias"]


def _lstm(w: Mapping[str, Any], x: Any) -> Any:
    state = memory = tinygrad.Tensor.zeros(x.shape[0], w["recurrent"].shape[0])
    for at in range(x.shape[1]):
        sums = x[:, at] @ w["input"] + state @ w["recurrent"] + w["bias"]
        i, f, g, o = sums.chunk(4, dim=1)
        # Kernels end here: fused over all steps of time they would compute these again and again.
        memory = (f.sigmoid() * memory + i.sigmoid() * g.tanh()).contiguous().contiguous_backward()
        state = (o.sigmoid() * memory.tanh()).contiguous().contiguous_backward()
    return state @ w["output"] + w["output_bias"]


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
