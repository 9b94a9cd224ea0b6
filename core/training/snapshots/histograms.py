"""How weights and pre-activations are spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers import activated, held_back, spread, weights_of

BINS = 40


def weight_histograms(learner: SupervisedLearner) -> Iterator[Picture]:
    """ "weight_histograms": counts int64 (layers, 40) and edges float32 (layers, 41) of each layer's weights.

    Each layer's bins reach from its smallest to its largest weight; biases are left out. values: layers.
    """
    while True:
        weights = weights_of(learner.network)
        layers = {name: weights[name].detach() for name in spread([*weights])}
        yield Picture("weight_histograms", learner.step, counted(layers), {"layers": [*layers]})


def input_histograms(learner: SupervisedLearner) -> Iterator[Picture]:
    """ "input_histograms": counts int64 (layers, 40) and edges float32 (layers, 41) of pre-activations.

    Of what comes into each activation, of every unit and place, from held-back samples; nothing where the
    network has no activation. values: layers, samples (how many).
    """
    shown = held_back(learner)
    samples = learner.test_inputs[torch.from_numpy(shown).to(learner.device)]
    while True:
        layers = {layer.name: layer.before for layer in spread(activated(learner.network, samples))}
        if not layers:
            return
        values = {"layers": [*layers], "samples": len(shown)}
        yield Picture("input_histograms", learner.step, counted(layers), values)


def counted(layers: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """counts and edges of each layer's finite values, in 40 bins of equal width."""
    pairs = [np.histogram(_finite(values), BINS) for values in layers.values()]
    return {
        "counts": np.array([counts for counts, _ in pairs], np.int64),
        "edges": np.array([edges for _, edges in pairs], np.float32),
    }


def _finite(values: Tensor) -> np.ndarray:
    numbers = values.double().cpu().numpy().ravel()
    return numbers[np.isfinite(numbers)]
