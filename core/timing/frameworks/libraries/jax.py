"""JAX: pure functions, compiled as a whole by XLA."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule
from core.timing.frameworks.work.catalogue import LEARNING_RATE
from core.timing.frameworks.work.forward import Call, forward_works
from core.timing.frameworks.work.library import Arrays, Library, Prepared
from core.timing.frameworks.work.reference import WEIGHTS

if TYPE_CHECKING:
    import jax
    import jax.numpy as jnp
    import numpy as np
    from jax import lax, nn
else:
    jax = LazyModule("jax")
    jnp = LazyModule("jax.numpy")
    np = LazyModule("numpy")
    lax, nn = LazyModule("jax.lax"), LazyModule("jax.nn")


def _start(_variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    # Channels last, as XLA's convolution on a CPU wants them.
    return forward_works(_ready, jnp.matmul, nn.silu, _convolve, channels_last=True) | {
        "mlp_step": lambda given: _training("mlp_step", _mlp, given),
        "lstm_step": lambda given: _training("lstm_step", _lstm, given),
    }


def _ready(function: Callable[..., Any], *operands: np.ndarray) -> Call:
    run, given = jax.jit(function), [jnp.asarray(operand) for operand in operands]
    return lambda: run(*given).block_until_ready(), np.asarray


def _convolve(x: Any, filters: Any) -> Any:
    return lax.conv_general_dilated(x, filters, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def _training(work: str, outputs: Callable[[Any, Any], Any], given: Arrays) -> Prepared:
    x, y = jnp.asarray(given["x"]), jnp.asarray(given["y"])
    weights: dict[str, Any] = {name: jnp.asarray(given[name]) for name in WEIGHTS[work]}

    def loss_of(weights: Any, x: Any, y: Any) -> Any:
        scores = nn.log_softmax(outputs(weights, x))
        return -jnp.mean(jnp.take_along_axis(scores, y[:, None], axis=1))

    @jax.jit
    def step(weights: Any, x: Any, y: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(weights, x, y)
        return jax.tree.map(lambda w, g: w - LEARNING_RATE * g, weights, gradients), loss

    def call() -> float:
        changed, loss = step(weights, x, y)
        weights.update(jax.block_until_ready(changed))
        return float(loss)

    return Prepared(call, lambda: {name: np.asarray(array) for name, array in weights.items()})


def _mlp(w: Mapping[str, Any], x: Any) -> Any:
    return jnp.tanh(x @ w["hidden"] + w["hidden_bias"]) @ w["output"] + w["output_bias"]


def _lstm(w: Mapping[str, Any], x: Any) -> Any:
    def cell(carried: Any, now: Any) -> Any:
        state, memory = carried
        i, f, g, o = jnp.split(now + state @ w["recurrent"], 4, axis=1)
        memory = nn.sigmoid(f) * memory + nn.sigmoid(i) * jnp.tanh(g)
        return (nn.sigmoid(o) * jnp.tanh(memory), memory), None

    zeros = jnp.zeros((x.shape[0], w["recurrent"].shape[0]), x.dtype)
    (state, _), _ = lax.scan(cell, (zeros, zeros), (x @ w["input"] + w["bias"]).swapaxes(0, 1))
    return state @ w["output"] + w["output_bias"]


LIBRARY = Library(
    name="JAX",
    module="jax",
    distributions=("jax", "jaxlib"),
    install="pip install jax",
    about="jax.jit compiles the whole step, update of the weights included, with XLA.",
    start=_start,
    variables={
        "JAX_PLATFORMS": "cpu",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # else it takes three quarters of a GPU's memory
        # XLA heeds the affinity of the process and no other number of threads.
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen={many}",
    },
)
