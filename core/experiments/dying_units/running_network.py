"""Where the pre-activations of a network are on its activation function, and how many where it is flat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.activations.curves import curves
from core.events import Picture
from core.tables import csv_text

FLAT_SLOPE = 0.1
MIN_RANGE = 4.0  # the function is evaluated at least from -4 to 4, where most of them bend
POINTS, POINTS_PER_BIN = 401, 20


@dataclass(frozen=True, eq=False)
class OnTheCurve:
    """One layer's pre-activations and their activation function f."""

    layer: str
    x: np.ndarray  # (points,)
    value: np.ndarray  # (points,), f(x)
    slope: np.ndarray  # (points,), f'(x)
    edges: np.ndarray  # (bins + 1,), of the histogram
    fractions: np.ndarray  # (bins,), fraction of the pre-activations in each bin
    flat: tuple[tuple[float, float], ...]  # intervals of x where |f'| is under FLAT_SLOPE
    # Fraction of the pre-activations there, assumed uniform within each bin; None when none is finite.
    flat_fraction: float | None


def on_the_curve(activation: str, histograms: Picture, layer: str) -> OnTheCurve:
    """The histogram of a layer in the picture "input_histograms", with the activation function.

    activation is a key of ACTIVATIONS or an expression of x. Raises InvalidRequest for pre-activations too
    large to evaluate the function there.
    """
    row = histograms.values["layers"].index(layer)
    edges = histograms.arrays["edges"][row].astype(np.float64)
    counts = histograms.arrays["counts"][row].astype(np.float64)
    low, high = min(float(edges[0]), -MIN_RANGE), max(float(edges[-1]), MIN_RANGE)
    drawn = curves({activation: {}}, low, high, POINTS)
    slope, total = drawn.derivatives[activation], counts.sum()
    flat_in_bin = _flat_in_each_bin(activation, edges)
    return OnTheCurve(
        layer=layer,
        x=drawn.x,
        value=drawn.values[activation],
        slope=slope,
        edges=edges,
        fractions=counts / max(total, 1.0),
        flat=_intervals(drawn.x, np.abs(slope) < FLAT_SLOPE),
        flat_fraction=float((counts * flat_in_bin).sum() / total) if total else None,
    )


def flat_fractions(activations: Mapping[str, str], histograms: Picture) -> dict[str, float | None]:
    """By layer, the fraction of pre-activations where |f'| is under FLAT_SLOPE; see OnTheCurve.

    activations: that of each layer.
    """
    layers = histograms.values["layers"]
    return {layer: on_the_curve(activations[layer], histograms, layer).flat_fraction for layer in layers}


def to_csv(found: OnTheCurve) -> str:
    """The histogram as CSV: edges and fraction of pre-activations of each bin, f and f' at its middle."""
    middles = (found.edges[:-1] + found.edges[1:]) / 2
    value, slope = (np.interp(middles, found.x, values) for values in (found.value, found.slope))
    rows = zip(found.edges[:-1], found.edges[1:], found.fractions, value, slope, strict=True)
    return csv_text(("from", "to", "share", "f", "derivative"), rows)


def _flat_in_each_bin(activation: str, edges: np.ndarray) -> np.ndarray:
    """The fraction of each bin's width where the function is flat; bins have equal widths."""
    bins = len(edges) - 1
    half = (edges[-1] - edges[0]) / bins / POINTS_PER_BIN / 2
    points = curves({activation: {}}, edges[0] + half, edges[-1] - half, bins * POINTS_PER_BIN)
    flat: np.ndarray = np.abs(points.derivatives[activation]) < FLAT_SLOPE
    return flat.reshape(bins, POINTS_PER_BIN).mean(axis=1)


def _intervals(x: np.ndarray, inside: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Ends of each run of neighbouring points that are inside."""
    padded = np.concatenate([[False], inside, [False]]).astype(np.int8)
    begins, ends = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1) - 1
    return tuple((float(x[begin]), float(x[end])) for begin, end in zip(begins, ends, strict=True))
