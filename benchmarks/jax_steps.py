"""Training steps of the same networks in JAX: one jit around a lax.scan over all steps of a call.

The network, its first weights, data and batch size are those of a training's config; the optimiser is Adam
with a constant rate, or SGD. Networks that normalise batches or add shortcuts have none here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.activations import ACTIVATIONS
from core.data.dataset import CLASSIFICATION, NO_TARGET
from core.models import MODELS
from core.models.recurrent import SequenceNetwork, SymbolNetwork
from core.options import filled_in
from core.training.config import TrainConfig
from core.training.learners.supervised import SupervisedLearner

Forward = Callable[[list[Any], Any], Any]


def jax_is_installed() -> bool:
    """Whether this Python has it; the product needs none."""
    try:
        import jax  # noqa: F401
    except ImportError:
        return False
    return True


def jax_steps(config: TrainConfig) -> Callable[[int], None] | None:
    """A function that takes so many steps, compiled for each number; None where JAX or the network is not."""
    if not jax_is_installed():
        return None
    import jax
    import jax.numpy as jnp

    learner = SupervisedLearner(config)
    forward = _forward(config, learner)
    update = {"adam": _adam, "sgd": _sgd}.get(config.optimizer)
    if forward is None or update is None:
        return None
    inputs, targets = (jnp.asarray(each.numpy()) for each in (learner.train_inputs, learner.train_targets))
    loss_of, rate, batch = _loss(config, learner), config.learning_rate, config.batch_size

    def step(state: Any, samples: Any) -> Any:
        theta, moments, done = state
        gradient = jax.grad(lambda t: loss_of(forward(t, inputs[samples]), targets[samples]))(theta)
        theta, moments = update(theta, moments, gradient, done + 1, rate)
        return (theta, moments, done + 1), None

    many = jax.jit(lambda state, order: jax.lax.scan(step, state, order)[0])
    theta = [jnp.asarray(one.detach().numpy()) for one in learner.network.parameters()]
    state: Any = (theta, [[jnp.zeros_like(one) for one in theta] for _ in range(2)], jnp.float32(0))
    rng, samples = np.random.default_rng(0), len(learner.train_inputs) // batch * batch

    def take(steps: int) -> None:
        nonlocal state
        passes = -(-steps * batch // samples)
        order = np.concatenate([rng.permutation(len(inputs))[:samples] for _ in range(passes)])
        state = jax.block_until_ready(many(state, jnp.asarray(order[: steps * batch].reshape(steps, batch))))

    return take


def _adam(theta: Any, moments: Any, gradient: Any, step: Any, rate: float) -> Any:
    import jax.numpy as jnp

    first = [0.9 * m + 0.1 * g for m, g in zip(moments[0], gradient, strict=True)]
    second = [0.999 * v + 0.001 * g * g for v, g in zip(moments[1], gradient, strict=True)]
    size, root = rate / (1 - 0.9**step), (1 - 0.999**step) ** -0.5
    moved = [w - size * m / (jnp.sqrt(v) * root + 1e-8) for w, m, v in zip(theta, first, second, strict=True)]
    return moved, [first, second]


def _sgd(theta: Any, moments: Any, gradient: Any, step: Any, rate: float) -> Any:
    return [w - rate * g for w, g in zip(theta, gradient, strict=True)], moments


def _loss(config: TrainConfig, learner: SupervisedLearner) -> Callable[[Any, Any], Any]:
    import jax
    import jax.numpy as jnp

    smoothing, classes = config.label_smoothing, learner.objective.outputs

    def squared(outputs: Any, targets: Any) -> Any:
        return jnp.square(outputs[:, 0] - targets).mean()

    def binary(outputs: Any, targets: Any) -> Any:
        z, y = outputs[:, 0], targets * (1 - smoothing) + 0.5 * smoothing
        return (jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z)))).mean()

    def cross_entropy(outputs: Any, targets: Any) -> Any:
        """Of outputs (..., classes)."""
        logs, has = jax.nn.log_softmax(outputs), targets != NO_TARGET
        wanted = jax.nn.one_hot(targets, classes) * (1 - smoothing) + smoothing / classes
        return -(jnp.where(has, (wanted * logs).sum(-1), 0)).sum() / has.sum()

    if learner.data.task != CLASSIFICATION:
        return squared
    return binary if classes == 1 else cross_entropy


def _forward(config: TrainConfig, learner: SupervisedLearner) -> Forward | None:
    network = learner.network
    if isinstance(network, SequenceNetwork | SymbolNetwork):
        return _recurrent(network)
    model = MODELS[config.model]
    if model.plan is None or config.activation not in ACTIVATIONS:
        return None
    options = filled_in(model.options, config.model_options)
    plan = model.plan(learner.train_inputs.shape[1:], learner.objective.outputs, config.hidden, **options)
    return _planned(plan.operations, config.activation)


def _planned(operations: tuple[dict[str, Any], ...], activation: str) -> Forward | None:
    import jax
    import jax.numpy as jnp

    activations = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid, "silu": jax.nn.silu}
    known = {"convolution", "activation", "max_pool", "linear"}
    if activation not in activations or not {operation["op"] for operation in operations} <= known:
        return None

    def forward(theta: list[Any], x: Any) -> Any:
        numbers = iter(theta)
        for one in operations:
            if one["op"] == "convolution":
                padding = [(one["padding"],) * 2] * 2
                x = jax.lax.conv(x, next(numbers), (one["stride"],) * 2, padding)
                x = x + next(numbers)[:, None, None] if one["bias"] else x
            elif one["op"] == "max_pool":
                window, strides = (1, 1, one["size"], one["size"]), (1, 1, one["stride"], one["stride"])
                x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, strides, "VALID")
            elif one["op"] == "linear":
                x = x.reshape(len(x), -1) @ next(numbers).T + next(numbers)
            else:
                x = activations[activation](x)
        return x

    return forward


def _recurrent(network: Any) -> Forward | None:
    import jax
    import jax.numpy as jnp

    recurrent = network.recurrent
    if recurrent.bidirectional or recurrent.mode not in ("LSTM", "GRU", "RNN_TANH"):
        return None
    units, mode, reads_symbols = recurrent.hidden_size, recurrent.mode, isinstance(network, SymbolNetwork)

    def cell(state: Any, below: Any, u: Any, c: Any) -> Any:
        h, memory = state
        if mode == "LSTM":
            i, f, g, o = jnp.split(below + h @ u.T + c, 4, axis=1)
            memory = jax.nn.sigmoid(f) * memory + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(memory)
        elif mode == "GRU":
            (r, z, n), (a, b, d) = jnp.split(below, 3, axis=1), jnp.split(h @ u.T + c, 3, axis=1)
            z = jax.nn.sigmoid(z + b)
            h = (1 - z) * jnp.tanh(n + jax.nn.sigmoid(r + a) * d) + z * h
        else:
            h = jnp.tanh(below + h @ u.T + c)
        return h, memory

    def forward(theta: list[Any], x: Any) -> Any:
        if reads_symbols:
            x, theta = theta[0][x], theta[1:]
        x = jnp.moveaxis(x, 1, 0)  # (steps, batch, features)
        for layer in range(recurrent.num_layers):
            w, u, b, c = theta[4 * layer : 4 * layer + 4]
            zeros = jnp.zeros((x.shape[1], units))

            def step(state: Any, below: Any, u: Any = u, c: Any = c) -> Any:
                state = cell(state, below, u, c)
                return state, state[0]

            _, x = jax.lax.scan(step, (zeros, zeros), x @ w.T + b)
        read = jnp.moveaxis(x, 0, 1) if reads_symbols else x[-1]
        return read @ theta[-2].T + theta[-1]

    return forward
