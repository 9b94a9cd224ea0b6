"""PaddlePaddle in its dynamic mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.timing.frameworks.work.catalogue import LEARNING_RATE
from core.timing.frameworks.work.library import Arrays, Library, Prepared


def _start(_variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    import paddle
    from paddle import nn
    from paddle.nn import functional

    paddle.set_device("cpu")
    paddle.set_default_dtype("float32")

    def of(function: Callable[..., Any], name: str, *operands: Any) -> Prepared:
        last, given = {}, [paddle.to_tensor(operand) for operand in operands]

        def call() -> None:
            with paddle.no_grad():
                last[name] = function(*given)  # on a CPU the result is there

        return Prepared(call, lambda: {name: last[name].numpy()})

    def matmul(given: Arrays) -> Prepared:
        return of(paddle.matmul, "product", given["a"], given["b"])

    def activation(given: Arrays) -> Prepared:
        return of(functional.silu, "output", given["x"])

    def convolution(given: Arrays) -> Prepared:
        around = given["filters"].shape[-1] // 2
        convolve = lambda x, filters: functional.conv2d(x, filters, padding=around)  # noqa: E731
        return of(convolve, "output", given["x"], given["filters"])

    def training(
        outputs: Callable[[Any], Any], weights: Mapping[str, tuple[Any, bool]], given: Arrays
    ) -> Prepared:
        """weights: the parameter behind each array, and whether it is its transpose."""
        for name, (parameter, transposed) in weights.items():
            parameter.set_value(given[name].T.copy() if transposed else given[name])
        x, y = paddle.to_tensor(given["x"]), paddle.to_tensor(given["y"])
        trained = [parameter for parameter, _ in weights.values()]
        optimizer = paddle.optimizer.SGD(LEARNING_RATE, trained)

        def call() -> float:
            loss = functional.cross_entropy(outputs(x), y)
            loss.backward()
            optimizer.step()
            optimizer.clear_grad()
            return float(loss)

        def result() -> Arrays:
            return {
                name: parameter.numpy().T if transposed else parameter.numpy()
                for name, (parameter, transposed) in weights.items()
            }

        return Prepared(call, result)

    def mlp_step(given: Arrays) -> Prepared:
        hidden, output = (nn.Linear(*given[name].shape) for name in ("hidden", "output"))
        weights = {
            "hidden": (hidden.weight, False),
            "hidden_bias": (hidden.bias, False),
            "output": (output.weight, False),
            "output_bias": (output.bias, False),
        }
        return training(nn.Sequential(hidden, nn.Tanh(), output), weights, given)

    def lstm_step(given: Arrays) -> Prepared:
        recurrent = nn.LSTM(len(given["input"]), len(given["recurrent"]))
        # It has a second bias, which is not among those that are trained here, and stays zero: with both the
        # bias would learn at twice the rate. Without it, or without its gradient, this version fails.
        recurrent.bias_hh_l0.set_value(given["bias"] * 0)
        output = nn.Linear(*given["output"].shape)
        weights = {
            "input": (recurrent.weight_ih_l0, True),
            "recurrent": (recurrent.weight_hh_l0, True),
            "bias": (recurrent.bias_ih_l0, False),
            "output": (output.weight, False),
            "output_bias": (output.bias, False),
        }
        return training(lambda x: output(recurrent(x)[0][:, -1]), weights, given)

    return {
        "matmul": matmul,
        "activation": activation,
        "convolution": convolution,
        "mlp_step": mlp_step,
        "lstm_step": lstm_step,
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
