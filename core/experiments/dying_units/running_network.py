"""Where the sums of a running network lie on its activation function, and how many lie where it is flat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.activations.curves import curves
from core.events import Picture
from core.tables import csv_text

FLAT_SLOPE = 0.1
AROUND = 4.0  # the function is drawn at least from -4 to 4, where most of them bend
POINTS, PLACES_IN_A_BIN = 401, 20


@dataclass(frozen=True, eq=False)
class OnTheCurve:
    """One layer's pre-activations and the function that they go into.

    x, value and slope are f and f' at (points,). edges (bins + 1,) and shares (bins,) are the histogram, in
    shares of all sums. flat: stretches of x, from and to, where |f'| is under FLAT_SLOPE. flat_share: the
    share of sums there, taken to be spread evenly within each bin; None when no sum is a finite number.
    """

    layer: str
    x: np.ndarray
    value: np.ndarray
    slope: np.ndarray
    edges: np.ndarray
    shares: np.ndarray
    flat: tuple[tuple[float, float], ...]
    flat_share: float | None


def on_the_curve(activation: str, histograms: Picture, layer: str) -> OnTheCurve:
    """What the picture "input_histograms" tells of a layer, beside the function that the network has.

    activation is a key of ACTIVATIONS or an expression of x. Raises InvalidRequest for sums so large that the
    function cannot be drawn there.
    """
    row = histograms.values["layers"].index(layer)
    edges = histograms.arrays["edges"][row].astype(np.float64)
    counts = histograms.arrays["counts"][row].astype(np.float64)
    low, high = min(float(edges[0]), -AROUND), max(float(edges[-1]), AROUND)
    drawn = curves({activation: {}}, low, high, POINTS)
    slope, total = drawn.derivatives[activation], counts.sum()
    flat_in_bin = _flat_in_each_bin(activation, edges)
    return OnTheCurve(
        layer=layer,
        x=drawn.x,
        value=drawn.values[activation],
        slope=slope,
        edges=edges,
        shares=counts / max(total, 1.0),
        flat=_stretches(drawn.x, np.abs(slope) < FLAT_SLOPE),
        flat_share=float((counts * flat_in_bin).sum() / total) if total else None,
    )


def flat_shares(activation: str, histograms: Picture) -> dict[str, float | None]:
    """By layer, the share of sums where |f'| is under FLAT_SLOPE; see OnTheCurve."""
    layers = histograms.values["layers"]
    return {layer: on_the_curve(activation, histograms, layer).flat_share for layer in layers}


def to_csv(found: OnTheCurve) -> str:
    """The histogram as CSV: both edges of each bin, the share of sums in it, and f and f' at its middle."""
    middles = (found.edges[:-1] + found.edges[1:]) / 2
    value, slope = (np.interp(middles, found.x, part) for part in (found.value, found.slope))
    rows = zip(found.edges[:-1], found.edges[1:], found.shares, value, slope, strict=True)
    return csv_text(("from", "to", "share", "f", "derivative"), rows)


def _flat_in_each_bin(activation: str, edges: np.ndarray) -> np.ndarray:
    """The part of each bin's width where the function is flat; bins have equal widths."""
    bins = len(edges) - 1
    half = (edges[-1] - edges[0]) / bins / PLACES_IN_A_BIN / 2
    places = curves({activation: {}}, edges[0] + half, edges[-1] - half, bins * PLACES_IN_A_BIN)
    flat: np.ndarray = np.abs(places.derivatives[activation]) < FLAT_SLOPE
    return flat.reshape(bins, PLACES_IN_A_BIN).mean(axis=1)


def _stretches(x: np.ndarray, inside: np.ndarray) -> tuple[tuple[float, float], ...]:
    """From and to of each run of neighbouring places that are inside."""
    padded = np.concatenate([[False], inside, [False]]).astype(np.int8)
    begins, ends = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1) - 1
    return tuple((float(x[begin]), float(x[end])) for begin, end in zip(begins, ends, strict=True))
