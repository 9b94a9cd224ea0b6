"""What the channels of a convolutional network make of an image."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.named_layers import Activated, activated
from core.training.snapshots.sampling import as_pixels, spread

CHANNELS, LAYERS = 8, 5


def feature_maps(learner: SupervisedLearner) -> Iterator[Picture]:
    """What leaves the activation after each convolution, for the first test image.

    image uint8 as of as_pixels(); then "0", "1", ... float32 (channels, height, width), at most 8 channels of
    at most 5 layers. values: layers (names), channels (how many each has), label, a class.
    """
    inputs = learner.test_inputs[:1]
    image = as_pixels(inputs)[0]
    label = learner.data.classes[int(learner.test_targets[0])]
    while True:
        layers = [layer for layer in activated(learner.network, inputs) if layer.before.dim() == 4]
        layers = spread(layers, LAYERS)
        arrays = {"image": image} | {str(n): _maps(layer) for n, layer in enumerate(layers)}
        values = {
            "layers": [layer.name for layer in layers],
            "channels": [layer.before.shape[1] for layer in layers],
            "label": label,
        }
        yield Picture("feature_maps", learner.step, arrays, values)


def _maps(layer: Activated) -> np.ndarray:
    return layer.function(layer.before)[0, :CHANNELS].float().cpu().numpy()
