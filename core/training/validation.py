"""The validation split: the samples of the training split that stopping rules watch and no step learns from.

Patience and target watch it, so that the test split plays no part in any choice: what it says of the chosen
weights at the end is then true of new samples as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.data import DATASETS
from core.data.dataset import CLASSIFICATION, CONTROL, GRID_WORLD, LoadedDataset
from core.lazy import LazyModule

if TYPE_CHECKING:
    import numpy as np

    from core.training.config import TrainConfig
else:
    np = LazyModule("numpy")

DEFAULT_FRACTION = 0.2
PLAYED = (GRID_WORLD, CONTROL)  # no samples to split: fresh episodes with another seed validate
SEED = 0x5EED  # beside the config's own, so that the split draws from no stream that training draws from


def is_watched(config: TrainConfig) -> bool:
    """Whether a training has validation scores: asked for, or needed by target or patience."""
    return not (config.validation_fraction is None and config.target is None and config.patience is None)


def split_fraction(config: TrainConfig) -> float | None:
    """The fraction of the training split that becomes the validation split; None where there is none."""
    if not is_watched(config) or DATASETS[config.data].kind in PLAYED:
        return None
    return DEFAULT_FRACTION if config.validation_fraction is None else config.validation_fraction


@dataclass(frozen=True, eq=False)
class ValidationSplit:
    """Samples that were carved out of a training split; targets is None where the data has none."""

    inputs: np.ndarray
    targets: np.ndarray | None


def carve(data: Any, config: TrainConfig) -> tuple[Any, ValidationSplit | None]:
    """The data with a smaller training split, and its validation split; the data itself where none is due.

    data: a LoadedDataset or a LoadedMixture. The split is the same for the same seed. Samples that have a
    time (train_times) are split by it, the latest validate; else classes keep their proportions. The order
    within the training split stays.
    """
    fraction = split_fraction(config)
    if fraction is None:
        return data, None
    inputs = data.train_inputs
    if not isinstance(data, LoadedDataset):
        chosen = stratified(np.zeros(len(inputs)), fraction, config.seed)
        return replace(data, train_inputs=inputs[~chosen]), ValidationSplit(inputs[chosen], None)
    targets, times, plane = data.train_targets, data.train_times, data.train_plane
    if times is not None:
        chosen = _latest(times, fraction)
    elif data.task == CLASSIFICATION and targets.ndim == 1:
        chosen = stratified(targets, fraction, config.seed)
    else:
        # A skill needs the spread of two values at least.
        chosen = stratified(np.zeros(len(inputs)), max(fraction, 2 / len(inputs)), config.seed)
    smaller = replace(
        data,
        train_inputs=inputs[~chosen],
        train_targets=targets[~chosen],
        train_plane=None if plane is None else plane[~chosen],
        train_times=None if times is None else times[~chosen],
    )
    return smaller, ValidationSplit(inputs[chosen], targets[chosen])


def stratified(groups: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Which members (n,) validate, bool: this fraction of each group of equal numbers, drawn by the seed.

    A group of two or more keeps one member at least and gives one; a lone member stays.
    """
    random = np.random.default_rng([seed, SEED])
    chosen = np.zeros(len(groups), bool)
    for group in np.unique(groups):
        members = random.permutation(np.flatnonzero(groups == group))
        count = min(max(1, round(fraction * len(members))), len(members) - 1)
        chosen[members[:count]] = True
    return chosen


def _latest(times: np.ndarray, fraction: float) -> np.ndarray:
    """Which samples lie in the last fraction of the moments; samples of one moment stay together."""
    moments = np.unique(times)
    return times >= moments[-max(1, round(fraction * len(moments)))]
