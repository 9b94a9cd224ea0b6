"""How weights and pre-activations are spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from torch import Tensor

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.named_layers import activated, numbers_of, weights_of
from core.training.snapshots.sampling import shown_samples, spread

BINS = 40


def weight_histograms(learner: SupervisedLearner) -> Iterator[Picture]:
    """counts int64 (layers, 40) and edges float32 (layers, 41) of each layer's weights.

    Each layer's bins reach from its smallest to its largest weight; biases are left out. values: layers, and
    numbers, the place of each among all.
    """
    while True:
        weights = weights_of(learner.network)
        layers = {name: weights[name].detach() for name in spread([*weights])}
        values = {"layers": [*layers], "numbers": numbers_of(learner.network, [*layers])}
        yield Picture("weight_histograms", learner.step, counted(layers), values)


def input_histograms(learner: SupervisedLearner) -> Iterator[Picture]:
    """counts int64 (layers, 40) and edges float32 (layers, 41) of pre-activations.

    Of every unit (and pixel) of each layer, on test samples; ends at once where the network has no
    activation. values: layers, numbers as those of weight_histograms(), samples (how many).
    """
    samples = learner.test_inputs[shown_samples(learner)]
    while True:
        layers = {layer.name: layer.before for layer in spread(activated(learner.network, samples))}
        if not layers:
            return
        numbers = numbers_of(learner.network, [*layers])
        values = {"layers": [*layers], "numbers": numbers, "samples": len(samples)}
        yield Picture("input_histograms", learner.step, counted(layers), values)


def counted(layers: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """counts and edges of each layer's finite values, in 40 bins of equal width."""
    pairs = [np.histogram(_finite(values), BINS) for values in layers.values()]
    return {
        "counts": np.array([counts for counts, _ in pairs], np.int64),
        "edges": np.array([edges for _, edges in pairs], np.float32),
    }


def _finite(values: Tensor) -> np.ndarray:
    numbers = values.cpu().double().numpy().ravel()
    return numbers[np.isfinite(numbers)]
