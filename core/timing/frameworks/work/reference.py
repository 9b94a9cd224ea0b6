"""The work in NumPy, in the number format of its arrays: float64 is what all frameworks are held against.

A training step changes the arrays of its weights in place and returns the loss before the change.
LSTM: Hochreiter & Schmidhuber (1997), with the forget gate of Gers, Schmidhuber & Cummins (2000).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.lazy import LazyModule
from core.timing.frameworks.work.arrays import LSTM_WEIGHTS, MLP_WEIGHTS, arrays_of
from core.timing.frameworks.work.catalogue import CHECKED_STEPS, LEARNING_RATE

if TYPE_CHECKING:
    import numpy as np
else:
    np = LazyModule("numpy")

WEIGHTS = {"mlp_step": MLP_WEIGHTS, "lstm_step": LSTM_WEIGHTS}


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x))."""
    return np.asarray(1 / (1 + np.exp(-x)))


def silu(x: np.ndarray) -> np.ndarray:
    """x times its sigmoid."""
    return np.asarray(x / (1 + np.exp(-x)))


def convolution(x: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """Cross-correlation with zeros around the images, so that these keep their size."""
    out, channels, height, width = filters.shape
    around = ((0, 0), (0, 0), (height // 2, height // 2), (width // 2, width // 2))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, around), (height, width), axis=(2, 3))
    patches = windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, channels * height * width)
    product = patches @ filters.reshape(out, -1).T
    return product.reshape(len(x), x.shape[2], x.shape[3], out).transpose(0, 3, 1, 2)


def mlp_step(weights: Mapping[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """One step of gradient descent on the mean cross-entropy of a hidden layer of tanh units."""
    hidden = np.tanh(x @ weights["hidden"] + weights["hidden_bias"])
    loss, slope = _cross_entropy(hidden @ weights["output"] + weights["output_bias"], y)
    before = (slope @ weights["output"].T) * (1 - hidden * hidden)
    gradients = {
        "hidden": x.T @ before,
        "hidden_bias": before.sum(axis=0),
        "output": hidden.T @ slope,
        "output_bias": slope.sum(axis=0),
    }
    _descend(weights, gradients)
    return loss


def lstm_step(weights: Mapping[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """The same for the last state of an LSTM, by backpropagation through time."""
    units = weights["recurrent"].shape[0]
    state = cell = np.zeros((len(x), units), x.dtype)
    past = []
    for at in range(x.shape[1]):
        sums = x[:, at] @ weights["input"] + state @ weights["recurrent"] + weights["bias"]
        i, f, o = (sigmoid(sums[:, k * units : (k + 1) * units]) for k in (0, 1, 3))
        g = np.tanh(sums[:, 2 * units : 3 * units])
        before = (state, cell)
        cell = f * cell + i * g
        squashed = np.tanh(cell)
        state = o * squashed
        past.append((before, i, f, g, o, squashed))
    loss, slope = _cross_entropy(state @ weights["output"] + weights["output_bias"], y)
    gradients = {name: np.zeros_like(weights[name]) for name in ("input", "recurrent", "bias")}
    gradients |= {"output": state.T @ slope, "output_bias": slope.sum(axis=0)}
    of_state, of_cell = slope @ weights["output"].T, np.zeros_like(cell)
    for at in reversed(range(x.shape[1])):
        (state, cell), i, f, g, o, squashed = past[at]
        of_cell = of_cell + of_state * o * (1 - squashed * squashed)
        parts = (
            of_cell * g * i * (1 - i),
            of_cell * cell * f * (1 - f),
            of_cell * i * (1 - g * g),
            of_state * squashed * o * (1 - o),
        )
        of_sums = np.concatenate(parts, axis=1)
        gradients["input"] += x[:, at].T @ of_sums
        gradients["recurrent"] += state.T @ of_sums
        gradients["bias"] += of_sums.sum(axis=0)
        of_state, of_cell = of_sums @ weights["recurrent"].T, of_cell * f
    _descend(weights, gradients)
    return loss


def exact(work: str, seed: int = 0) -> tuple[dict[str, np.ndarray], list[float]]:
    """What a piece of work comes to in float64, and the losses of its steps where it is a training.

    A training's arrays are what its steps have added to each weight.
    """
    given = {
        name: array.astype(np.float64) if array.dtype.kind == "f" else array
        for name, array in arrays_of(work, seed).items()
    }
    if work == "matmul":
        return {"product": given["a"] @ given["b"]}, []
    if work == "activation":
        return {"output": silu(given["x"])}, []
    if work == "convolution":
        return {"output": convolution(given["x"], given["filters"])}, []
    step = {"mlp_step": mlp_step, "lstm_step": lstm_step}[work]
    weights = {name: given[name].copy() for name in WEIGHTS[work]}
    losses = [step(weights, given["x"], given["y"]) for _ in range(CHECKED_STEPS)]
    return {name: weights[name] - given[name] for name in weights}, losses


def relative_errors(work: str, result: Mapping[str, np.ndarray], seed: int = 0) -> dict[str, float]:
    """The relative error of each array of a result against float64; nan where it is not of its shape.

    A training's result are its weights after CHECKED_STEPS steps.
    """
    wanted, given = exact(work, seed)[0], arrays_of(work, seed)
    errors = {}
    for name, array in wanted.items():
        found = np.asarray(result[name], np.float64)
        found = found - given[name] if work in WEIGHTS else found
        same = found.shape == array.shape
        errors[name] = float(np.linalg.norm(found - array) / np.linalg.norm(array)) if same else float("nan")
    return errors


def _cross_entropy(outputs: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean loss of a batch, and its slope by the outputs."""
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    loss = -float(np.log(shares[rows, y]).mean())
    shares[rows, y] -= 1
    return loss, shares / len(y)


def _descend(weights: Mapping[str, np.ndarray], gradients: Mapping[str, np.ndarray]) -> None:
    for name, gradient in gradients.items():
        weights[name][...] -= LEARNING_RATE * gradient
