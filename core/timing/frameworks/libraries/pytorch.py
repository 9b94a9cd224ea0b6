"""PyTorch: eager, and through torch.compile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule
from core.timing.frameworks.work.catalogue import LEARNING_RATE
from core.timing.frameworks.work.forward import Call, forward_works
from core.timing.frameworks.work.library import Arrays, Library, Prepared

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import Tensor, nn
    from torch.nn import functional
else:
    torch = LazyModule("torch")
    nn, functional = LazyModule("torch.nn"), LazyModule("torch.nn.functional")

EAGER, COMPILED = "eager", "compiled"

Through = Callable[..., Any]  # a function as it is, or compiled
# A layer's parameter behind each array of the work, and whether it is its transpose.
Parameters = Mapping[str, tuple[Any, bool]]


def _start(variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    # What runs is the same either way: no TF32 or bfloat16 in place of float32.
    torch.set_float32_matmul_precision("highest")
    torch.manual_seed(0)
    through = _compiled if variant == COMPILED else lambda function: function
    if variant == COMPILED and not any(map(shutil.which, (os.environ.get("CXX", "g++"), "g++", "clang++"))):
        raise RuntimeError("torch.compile needs a C++ compiler, and there is no g++ or clang++ here")

    def ready(function: Callable[..., Tensor], *operands: np.ndarray) -> Call:
        return _ready(through(function), *operands)

    return forward_works(ready, torch.matmul, functional.silu, _convolution()) | {
        "mlp_step": lambda given: _mlp_step(given, through),
        "lstm_step": lambda given: _lstm_step(given, through),
    }


def _compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return torch.compile(function, dynamic=False)


def _ready(run: Callable[..., Tensor], *operands: np.ndarray) -> Call:
    given = [torch.from_numpy(operand) for operand in operands]

    def call() -> Tensor:
        with torch.inference_mode():
            return run(*given)

    return call, lambda result: result.numpy()


def _convolution() -> Callable[[Tensor, Tensor], Tensor]:
    conv2d = functional.conv2d  # so that torch.compile sees no LazyModule
    return lambda x, filters: conv2d(x, filters, padding="same")


def _mlp_step(given: Arrays, through: Through) -> Prepared:
    hidden, output = (nn.Linear(*given[name].shape) for name in ("hidden", "output"))
    parameters = {
        "hidden": (hidden.weight, True),
        "hidden_bias": (hidden.bias, False),
        "output": (output.weight, True),
        "output_bias": (output.bias, False),
    }
    return _training(nn.Sequential(hidden, nn.Tanh(), output), parameters, given, through)


def _lstm_step(given: Arrays, through: Through) -> Prepared:
    recurrent = nn.LSTM(len(given["input"]), len(given["recurrent"]), batch_first=True)
    output = nn.Linear(*given["output"].shape)
    # It has a second bias, which is not trained and stays zero here: with both the bias would learn at twice
    # the rate.
    second: Any = recurrent.bias_hh_l0
    nn.init.zeros_(second.requires_grad_(False))
    parameters = {
        "input": (recurrent.weight_ih_l0, True),
        "recurrent": (recurrent.weight_hh_l0, True),
        "bias": (recurrent.bias_ih_l0, False),
        "output": (output.weight, True),
        "output_bias": (output.bias, False),
    }
    return _training(lambda x: output(recurrent(x)[0][:, -1]), parameters, given, through)


def _training(
    outputs: Callable[[Tensor], Tensor], parameters: Parameters, given: Arrays, through: Through
) -> Prepared:
    with torch.no_grad():
        for name, (parameter, transposed) in parameters.items():
            array = torch.from_numpy(given[name])
            parameter.copy_(array.T if transposed else array)
    x, y = torch.from_numpy(given["x"]), torch.from_numpy(given["y"])
    optimizer = torch.optim.SGD([parameter for parameter, _ in parameters.values()], LEARNING_RATE)
    cross_entropy = functional.cross_entropy
    loss_of = through(lambda x, y: cross_entropy(outputs(x), y))

    def call() -> float:
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        return float(loss)

    return Prepared(call, lambda: _arrays_of(parameters))


def _arrays_of(parameters: Parameters) -> Arrays:
    return {
        name: (parameter.T if transposed else parameter).detach().numpy()
        for name, (parameter, transposed) in parameters.items()
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
