"""The loss around a network's weights: along random directions, and its curvature.

Sources: Li, H. et al. (2018). Visualizing the loss landscape of neural nets. NeurIPS.
Cohen, J. et al. (2021). Gradient descent on neural networks typically occurs at the edge of stability. ICLR.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

Loss = Callable[[], Tensor]

TOLERANCE = 1e-4  # of an eigenvalue, relative to the largest
MAX_PRODUCTS = 100  # of the Hessian and a vector; some twenty are enough for most networks


def filter_normalized(network: nn.Module, generator: torch.Generator) -> list[Tensor]:
    """A random direction for each parameter, in which each filter is as long as the network's own.

    A filter is all weights into one unit or channel. Biases and the weights of normalisation stay.
    """
    directions = []
    for parameter in network.parameters():
        if parameter.dim() < 2:
            directions.append(torch.zeros_like(parameter))
            continue
        direction = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
        wanted, found = (each.detach().flatten(1).norm(dim=1) for each in (parameter, direction))
        factor = (wanted / found.clamp(min=torch.finfo(found.dtype).tiny)).reshape(
            -1, *[1] * (direction.dim() - 1)
        )
        directions.append(direction * factor)
    return directions


def slice_of_losses(
    network: nn.Module,
    loss: Loss,
    first: Sequence[Tensor],
    second: Sequence[Tensor],
    offsets: Sequence[float],
) -> Iterator[list[float | None]]:
    """A row of losses for each offset along the second direction; the weights are put back in the end."""
    parameters = [*network.parameters()]
    weights = [parameter.detach().clone() for parameter in parameters]
    try:
        for along_second in offsets:
            row: list[float | None] = []
            for along_first in offsets:
                with torch.no_grad():
                    moved = zip(parameters, weights, first, second, strict=True)
                    for parameter, weight, one, other in moved:
                        parameter.copy_(weight + along_first * one + along_second * other)
                    value = loss().item()
                row.append(value if math.isfinite(value) else None)
            yield row
    finally:
        with torch.no_grad():
            for parameter, weight in zip(parameters, weights, strict=True):
                parameter.copy_(weight)


def sharpness(network: nn.Module, loss: Loss) -> float | None:
    """The largest eigenvalue of the Hessian of the loss by the network's parameters.

    None where torch has no second derivative, and where it is no finite number.
    """
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    try:
        product = _hessian_product(parameters, loss)
        largest = largest_eigenvalue(product, sum(parameter.numel() for parameter in parameters))
    except RuntimeError:
        return None
    return largest if math.isfinite(largest) else None


def largest_eigenvalue(product: Callable[[np.ndarray], np.ndarray], size: int) -> float:
    """That of a symmetric matrix which is known by its products with vectors: by Lanczos' method.

    Unlike a power iteration it finds the largest one, and not that of the largest size. Every vector is made
    orthogonal to all before, twice, since rounding would bring found ones back. NaN where a product is none.
    """
    vector = np.random.default_rng(0).normal(size=size)
    basis = np.empty((0, size))
    diagonal: list[float] = []
    beside: list[float] = []  # the diagonal
    largest = math.nan
    for _ in range(min(size, MAX_PRODUCTS)):
        basis = np.vstack([basis, vector / np.linalg.norm(vector)])
        vector = product(basis[-1])
        if not np.isfinite(vector).all():
            return math.nan
        diagonal.append(float(basis[-1] @ vector))
        for _ in range(2):
            vector = vector - basis.T @ (basis @ vector)
        length = float(np.linalg.norm(vector))
        values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
        largest = float(values[-1])
        if length * abs(vectors[-1, -1]) <= TOLERANCE * np.abs(values).max():
            break
        beside.append(length)
    return largest


def _hessian_product(parameters: Sequence[nn.Parameter], loss: Loss) -> Callable[[np.ndarray], np.ndarray]:
    """Multiplies the Hessian by a vector: the gradient of the gradient's part along it."""
    with torch.enable_grad():
        gradient = _flat(torch.autograd.grad(loss(), parameters, create_graph=True, materialize_grads=True))

    def product(vector: np.ndarray) -> np.ndarray:
        along = torch.from_numpy(np.ascontiguousarray(vector.reshape(-1))).to(gradient.dtype)
        if not gradient.requires_grad:  # a loss that is linear in the weights
            return np.zeros(len(along))
        parts = torch.autograd.grad(gradient @ along, parameters, retain_graph=True, allow_unused=True)
        filled = [
            torch.zeros_like(parameter) if part is None else part
            for part, parameter in zip(parts, parameters, strict=True)
        ]
        return _flat(filled).detach().numpy().astype(np.float64)

    return product


def _flat(parts: Sequence[Tensor]) -> Tensor:
    return torch.cat([part.reshape(-1) for part in parts])
