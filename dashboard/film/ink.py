"""How images of one channel are drawn: on which ground, in which shade, how large and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_SPREAD = 0.02  # of an image's side, of centres of mass that count as the same place
SHADES = 256
STRONGEST = 95  # percentile of the ink that is as dark, or as bright, as a pen makes it
TRACE = 0.1  # of the whole range, from which on a pixel is ink


@dataclass(frozen=True)
class Ink:
    """What a drawing has to be like to look like the images of a data set.

    ground and pen: values in [0, 1] of what is empty and of what is drawn. extent: the longer side of what is
    drawn, and centre: its centre of mass (x, y), both as fractions of the sides; None where the images
    are not centred, so that a drawing stays as it is.
    """

    ground: float
    pen: float
    extent: float | None = None
    centre: tuple[float, float] | None = None


def ink_of(images: np.ndarray) -> Ink:
    """Measured on images (n, height, width) in [0, 1].

    Those of MNIST were fitted into 20 x 20 of 28 x 28 pixels and moved by their centre of mass; this finds
    both, and finds nothing in images that lie anywhere.
    """
    border = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1)
    ground = float(np.median(border))
    strength = np.abs(images - ground)
    if not strength.max() > TRACE:
        return Ink(ground, 1.0 - round(ground))
    pen = float(np.percentile(images[strength > TRACE], STRONGEST if ground < 0.5 else 100 - STRONGEST))
    drawn = images[(strength > TRACE).any((1, 2))]
    centres = _centres(np.abs(drawn - ground))
    if centres.std(axis=0).max() > MAX_SPREAD:
        return Ink(ground, pen)
    x, y = centres.mean(axis=0).tolist()
    return Ink(ground, pen, _extent(np.abs(drawn - ground)), (x, y))


def _centres(strength: np.ndarray) -> np.ndarray:
    """Centres of mass (n, 2), x and y, as fractions of the sides."""
    _, height, width = strength.shape
    mass = strength.sum((1, 2))
    x = (strength.sum(1) * (np.arange(width) + 0.5)).sum(1) / mass / width
    y = (strength.sum(2) * (np.arange(height) + 0.5)).sum(1) / mass / height
    return np.stack([x, y], axis=1)


def _extent(strength: np.ndarray) -> float:
    """The median of the longer sides of what is drawn, as a fraction of the image's side."""
    traces = strength > 1 / SHADES
    longest = [
        max(np.ptp(np.flatnonzero(trace.any(axis))) + 1 for axis in (0, 1)) / max(trace.shape)
        for trace in traces
    ]
    return float(np.median(longest))
