"""What a training shows beside its curves, by kind of data. Drawing draws no random number."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from core.data.dataset import (
    CURVE,
    IMAGES,
    POINTS,
    SEQUENCES,
    SERIES,
    SURFACE,
    SYMBOLS,
    TABLE,
    TEXT,
    LoadedDataset,
    rmse,
)
from core.data.points import PLANE, inputs_of, picture
from core.events import Picture
from core.training.learners.building import evaluation_mode
from core.training.snapshots import curve_pictures, sequence_pictures, table_pictures

GRID = 120  # cells of the decision map along each axis
MARGIN = 0.1  # around the points, as a share of their extent
SHOWN_IMAGES, SHOWN_WRONG, SEARCHED_IMAGES = 24, 8, 250
SHOWN_FILTERS = 64
SHOWN_HOURS = 14 * 24


def decision_map(model: nn.Module, data: LoadedDataset, device: torch.device, step: int) -> Iterator[Picture]:
    """ "decision_map": what the network answers at each place of the plane, (GRID, GRID).

    For two classes probability, float32, is that of class 1. For more there is also winner, uint8, the most
    probable class, and probability is the winner's. Row 0 is at the top (y_max) and column 0 at the left
    (x_min), as in an image; each value belongs to the middle of its cell. values: x_min, x_max, y_min, y_max;
    classes, their number.
    """
    x_min, x_max, y_min, y_max = _bounds(data)
    x = _middles(x_min, x_max, GRID)
    y = _middles(y_max, y_min, GRID)
    plane = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    inputs = torch.from_numpy(inputs_of(plane, data.features)).to(device)
    bounds = {"x_min": x_min, "x_max": x_max, "y_min": y_min, "y_max": y_max}
    arrays = _answers(_outputs(model, inputs))
    yield Picture("decision_map", step, arrays, bounds | {"classes": len(data.classes)})


def _answers(outputs: Tensor) -> dict[str, np.ndarray]:
    """The arrays of a decision map, from the outputs at all its cells."""
    if outputs.shape[1] == 1:
        return {"probability": _array(torch.sigmoid(outputs[:, 0])).reshape(GRID, GRID)}
    probability, winner = torch.softmax(outputs, dim=1).max(dim=1)
    return {
        "probability": _array(probability).reshape(GRID, GRID),
        "winner": _array(winner).astype(np.uint8).reshape(GRID, GRID),
    }


def points(data: LoadedDataset) -> Iterator[Picture]:
    """ "points", as core.data.points.picture() makes it."""
    yield picture(data)


def nothing(data: LoadedDataset) -> Iterator[Picture]:
    """No picture."""
    return iter(())


def predictions_and_filters(
    model: nn.Module, data: LoadedDataset, device: torch.device, step: int
) -> Iterator[Picture]:
    """ "predictions" of test images, and "filters", the weights of the first layer.

    predictions: images uint8 (n, height, width), labels and predicted int64 (n,), confidence float32 (n,),
    the probability of the predicted class. Mistakes come first, the surest one leading, at most 8; then
    right answers. filters: weights float32 (n, height, width).
    """
    searched = data.test_inputs[:SEARCHED_IMAGES]
    labels = data.test_targets[:SEARCHED_IMAGES]
    outputs = _outputs(model, torch.from_numpy(searched).to(device))
    confidence, predicted = (_array(part) for part in torch.softmax(outputs, dim=1).max(dim=1))
    shown = _mistakes_first(confidence, predicted == labels)
    arrays = {
        "images": np.rint(searched[shown, 0] * 255).astype(np.uint8),
        "labels": labels[shown],
        "predicted": predicted[shown],
        "confidence": confidence[shown],
    }
    yield Picture("predictions", step, arrays, {"classes": list(data.classes)})
    yield Picture("filters", step, {"weights": _first_weights(model, searched.shape[-2:])})


def forecast(model: nn.Module, data: LoadedDataset, device: torch.device, step: int) -> Iterator[Picture]:
    """ "forecast": the last two weeks that were held back, hour by hour, each forecast a day before.

    times datetime64[h]; truth, forecast and baseline ("as it is now") float32; all (hours,), in values'
    unit. rmse and baseline_rmse in values are those of this stretch.
    """
    assert data.series is not None
    shown = slice(-SHOWN_HOURS, None)
    now, truth = data.series.test_now[shown], data.series.test_truth[shown]
    change = _outputs(model, torch.from_numpy(data.test_inputs[shown]).to(device))[:, 0]
    expected = data.series.value(now, _array(change)).astype(np.float32)
    arrays = {"times": data.series.test_times[shown], "truth": truth, "forecast": expected, "baseline": now}
    values = {
        "unit": data.series.unit,
        "horizon_h": data.series.horizon_h,
        "rmse": rmse(expected, truth),
        "baseline_rmse": rmse(now, truth),
    }
    yield Picture("forecast", step, arrays, values)


Draw = Callable[[nn.Module, LoadedDataset, torch.device, int], Iterator[Picture]]

# Drawn again and again, and at the end.
PICTURES: dict[str, Draw] = {
    POINTS: decision_map,
    IMAGES: predictions_and_filters,
    SERIES: forecast,
    SEQUENCES: sequence_pictures.sequences,
    SYMBOLS: sequence_pictures.symbols,
    TEXT: sequence_pictures.text,
    CURVE: curve_pictures.curve,
    SURFACE: curve_pictures.surface,
    TABLE: table_pictures.answers,
}

# Drawn once, before the first step.
DrawData = Callable[[LoadedDataset], Iterator[Picture]]
PICTURES_OF_DATA: dict[str, DrawData] = {
    **dict.fromkeys(PICTURES, nothing),
    POINTS: points,
    CURVE: curve_pictures.samples_of_curve,
    SURFACE: curve_pictures.samples_of_curve,
    TABLE: table_pictures.rows_in_plane,
}


def _outputs(model: nn.Module, inputs: Tensor) -> Tensor:
    with evaluation_mode(model):
        return model(inputs)


def _array(values: Tensor) -> np.ndarray:
    return values.cpu().numpy()


def _bounds(data: LoadedDataset) -> tuple[float, float, float, float]:
    both = np.concatenate([data.train_inputs, data.test_inputs])[:, : len(PLANE)]
    low, high = both.min(axis=0), both.max(axis=0)
    around = MARGIN * (high - low)
    (x_min, y_min), (x_max, y_max) = (low - around).tolist(), (high + around).tolist()
    return x_min, x_max, y_min, y_max


def _middles(first: float, last: float, cells: int) -> np.ndarray:
    """Middles of cells between two edges, float32."""
    half = (last - first) / cells / 2
    return np.linspace(first + half, last - half, cells, dtype=np.float32)


def _mistakes_first(confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    wrong = np.flatnonzero(~right)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][:SHOWN_WRONG]
    return np.concatenate([wrong, np.flatnonzero(right)])[:SHOWN_IMAGES]


def _first_weights(model: nn.Module, size: tuple[int, ...]) -> np.ndarray:
    """(n, height, width) of the first layer: a convolution's kernels, or a full layer's weights as images."""
    weights = next(model.parameters()).detach()[:SHOWN_FILTERS]
    weights = weights[:, 0] if weights.dim() == 4 else weights.reshape(-1, *size)
    return _array(weights).copy()  # the optimiser goes on writing into the original
