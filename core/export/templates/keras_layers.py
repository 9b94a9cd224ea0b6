"""The network of a run in Keras 3: build() at the end, and what Keras has not as PyTorch has it.

Images are (batch, height, width, channels) here. Layers have the names of PyTorch's modules with _ for each
dot, by which load_weights() finds the arrays of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers, ops


class BatchNorm(layers.Layer):
    """Keras's BatchNormalization, but that the running variance is unbiased, and one sample is not normalised
    by its own statistics."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Scale and shift of each channel, and the running statistics."""
        channels = (input_shape[-1],)
        self.scale = self.add_weight(shape=channels, initializer="ones", name="scale")
        self.shift = self.add_weight(shape=channels, initializer="zeros", name="shift")
        self.mean = self.add_weight(shape=channels, initializer="zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape=channels, initializer="ones", trainable=False, name="variance")

    def call(self, x: Any, training: bool = False) -> Any:
        """By the statistics of the batch while it learns, else by the running ones."""
        mean, variance = self.mean, self.variance
        if training:
            several = ops.cast(ops.shape(x)[0] > 1, x.dtype)
            mean, variance = self.statistics(x, several)
        return (x - mean) * self.scale / ops.sqrt(variance + 1e-5) + self.shift

    def statistics(self, x: Any, several: Any) -> tuple[Any, Any]:
        """Mean and variance of a batch of several samples, which the running ones follow."""
        axes = tuple(range(len(x.shape) - 1))
        mean, variance = ops.mean(x, axes), ops.var(x, axes)
        count = ops.cast(ops.size(x) // x.shape[-1], x.dtype)
        unbiased = variance * count / ops.maximum(count - 1, 1)
        old_mean, old_variance = ops.convert_to_tensor(self.mean), ops.convert_to_tensor(self.variance)
        self.mean.assign(old_mean + several * 0.1 * (mean - old_mean))
        self.variance.assign(old_variance + several * 0.1 * (unbiased - old_variance))
        return (
            several * mean + (1 - several) * old_mean,
            several * variance + (1 - several) * old_variance,
        )


def load_weights(model: keras.Model, weights: Mapping[str, np.ndarray]) -> None:
    """Give each layer the arrays of PyTorch's module of its name."""
    by_name = {name.replace(".", "_"): array for name, array in weights.items()}
    for layer in model.layers:
        names = [f"{layer.name}_{kind}" for kind in ("weight", "bias", "running_mean", "running_var")]
        arrays = [by_name[name] for name in names if name in by_name]
        if isinstance(layer, layers.Dense):  # (inputs, outputs)
            arrays[0] = arrays[0].T
        elif isinstance(layer, layers.Conv2D):  # (height, width, channels, outputs)
            arrays[0] = arrays[0].transpose(2, 3, 1, 0)
        if arrays:
            layer.set_weights(arrays)
