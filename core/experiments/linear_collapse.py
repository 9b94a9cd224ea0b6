"""Linear collapse: a deep network without activation functions is one matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.activations import find
from core.errors import InvalidRequest
from core.lazy import LazyModule
from core.tables import csv_text

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = LazyModule("torch")

MAX_LAYERS, MAX_WIDTH, SAMPLES = 100, 256, 1024
FORMATS = ("float32", "float64")


@dataclass(frozen=True)
class Collapse:
    """A network of linear layers and the product of its matrices."""

    sizes: tuple[int, ...]  # units from the inputs to the outputs
    matrices: tuple[np.ndarray, ...]  # of the layers, in order: (outputs, inputs)
    matrix: np.ndarray  # their product, (outputs, inputs), float64
    # By format of FORMATS: root mean square of network(x) - matrix x, relative to that of the output, after
    # 1, 2, ... layers.
    error: dict[str, np.ndarray]
    epsilon: dict[str, float]  # by format, the smallest step from 1
    singular_values: np.ndarray  # of the product, descending
    rank: int  # singular values that are larger than rounding errors

    @property
    def parameters(self) -> int:
        """How many weights the layers have together."""
        return sum(before * after for before, after in pairwise(self.sizes))

    @property
    def error_in_epsilons(self) -> dict[str, np.ndarray]:
        """error of each format in units of its epsilon."""
        return {name: self.error[name] / self.epsilon[name] for name in FORMATS}

    def layer_by_layer(self, x: np.ndarray) -> np.ndarray:
        """The network's output for x (inputs,), one product after another."""
        for matrix in self.matrices:
            x = matrix @ x
        return x

    def as_one_matrix(self, x: np.ndarray) -> np.ndarray:
        """The product of all matrices times x (inputs,)."""
        return self.matrix @ x


def collapse(sizes: tuple[int, ...], seed: int = 0) -> Collapse:
    """Initialise a linear network, normal with variance 1 / inputs, and multiply its matrices.

    sizes: units of the inputs and of each layer, the last being the outputs. Raises InvalidRequest for
    impossible sizes.
    """
    _check(sizes)
    weights = _weights(sizes, seed)
    x = torch.randn(sizes[0], SAMPLES, generator=torch.Generator().manual_seed(seed + 1), dtype=torch.float64)
    product = torch.eye(sizes[0], dtype=torch.float64)
    error = {name: _errors(weights, x, getattr(torch, name)) for name in FORMATS}
    for weight in weights:
        product = weight @ product
    values = torch.linalg.svdvals(product).numpy()
    threshold = values[0] * max(sizes) * len(weights) * torch.finfo(torch.float64).eps
    return Collapse(
        sizes=sizes,
        matrices=tuple(weight.numpy() for weight in weights),
        matrix=product.numpy(),
        error=error,
        epsilon={name: torch.finfo(getattr(torch, name)).eps for name in FORMATS},
        singular_values=values,
        rank=int((values > threshold).sum()),
    )


def unexplained(sizes: tuple[int, ...], activation: str, seed: int = 0) -> np.ndarray:
    """Fraction of the output's variance that the best affine map of x leaves unexplained, 1 - R^2.

    For the same weights with the activation after every layer but the last, at depths of 1, 2, ... layers:
    0 for the first, which is still linear. The best map is the least-squares one, over standard normal x; a
    fraction is nan where the output does not vary or overflows float64.
    Raises InvalidRequest for an unknown activation or impossible sizes.
    """
    _check(sizes)
    entry = find(activation)
    function, parameters = entry.function, entry.with_defaults()
    samples = max(SAMPLES, 8 * sizes[0])
    generator = torch.Generator().manual_seed(seed + 1)
    x = torch.randn(samples, sizes[0], generator=generator, dtype=torch.float64)
    affine = torch.cat([x, torch.ones(samples, 1, dtype=torch.float64)], 1)
    directions = torch.linalg.qr(affine).Q  # the best affine map projects outputs on these
    fractions, x_layer = [], x
    with torch.no_grad():
        for weight in _weights(sizes, seed):
            z = x_layer @ weight.T
            fractions.append(_residual_fraction(directions, z))
            x_layer = function(z, **parameters)
    return np.array(fractions)


def to_csv(found: Collapse, unexplained_by: Mapping[str, np.ndarray]) -> str:
    """As CSV, one line for each depth; unexplained_by: results of unexplained() by name of the function."""
    heads = [f"error in {name}" for name in FORMATS] + [f"beyond a matrix: {n}" for n in unexplained_by]
    columns = [*(found.error[name] for name in FORMATS), *unexplained_by.values()]
    rows = ([depth + 1, *(column[depth] for column in columns)] for depth in range(len(found.sizes) - 1))
    return csv_text(["layers", *heads], rows)


def _residual_fraction(directions: Tensor, outputs: Tensor) -> float:
    if not torch.isfinite(outputs).all():
        return float("nan")
    variance = (outputs - outputs.mean(0)).square().sum()
    if variance <= 1e-20 * outputs.square().sum():
        return float("nan")
    samples, coefficients = directions.shape
    residual = (outputs - directions @ (directions.T @ outputs)).square().sum()
    return float(
        residual / variance * samples / (samples - coefficients)
    )  # adjusted R^2: a fit explains some noise


def _errors(weights: list[Tensor], x: Tensor, dtype: torch.dtype) -> np.ndarray:
    network, product, errors = x.to(dtype), torch.eye(len(x), dtype=dtype), []
    for weight in weights:
        network, product = weight.to(dtype) @ network, weight.to(dtype) @ product
        difference = network.double() - (product @ x.to(dtype)).double()
        errors.append((difference.square().mean() / network.double().square().mean()).sqrt().item())
    return np.array(errors)


def _weights(sizes: tuple[int, ...], seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(after, before, generator=generator, dtype=torch.float64) / before**0.5
        for before, after in pairwise(sizes)
    ]


def _check(sizes: tuple[int, ...]) -> None:
    if not 2 <= len(sizes) <= MAX_LAYERS + 1:
        raise InvalidRequest(f"{len(sizes) - 1} layers were asked for; 1 to {MAX_LAYERS} are possible.")
    if not all(1 <= size <= MAX_WIDTH for size in sizes):
        raise InvalidRequest(f"A layer can have 1 to {MAX_WIDTH} units, not {', '.join(map(str, sizes))}.")
