"""The surface is what the network computes over the plane, beside the truth."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.data import load
from core.training.snapshots.outputs.surface import surface
from tests.core.training.snapshots.stand_in import stand_in


class Sum(torch.nn.Module):
    """10x + y."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ torch.tensor([[10.0], [1.0]])


def test_surface_has_the_largest_y_on_top_and_the_smallest_x_on_the_left() -> None:
    data = load("hills")
    picture = next(surface(stand_in(Sum(), data)))
    bounds, network = picture.values, picture.arrays["network"]
    half_x, half_y = ((bounds[f"{axis}_max"] - bounds[f"{axis}_min"]) / 80 / 2 for axis in "xy")
    assert (network.shape, network.dtype) == ((80, 80), np.float32)
    top_left = 10 * (bounds["x_min"] + half_x) + bounds["y_max"] - half_y
    bottom_left = 10 * (bounds["x_min"] + half_x) + bounds["y_min"] + half_y
    assert network[0, 0] == pytest.approx(top_left, abs=1e-4)
    assert network[79, 0] == pytest.approx(bottom_left, abs=1e-4)
    # The highest hill is at (-0.9, 0.9): left of the middle, and above it.
    row, column = np.unravel_index(picture.arrays["truth"].argmax(), (80, 80))
    assert row < 35
    assert column < 35
