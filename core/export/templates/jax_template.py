"""The training of a run once more in JAX: python jax_script.py

With --trained it prints the scores of the run's weights at its end instead. Reads the files beside it:
jax_model.py (the network), training_loop.py (batches and scores, with NumPy), config.json and data.npz, and
for --trained weights.safetensors.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from core.export.templates.training_loop import BINARY, CLASSIFICATION, MEMORY, Arrays, main, settings_of

RUNNING = ("running_mean", "running_var")  # statistics of batch normalisation, which no optimiser changes


class JaxNetwork:
    """The network of jax_model.py with these weights, and its optimiser."""

    def __init__(self, config: Mapping[str, Any], weights: Arrays) -> None:
        self.rule, self.settings = config["optimizer"]["class"], settings_of(config)
        arrays = {name: jnp.asarray(array) for name, array in weights.items() if array.dtype.kind == "f"}
        self.statistics = {name: array for name, array in arrays.items() if name.endswith(RUNNING)}
        self.weights = {name: array for name, array in arrays.items() if name not in self.statistics}
        self.memory = {
            name: {kind: jnp.zeros_like(array) for kind in MEMORY[self.rule]}
            for name, array in self.weights.items()
        }
        self.key = jax.random.key(config["seed"])  # of dropout
        self.steps = 0
        self.change({})

    def change(self, settings: Mapping[str, Any]) -> None:
        """Compile the step with these settings, which stand in it as constants."""
        self.settings |= settings
        self.step = jax.jit(step_of(self.rule, self.settings))

    def learn(self, inputs: np.ndarray, targets: np.ndarray, learning_rate: float) -> None:
        """One step of the optimiser."""
        self.steps += 1
        key = jax.random.fold_in(self.key, self.steps)
        self.weights, self.memory, changed = self.step(
            self.weights, self.memory, self.statistics, inputs, targets, key, learning_rate, self.steps
        )
        self.statistics = self.statistics | changed

    def outputs(self, inputs: np.ndarray) -> np.ndarray:
        """The outputs without dropout, by the running statistics."""
        return np.asarray(outputs_of(self.weights | self.statistics, inputs))


@jax.jit
def outputs_of(weights: Mapping[str, Array], inputs: Array) -> Array:
    """What the network makes of inputs while it does not learn."""
    from jax_model import network

    return network(weights, inputs)


def step_of(rule: str, settings: Mapping[str, Any]) -> Any:
    """A training step: weights, memory of the optimiser and statistics in, the same after it out."""
    from jax_model import Learning, network

    def loss_of(
        weights: Mapping[str, Array],
        statistics: Mapping[str, Array],
        inputs: Array,
        targets: Array,
        key: Array,
    ) -> tuple[Array, dict[str, Array]]:
        learning = Learning(key)
        outputs = network({**weights, **statistics}, inputs, learning)
        return batch_loss(outputs, targets, settings), learning.statistics

    def step(
        weights: dict[str, Array],
        memory: dict[str, dict[str, Array]],
        statistics: dict[str, Array],
        inputs: Array,
        targets: Array,
        key: Array,
        learning_rate: Array,
        steps: Array,
    ) -> tuple[dict[str, Array], dict[str, dict[str, Array]], dict[str, Array]]:
        slopes, statistics = jax.grad(loss_of, has_aux=True)(weights, statistics, inputs, targets, key)
        slopes = clipped(slopes, settings["clip_norm"])
        changed, remembered = {}, {}
        for name, weight in weights.items():
            slope = slopes[name]
            if settings["l1"] and weight.ndim > 1:  # of weights, not of biases
                slope = slope + settings["l1"] * jnp.sign(weight)
            changed[name], remembered[name] = UPDATES[rule](
                weight, slope, memory[name], learning_rate, steps, settings
            )
        return changed, remembered, statistics

    return step


def batch_loss(outputs: Array, targets: Array, settings: Mapping[str, Any]) -> Array:
    """The mean over a batch that is minimised."""
    smoothing = settings["label_smoothing"]
    if settings["task"] == BINARY:
        smoothed = targets * (1 - smoothing) + smoothing / 2
        return jnp.mean(jax.nn.softplus(outputs[:, 0]) - smoothed * outputs[:, 0])
    if settings["task"] == CLASSIFICATION:
        classes = outputs.shape[1]
        smoothed = jax.nn.one_hot(targets, classes) * (1 - smoothing) + smoothing / classes
        return -jnp.mean(jnp.sum(smoothed * jax.nn.log_softmax(outputs), axis=1))
    return jnp.mean((outputs[:, 0] - targets) ** 2)


def clipped(slopes: dict[str, Array], clip_norm: float | None) -> dict[str, Array]:
    """The gradient, shortened to clip_norm where it is longer."""
    if clip_norm is None:
        return slopes
    norm = jnp.sqrt(sum(jnp.sum(slope**2) for slope in slopes.values()))
    shorter = jnp.minimum(1, clip_norm / (norm + 1e-6))
    return {name: slope * shorter for name, slope in slopes.items()}


# One weight's update as torch.optim makes it: the weight, its slope, what is remembered of it, the learning
# rate, the number of this step and the settings in; the weight and what is remembered of it out.
Update = tuple[Array, dict[str, Array]]


def sgd(
    weight: Array,
    slope: Array,
    memory: dict[str, Array],
    rate: Array,
    _steps: Array,
    settings: Mapping[str, Any],
) -> Update:
    """Gradient descent, with momentum where there is one."""
    slope = slope + settings["weight_decay"] * weight
    momentum = settings["momentum"]
    if not momentum:
        return weight - rate * slope, memory
    velocity = momentum * memory["velocity"] + slope
    step = slope + momentum * velocity if settings["nesterov"] else velocity
    return weight - rate * step, {"velocity": velocity}


def adam(
    weight: Array,
    slope: Array,
    memory: dict[str, Array],
    rate: Array,
    steps: Array,
    settings: Mapping[str, Any],
) -> Update:
    """Adam, whose weight decay is part of the gradient."""
    return _adam(weight, slope + settings["weight_decay"] * weight, memory, rate, steps, settings)


def adamw(
    weight: Array,
    slope: Array,
    memory: dict[str, Array],
    rate: Array,
    steps: Array,
    settings: Mapping[str, Any],
) -> Update:
    """AdamW, whose weight decay is apart from the gradient."""
    return _adam(weight * (1 - rate * settings["weight_decay"]), slope, memory, rate, steps, settings)


def _adam(
    weight: Array,
    slope: Array,
    memory: dict[str, Array],
    rate: Array,
    steps: Array,
    settings: Mapping[str, Any],
) -> Update:
    first, second = settings["betas"]
    mean = first * memory["mean"] + (1 - first) * slope
    square = second * memory["square"] + (1 - second) * slope**2
    # 1 - beta ** steps, written so that float32 keeps its digits.
    mean_weight, square_weight = (-jnp.expm1(steps * math.log(beta)) for beta in (first, second))
    size = jnp.sqrt(square / square_weight) + settings["eps"]
    return weight - rate * mean / mean_weight / size, {"mean": mean, "square": square}


def rmsprop(
    weight: Array,
    slope: Array,
    memory: dict[str, Array],
    rate: Array,
    _steps: Array,
    settings: Mapping[str, Any],
) -> Update:
    """RMSprop."""
    slope = slope + settings["weight_decay"] * weight
    square = settings["alpha"] * memory["square"] + (1 - settings["alpha"]) * slope**2
    return weight - rate * slope / (jnp.sqrt(square) + settings["eps"]), {"square": square}


UPDATES = {"SGD": sgd, "Adam": adam, "AdamW": adamw, "RMSprop": rmsprop}


if __name__ == "__main__":
    from jax_model import factor

    sys.exit(main(JaxNetwork, factor))
