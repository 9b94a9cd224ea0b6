"""PaddlePaddle in its dynamic mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule
from core.timing.frameworks.work.catalogue import KERNEL_SIZE, LEARNING_RATE
from core.timing.frameworks.work.forward import Call, forward_works
from core.timing.frameworks.work.library import Arrays, Library, Prepared

if TYPE_CHECKING:
    import numpy as np
    import paddle
    from paddle import nn
    from paddle.nn import functional
else:
    paddle = LazyModule("paddle")
    nn, functional = LazyModule("paddle.nn"), LazyModule("paddle.nn.functional")

# A layer's parameter behind each array of the work, and whether it is its transpose.
Parameters = Mapping[str, tuple[Any, bool]]


def _start(_variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    paddle.set_device("cpu")
    paddle.set_default_dtype("float32")
    return forward_works(_ready, paddle.matmul, functional.silu, _convolve) | {
        "mlp_step": _mlp_step,
        "lstm_step": _lstm_step,
    }


def _ready(function: Callable[..., Any], *operands: np.ndarray) -> Call:
    given = [paddle.to_tensor(operand) for operand in operands]

    def call() -> Any:
        with paddle.no_grad():
            return function(*given)  # on a CPU the result is there

    return call, lambda result: result.numpy()


def _convolve(x: Any, filters: Any) -> Any:
    return functional.conv2d(x, filters, padding=KERNEL_SIZE // 2)


def _mlp_step(given: Arrays) -> Prepared:
    hidden, output = (nn.Linear(*given[name].shape) for name in ("hidden", "output"))
    parameters = {
        "hidden": (hidden.weight, False),
        "hidden_bias": (hidden.bias, False),
        "output": (output.weight, False),
        "output_bias": (output.bias, False),
    }
    return _training(nn.Sequential(hidden, nn.Tanh(), output), parameters, given)


def _lstm_step(given: Arrays) -> Prepared:
    recurrent = nn.LSTM(len(given["input"]), len(given["recurrent"]))
    # It has a second bias, which is not among those that are trained here, and stays zero: with both the bias
    # would learn at twice the rate. Without it, or without its gradient, this version fails.
    recurrent.bias_hh_l0.set_value(given["bias"] * 0)
    output = nn.Linear(*given["output"].shape)
    parameters = {
        "input": (recurrent.weight_ih_l0, True),
        "recurrent": (recurrent.weight_hh_l0, True),
        "bias": (recurrent.bias_ih_l0, False),
        "output": (output.weight, False),
        "output_bias": (output.bias, False),
    }
    return _training(lambda x: output(recurrent(x)[0][:, -1]), parameters, given)


def _training(outputs: Callable[[Any], Any], parameters: Parameters, given: Arrays) -> Prepared:
    for name, (parameter, transposed) in parameters.items():
        parameter.set_value(given[name].T.copy() if transposed else given[name])
    x, y = paddle.to_tensor(given["x"]), paddle.to_tensor(given["y"])
    optimizer = paddle.optimizer.SGD(LEARNING_RATE, [parameter for parameter, _ in parameters.values()])

    def call() -> float:
        loss = functional.cross_entropy(outputs(x), y)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        return float(loss)

    return Prepared(call, lambda: _arrays_of(parameters))


def _arrays_of(parameters: Parameters) -> Arrays:
    return {
        name: parameter.numpy().T if transposed else parameter.numpy()
        for name, (parameter, transposed) in parameters.items()
    }


LIBRARY = Library(
    name="PaddlePaddle",
    module="paddle",
    distributions=("paddlepaddle",),
    install="pip install paddlepaddle",
    about="Dynamic mode: each operation runs as it is called.",
    start=_start,
    variables={"GLOG_minloglevel": "2"},
)
