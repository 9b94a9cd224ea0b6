"""PyTorch: eager, and through torch.compile."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from typing import Any

from core.timing.frameworks.work.catalogue import LEARNING_RATE
from core.timing.frameworks.work.library import Arrays, Library, Prepared

EAGER, COMPILED = "eager", "compiled"


def _start(variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    import os

    import torch
    from torch import Tensor, nn
    from torch.nn import functional

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    # What runs is the same either way: no TF32 or bfloat16 in place of float32.
    torch.set_float32_matmul_precision("highest")
    torch.manual_seed(0)
    if variant == COMPILED and not any(map(shutil.which, (os.environ.get("CXX", "g++"), "g++", "clang++"))):
        raise RuntimeError("torch.compile needs a C++ compiler, and there is no g++ or clang++ here")

    def through(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return torch.compile(function, dynamic=False) if variant == COMPILED else function

    def of(function: Callable[..., Tensor], name: str, *operands: Tensor) -> Prepared:
        run, last = through(function), {}

        def call() -> None:
            with torch.inference_mode():
                last[name] = run(*operands)

        return Prepared(call, lambda: {name: last[name].numpy()})

    def matmul(given: Arrays) -> Prepared:
        return of(torch.matmul, "product", torch.from_numpy(given["a"]), torch.from_numpy(given["b"]))

    def activation(given: Arrays) -> Prepared:
        return of(functional.silu, "output", torch.from_numpy(given["x"]))

    def convolution(given: Arrays) -> Prepared:
        x, filters = torch.from_numpy(given["x"]), torch.from_numpy(given["filters"])
        return of(lambda x, filters: functional.conv2d(x, filters, padding="same"), "output", x, filters)

    def training(module: nn.Module, given: Arrays, weights: Mapping[str, tuple[Any, bool]]) -> Prepared:
        """weights: the parameter behind each array, and whether it is its transpose."""
        with torch.no_grad():
            for name, (parameter, transposed) in weights.items():
                array = torch.from_numpy(given[name])
                parameter.copy_(array.T if transposed else array)
        x, y = torch.from_numpy(given["x"]), torch.from_numpy(given["y"])
        trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
        optimizer = torch.optim.SGD(trained, LEARNING_RATE)
        loss_of = through(lambda x, y: functional.cross_entropy(module(x), y))

        def call() -> float:
            optimizer.zero_grad()
            loss = loss_of(x, y)
            loss.backward()
            optimizer.step()
            return float(loss)

        def result() -> Arrays:
            return {
                name: (parameter.T if transposed else parameter).detach().numpy()
                for name, (parameter, transposed) in weights.items()
            }

        return Prepared(call, result)

    def mlp_step(given: Arrays) -> Prepared:
        hidden, output = (nn.Linear(*given[name].shape) for name in ("hidden", "output"))
        weights = {
            "hidden": (hidden.weight, True),
            "hidden_bias": (hidden.bias, False),
            "output": (output.weight, True),
            "output_bias": (output.bias, False),
        }
        return training(nn.Sequential(hidden, nn.Tanh(), output), given, weights)

    class LastState(nn.Module):
        """The outputs for the last state of a recurrent layer."""

        def __init__(self, recurrent: nn.LSTM, output: nn.Linear) -> None:
            super().__init__()
            self.recurrent, self.output = recurrent, output

        def forward(self, x: Tensor) -> Tensor:
            states, _ = self.recurrent(x)
            return self.output(states[:, -1])

    def lstm_step(given: Arrays) -> Prepared:
        recurrent = nn.LSTM(len(given["input"]), len(given["recurrent"]), batch_first=True)
        output = nn.Linear(*given["output"].shape)
        # It has a second bias, which stays zero here: with both the bias would learn at twice the rate.
        second: Any = recurrent.bias_hh_l0
        nn.init.zeros_(second.requires_grad_(False))
        weights = {
            "input": (recurrent.weight_ih_l0, True),
            "recurrent": (recurrent.weight_hh_l0, True),
            "bias": (recurrent.bias_ih_l0, False),
            "output": (output.weight, True),
            "output_bias": (output.bias, False),
        }
        return training(LastState(recurrent, output), given, weights)

    return {
        "matmul": matmul,
        "activation": activation,
        "convolution": convolution,
        "mlp_step": mlp_step,
        "lstm_step": lstm_step,
    }


LIBRARY = Library(
    name="PyTorch",
    module="torch",
    distributions=("torch",),
    install="pip install torch",
    about="Eager: each operation runs as it is called. Compiled: torch.compile makes C++ of the forward and "
    "backward pass; the optimizer stays eager, and so does the LSTM, which it does not look into.",
    start=_start,
    variants={EAGER: "eager", COMPILED: "compiled"},
    keeps_compiled=True,
    variables={"TORCHINDUCTOR_COMPILE_THREADS": "1"},
)
