"""The training of a run once more in Keras 3: python keras_script.py

With --trained it prints the scores of the run's weights at its end instead. KERAS_BACKEND says what computes:
tensorflow, jax or torch. Reads the files beside it: keras_model.py (the network), training_loop.py (batches
and scores, with NumPy), config.json and data.npz, and for --trained weights.safetensors.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import losses, ops, optimizers

from core.export.templates.training_loop import BINARY, CLASSIFICATION, MEMORY, Arrays, main, settings_of


class KerasNetwork:
    """The network of keras_model.py with these weights, compiled with the run's loss and optimiser."""

    def __init__(self, config: Mapping[str, Any], weights: Arrays) -> None:
        from keras_model import build, load_weights

        keras.utils.set_random_seed(config["seed"] % 2**32)  # of dropout
        self.task = config["task"]
        self.model = build()
        load_weights(self.model, weights)
        self.optimizer = TorchOptimizer(config)
        self.loss = loss_for(self.task, config["label_smoothing"])
        self.change({})

    def change(self, settings: Mapping[str, Any]) -> None:
        """Compile the step with these settings, which stand in it as constants."""
        self.optimizer.change(settings)
        self.model.compile(self.optimizer, self.loss)

    def learn(self, inputs: np.ndarray, targets: np.ndarray, learning_rate: float) -> None:
        """One step of the optimiser."""
        self.optimizer.learning_rate = learning_rate
        if self.task == CLASSIFICATION:
            targets = np.eye(self.model.output_shape[-1], dtype=np.float32)[targets]
        else:
            targets = targets[:, None]
        self.model.train_on_batch(channels_last(inputs), targets)

    def outputs(self, inputs: np.ndarray) -> np.ndarray:
        """The outputs without dropout, by the running statistics."""
        found: np.ndarray = self.model.predict_on_batch(channels_last(inputs))
        return found


def channels_last(inputs: np.ndarray) -> np.ndarray:
    """Images (batch, channels, height, width) as Keras has them; anything else as it is."""
    return inputs.transpose(0, 2, 3, 1) if inputs.ndim == 4 else inputs


def loss_for(task: str, label_smoothing: float) -> Any:
    """The mean over a batch that is minimised."""
    if task == BINARY:
        return losses.BinaryCrossentropy(from_logits=True, label_smoothing=label_smoothing)
    if task == CLASSIFICATION:
        return losses.CategoricalCrossentropy(from_logits=True, label_smoothing=label_smoothing)
    return losses.MeanSquaredError()


class TorchOptimizer(optimizers.Optimizer):
    """An update of torch.optim, and the penalty l1 of the run.

    Keras's own optimisers differ a little: the velocity of its SGD contains the learning rates of earlier
    steps, and epsilon stands elsewhere in its Adam and RMSprop.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(learning_rate=config["learning_rate"], name="torch_optimizer")
        self.rule, self.settings = config["optimizer"]["class"], settings_of(config)
        self.change({})

    def change(self, settings: Mapping[str, Any]) -> None:
        """Settings that hold when the model is compiled the next time."""
        self.settings |= settings
        self.global_clipnorm = self.settings["clip_norm"]

    def build(self, variables: Sequence[Any]) -> None:
        """What is remembered of each weight, zero at first."""
        if not self.built:
            super().build(variables)
            self.memory = {
                kind: [self.add_variable_from_reference(variable, kind) for variable in variables]
                for kind in MEMORY[self.rule]
            }

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """The update of one weight."""
        settings, place = self.settings, self._get_variable_index(variable)
        memory = {kind: variables[place] for kind, variables in self.memory.items()}
        weight, slope = ops.convert_to_tensor(variable), gradient
        rate = ops.cast(learning_rate, weight.dtype)
        if settings["l1"] and len(weight.shape) > 1:  # of weights, not of biases
            slope = slope + settings["l1"] * ops.sign(weight)
        if self.rule == "AdamW":
            weight = weight * (1 - rate * settings["weight_decay"])
        else:
            slope = slope + settings["weight_decay"] * weight
        step = UPDATES[self.rule](self, slope, memory)
        self.assign(variable, weight - rate * step)

    def momentum_step(self, slope: Any, memory: Mapping[str, Any]) -> Any:
        """Gradient descent, with momentum where there is one."""
        momentum = self.settings["momentum"]
        if not momentum:
            return slope
        velocity = momentum * memory["velocity"] + slope
        self.assign(memory["velocity"], velocity)
        return slope + momentum * velocity if self.settings["nesterov"] else velocity

    def adam_step(self, slope: Any, memory: Mapping[str, Any]) -> Any:
        """Adam: the running mean of the slopes over the root of that of their squares."""
        first, second = self.settings["betas"]
        mean = first * memory["mean"] + (1 - first) * slope
        square = second * memory["square"] + (1 - second) * slope**2
        self.assign(memory["mean"], mean)
        self.assign(memory["square"], square)
        # 1 - beta ** steps, written so that float32 keeps its digits.
        steps = ops.cast(self.iterations + 1, slope.dtype)
        mean_weight, square_weight = (-ops.expm1(steps * math.log(beta)) for beta in (first, second))
        return mean / mean_weight / (ops.sqrt(square / square_weight) + self.settings["eps"])

    def rmsprop_step(self, slope: Any, memory: Mapping[str, Any]) -> Any:
        """RMSprop: the slope over the root of the running mean of its square."""
        alpha = self.settings["alpha"]
        square = alpha * memory["square"] + (1 - alpha) * slope**2
        self.assign(memory["square"], square)
        return slope / (ops.sqrt(square) + self.settings["eps"])


UPDATES = {
    "SGD": TorchOptimizer.momentum_step,
    "Adam": TorchOptimizer.adam_step,
    "AdamW": TorchOptimizer.adam_step,
    "RMSprop": TorchOptimizer.rmsprop_step,
}


if __name__ == "__main__":
    from keras_model import factor

    sys.exit(main(KerasNetwork, factor))
