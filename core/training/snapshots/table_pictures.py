"""What a network makes of the rows of a table. Drawing draws no random number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from core.data.dataset import CLASSIFICATION, LoadedDataset
from core.events import Picture
from core.training.learners.building import evaluation_mode

GRID = 120  # cells of the map along each axis
MARGIN = 0.1  # around the points, as a share of their extent
MAX_POINTS = 500  # of each part that are shown
MAX_ROWS = 2000  # from which the components are taken: enough to find them, and fast


def rows_in_plane(data: LoadedDataset) -> Iterator[Picture]:
    """ "table_points": where rows fall on the plane of principal_plane(), at most 500 of each part.

    train_points and test_points float32 (n, 2), their classes uint8 (n,) in train_labels and test_labels.
    No picture for a regression.
    """
    if data.task == CLASSIFICATION:
        mean, axes, _ = principal_plane(data.train_inputs)
        shown = slice(MAX_POINTS)
        arrays = {
            "train_points": (data.train_inputs[shown] - mean) @ axes,
            "train_labels": data.train_targets[shown].astype(np.uint8),
            "test_points": (data.test_inputs[shown] - mean) @ axes,
            "test_labels": data.test_targets[shown].astype(np.uint8),
        }
        yield Picture("table_points", 0, arrays, {"classes": list(data.classes)})


def answers(model: nn.Module, data: LoadedDataset, device: torch.device, step: int) -> Iterator[Picture]:
    """The map of a classification, or the predictions of a regression."""
    draw = table_map if data.task == CLASSIFICATION else predicted
    return draw(model, data, device, step)


def table_map(model: nn.Module, data: LoadedDataset, device: torch.device, step: int) -> Iterator[Picture]:
    """ "table_map": the most probable class, uint8, and its probability, float32, over principal_plane().

    winner and probability are (GRID, GRID). Row 0 is at the top (y_max) and column 0 at the left (x_min);
    each value belongs to the middle of its cell. values: x_min, x_max, y_min, y_max; classes, their number;
    shares, the share of the variance along each axis.
    """
    mean, axes, shares = principal_plane(data.train_inputs)
    points = np.concatenate(
        [(part[:MAX_POINTS] - mean) @ axes for part in (data.train_inputs, data.test_inputs)]
    )
    low, high = points.min(axis=0), points.max(axis=0)
    around = np.where(high > low, MARGIN * (high - low), 1.0)
    (x_min, y_min), (x_max, y_max) = (low - around).tolist(), (high + around).tolist()
    middles = (np.arange(GRID, dtype=np.float32) + 0.5) / GRID
    x, y = np.meshgrid(x_min + middles * (x_max - x_min), y_max - middles * (y_max - y_min))
    places = np.stack([x.ravel(), y.ravel()], axis=1) @ axes.T + mean
    winner, probability = most_probable(_outputs(model, places.astype(np.float32), device))
    arrays = {
        "winner": winner.astype(np.uint8).reshape(GRID, GRID),
        "probability": probability.reshape(GRID, GRID),
    }
    bounds = {"x_min": x_min, "x_max": x_max, "y_min": y_min, "y_max": y_max}
    yield Picture("table_map", step, arrays, bounds | {"classes": len(data.classes), "shares": shares})


def predicted(model: nn.Module, data: LoadedDataset, device: torch.device, step: int) -> Iterator[Picture]:
    """ "predicted": truth and the network's answer, in the answer's unit, float32 (n,); at most 500 rows.

    truth and predicted belong to what is held back, train_truth and train_predicted to the training part.
    values: the answer's name.
    """
    arrays = {}
    for prefix, inputs, targets in (
        ("train_", data.train_inputs, data.train_targets),
        ("", data.test_inputs, data.test_targets),
    ):
        outputs = _outputs(model, inputs[:MAX_POINTS], device)[:, 0].cpu().numpy()
        arrays[f"{prefix}truth"] = _in_unit(data, targets[:MAX_POINTS])
        arrays[f"{prefix}predicted"] = _in_unit(data, outputs)
    yield Picture("predicted", step, arrays, {"answer": data.answer})


def principal_plane(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """The first two principal components of rows (samples, features), found in 2,000 of them at most.

    Gives the mean (features,), the axes (features, 2), both float32, and each axis' share of the variance.
    The largest entry of an axis is positive. With a single feature the second axis is zero.
    Source: Pearson 1901.
    """
    some = inputs[:: -(-len(inputs) // MAX_ROWS)].astype(np.float64)
    mean = some.mean(axis=0)
    _, singular, components = np.linalg.svd(some - mean, full_matrices=False)
    axes = np.zeros((inputs.shape[1], 2))
    found = components[:2]
    found = found * np.sign(found[np.arange(len(found)), np.abs(found).argmax(axis=1)])[:, None]
    axes[:, : len(found)] = found.T
    variance = np.square(singular)
    shares = variance / max(variance.sum(), np.finfo(float).tiny)
    return mean.astype(np.float32), axes.astype(np.float32), [*shares[:2].tolist(), 0.0][:2]


def most_probable(outputs: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The most probable class of each row, and its probability, from one logit or one logit a class."""
    if outputs.shape[1] == 1:
        outputs = torch.cat([torch.zeros_like(outputs), outputs], dim=1)
    probability, winner = torch.softmax(outputs, dim=1).max(dim=1)
    return winner.cpu().numpy(), probability.cpu().numpy()


def _in_unit(data: LoadedDataset, values: np.ndarray) -> np.ndarray:
    return (values * data.answer_scale + data.answer_mean).astype(np.float32)


def _outputs(model: nn.Module, inputs: np.ndarray, device: torch.device) -> torch.Tensor:
    with evaluation_mode(model):
        return model(torch.from_numpy(inputs).to(device))
