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

Memory = dict[str, Array]  # what an optimiser remembers of a weight, by its kind

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

    def step(
        weights: dict[str, Array],
        memory: dict[str, Memory],
        statistics: dict[str, Array],
        inputs: Array,
        targets: Array,
        key: Array,
        learning_rate: Array,
        steps: Array,
    ) -> tuple[dict[str, Array], dict[str, Memory], dict[str, Array]]:
        def loss_of(weights: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
            learning = Learning(key)
            outputs = network({**weights, **statistics}, inputs, learning)
            return batch_loss(outputs, targets, settings), learning.statistics

        slopes, changed_statistics = jax.grad(loss_of, has_aux=True)(weights)
        slopes = clipped(slopes, settings["clip_norm"])
        changed, remembered = {}, {}
        for name, weight in weights.items():
            slope = slopes[name]
            if settings["l1"] and weight.ndim > 1:  # of weights, not of biases
                slope = slope + settings["l1"] * jnp.sign(weight)
            if rule == "AdamW":
                weight = weight * (1 - learning_rate * settings["weight_decay"])
            else:
                slope = slope + settings["weight_decay"] * weight
            direction, remembered[name] = UPDATES[rule](slope, memory[name], steps, settings)
            changed[name] = weight - learning_rate * direction
        return changed, remembered, changed_statistics

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


# An update as torch.optim makes it: a weight's slope, what is remembered of it, the number of this step and
# the settings in; what the learning rate multiplies, and what is remembered of it, out.


def momentum_step(
    slope: Array, memory: Memory, _steps: Array, settings: Mapping[str, Any]
) -> tuple[Array, Memory]:
    """Gradient descent, with momentum where there is one."""
    momentum = settings["momentum"]
    if not momentum:
        return slope, memory
    velocity = momentum * memory["velocity"] + slope
    return slope + momentum * velocity if settings["nesterov"] else velocity, {"velocity": velocity}


def adam_step(
    slope: Array, memory: Memory, steps: Array, settings: Mapping[str, Any]
) -> tuple[Array, Memory]:
    """Adam: the running mean of the slopes over the root of that of their squares."""
    first, second = settings["betas"]
    mean = first * memory["mean"] + (1 - first) * slope
    square = second * memory["square"] + (1 - second) * slope**2
    # 1 - beta ** steps, written so that float32 keeps its digits.
    mean_weight, square_weight = (-jnp.expm1(steps * math.log(beta)) for beta in (first, second))
    size = jnp.sqrt(square / square_weight) + settings["eps"]
    return mean / mean_weight / size, {"mean": mean, "square": square}


def rmsprop_step(
    slope: Array, memory: Memory, _steps: Array, settings: Mapping[str, Any]
) -> tuple[Array, Memory]:
    """RMSprop: the slope over the root of the running mean of its square."""
    square = settings["alpha"] * memory["square"] + (1 - settings["alpha"]) * slope**2
    return slope / (jnp.sqrt(square) + settings["eps"]), {"square": square}


UPDATES = {"SGD": momentum_step, "Adam": adam_step, "AdamW": adam_step, "RMSprop": rmsprop_step}


if __name__ == "__main__":
    from jax_model import factor

    sys.exit(main(JaxNetwork, factor))
