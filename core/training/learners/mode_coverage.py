"""How much of a target a generator covers: the modes that its samples reach, and their precision."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

# A mode that gets fewer precise samples than this fraction of what it would get from the target is missed.
FRACTION_OF_FAIR = 0.25
NEAR_SD = 3.0
NEAR_QUANTILE = 0.95
_MAX_ROWS = 250


@dataclass(frozen=True)
class Coverage:
    """What samples cover of a target."""

    modes: int  # reached, of all modes
    precision: float  # fraction of the samples near the target (Kynkäänniemi et al. 2019)


def mixture_coverage(samples: Tensor, centres: Tensor, standard_deviation: float) -> Coverage:
    """Coverage of Gaussians by samples (n, 2): precise is one within 3 standard deviations of its centre."""
    distance, mode = torch.cdist(samples, centres).min(1)
    return _count(mode[distance <= NEAR_SD * standard_deviation], len(samples), len(centres))


def class_coverage(samples: Tensor, real: Tensor, labels: Tensor, classes: int, near: float) -> Coverage:
    """Coverage of classes of images by samples: each counts for the class of the real image nearest to it.

    samples (n, ...), real (m, ...), labels (m,). Precise is a sample at most `near` away from a real image.
    """
    distance, nearest = nearest_distances(samples, real)
    return _count(labels[nearest[distance <= near]], len(samples), classes)


def reference_distance(unseen: Tensor, real: Tensor) -> float:
    """How far real images lie apart: 95 of 100 unseen ones have a training image within this distance."""
    return nearest_distances(unseen, real)[0].quantile(NEAR_QUANTILE).item()


def nearest_distances(samples: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """Euclidean distance to the nearest of `real` and its index, both (n,)."""
    flat = real.flatten(1)
    parts = [torch.cdist(part.flatten(1), flat).min(1) for part in samples.split(_MAX_ROWS)]
    return torch.cat([part.values for part in parts]), torch.cat([part.indices for part in parts])


def _count(modes_of_precise: Tensor, samples: int, modes: int) -> Coverage:
    counts = torch.bincount(modes_of_precise, minlength=modes)
    reached = counts >= FRACTION_OF_FAIR * samples / modes
    return Coverage(int(reached.sum()), len(modes_of_precise) / samples)
