"""The network of a run in JAX: network(weights, x) at the end, of the layers that stand before it.

Weights are those of the run, by PyTorch's names and in PyTorch's shapes: (outputs, inputs), and for images
(outputs, channels, height, width); images are (batch, channels, height, width).
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jax import Array, lax


class Learning:
    """What a step of training brings to the layers, and the running statistics that they leave there."""

    def __init__(self, key: Array) -> None:
        self.key = key  # of dropout
        self.statistics: dict[str, Array] = {}


def flatten(x: Array) -> Array:
    """One row for each sample."""
    return x.reshape(len(x), -1)


def dense(weights: Mapping[str, Array], name: str, x: Array) -> Array:
    """A fully connected layer."""
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def conv(
    weights: Mapping[str, Array], name: str, x: Array, stride: tuple[int, int], padding: tuple[int, int]
) -> Array:
    """A convolution, with as many zeros around the image as padding says, and a bias where it has one."""
    around = [(zeros, zeros) for zeros in padding]
    orders = ("NCHW", "OIHW", "NCHW")
    x = lax.conv_general_dilated(x, weights[f"{name}.weight"], stride, around, dimension_numbers=orders)
    bias = weights.get(f"{name}.bias")
    return x if bias is None else x + bias[:, None, None]


def batch_norm(weights: Mapping[str, Array], name: str, x: Array, learning: Learning | None) -> Array:
    """Each channel less its mean, over its deviation: of the batch while learning, else the running ones."""
    mean, variance = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
    if learning is not None and len(x) > 1:  # one sample has no spread to be normalised by
        axes = (0, *range(2, x.ndim))
        count = x.size // x.shape[1]
        old_mean, old_variance = mean, variance
        mean, variance = x.mean(axes), x.var(axes)
        learning.statistics[f"{name}.running_mean"] = 0.9 * old_mean + 0.1 * mean
        unbiased = variance * count / (count - 1)
        learning.statistics[f"{name}.running_var"] = 0.9 * old_variance + 0.1 * unbiased
    each = (-1, *(1 for _ in range(x.ndim - 2)))
    scale = weights[f"{name}.weight"] / jnp.sqrt(variance + 1e-5)
    return (x - mean.reshape(each)) * scale.reshape(each) + weights[f"{name}.bias"].reshape(each)


def layer_norm(weights: Mapping[str, Array], name: str, x: Array) -> Array:
    """Each sample less its mean, over its deviation."""
    centred = x - x.mean(-1, keepdims=True)
    normal = centred / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return normal * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def max_pool(x: Array, size: int, stride: int) -> Array:
    """The largest value of each square of this many pixels a side."""
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, size, size), (1, 1, stride, stride), "VALID")


def dropout(x: Array, rate: float, learning: Learning | None) -> Array:
    """While learning, this fraction of the values is zero, at random, and the others are scaled up."""
    if learning is None:
        return x
    learning.key, key = jax.random.split(learning.key)
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)
