"""What a network makes of a curve or a surface, beside the truth. Drawing draws no random number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from core.data.dataset import LoadedDataset
from core.events import Picture
from core.training.learners.building import evaluation_mode

PLACES = 301  # along a curve
SURFACE_GRID = 80  # cells along each axis
MARGIN = 0.1  # around the samples, as a share of their extent: how does the network go on there?
MAX_SAMPLES = 500  # of each part that are shown


def samples_of_curve(data: LoadedDataset) -> Iterator[Picture]:
    """ "curve_samples": train and test, float32 (n, features + 1), the value last; at most 500 each."""
    arrays = {
        part: np.column_stack([inputs, targets])[:MAX_SAMPLES].astype(np.float32)
        for part, inputs, targets in (
            ("train", data.train_inputs, data.train_targets),
            ("test", data.test_inputs, data.test_targets),
        )
    }
    yield Picture("curve_samples", 0, arrays, {"features": list(data.features), "answer": data.answer})


def curve(model: nn.Module, data: LoadedDataset, device: torch.device, step: int) -> Iterator[Picture]:
    """ "curve": x, and there the network's value and the truth, float32 (PLACES,).

    values: the names of feature and answer.
    """
    low, high = (edges[0] for edges in _edges(data))
    x = np.linspace(low, high, PLACES, dtype=np.float32)
    arrays = {"x": x} | _both(model, data, x[:, None], device)
    yield Picture("curve", step, arrays, {"feature": data.features[0], "answer": data.answer})


def surface(model: nn.Module, data: LoadedDataset, device: torch.device, step: int) -> Iterator[Picture]:
    """ "surface": the network's value and the truth over the plane, float32 (SURFACE_GRID, SURFACE_GRID).

    Row 0 is at the top (y_max) and column 0 at the left (x_min); each value belongs to the middle of its
    cell. values: x_min, x_max, y_min, y_max, features, answer.
    """
    (x_min, y_min), (x_max, y_max) = _edges(data)
    share = (np.arange(SURFACE_GRID, dtype=np.float32) + 0.5) / SURFACE_GRID
    x, y = np.meshgrid(x_min + share * (x_max - x_min), y_max - share * (y_max - y_min))
    flat = _both(model, data, np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32), device)
    arrays = {name: values.reshape(SURFACE_GRID, SURFACE_GRID) for name, values in flat.items()}
    values = {"x_min": x_min, "x_max": x_max, "y_min": y_min, "y_max": y_max}
    yield Picture("surface", step, arrays, values | {"features": list(data.features), "answer": data.answer})


def _both(
    model: nn.Module, data: LoadedDataset, inputs: np.ndarray, device: torch.device
) -> dict[str, np.ndarray]:
    """The network's value and the truth at each place, float32."""
    assert data.truth is not None
    with evaluation_mode(model):
        network = model(torch.from_numpy(inputs).to(device))[:, 0]
    return {"network": network.cpu().numpy(), "truth": data.truth(inputs).astype(np.float32)}


def _edges(data: LoadedDataset) -> tuple[list[float], list[float]]:
    """Lowest and highest of each feature, with a margin."""
    both = np.concatenate([data.train_inputs, data.test_inputs])
    low, high = both.min(axis=0), both.max(axis=0)
    around = MARGIN * (high - low)
    return (low - around).tolist(), (high + around).tolist()
