"""What the channels of a convolutional network make of an image."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import Tensor, nn

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.named_layers import Activated, activated
from core.training.snapshots.sampling import as_pixels, spread

CHANNELS, LAYERS = 8, 5


def feature_maps(learner: SupervisedLearner) -> Iterator[Picture]:
    """What leaves the activation after each convolution, for the first test image.

    image uint8 as of as_pixels(); then "0", "1", ... float32 (channels, height, width), at most 8 channels of
    at most 5 layers. kernels (channels, inputs, height, width) and bias (channels,) float32: of the first
    convolution, from which a cell of "0" can be computed. values: layers (names), channels (how many each
    has), label, a class; stride and padding of the first convolution, and whether a normalisation follows it.
    """
    inputs = learner.test_inputs[:1]
    image = as_pixels(inputs)[0]
    label = learner.data.classes[int(learner.test_targets[0])]
    first = next(layer for layer in learner.network.modules() if isinstance(layer, nn.Conv2d))
    while True:
        layers = [layer for layer in activated(learner.network, inputs) if layer.before.dim() == 4]
        layers = spread(layers, LAYERS)
        arrays = {"image": image} | {str(n): _maps(layer) for n, layer in enumerate(layers)}
        arrays |= _first_kernels(first)
        values = {
            "layers": [layer.name for layer in layers],
            "channels": [layer.before.shape[1] for layer in layers],
            "label": label,
            "stride": first.stride[0],
            "padding": int(first.padding[0]),
            "normalised": first.bias is None,
        }
        yield Picture("feature_maps", learner.step, arrays, values)


def _first_kernels(first: nn.Conv2d) -> dict[str, np.ndarray]:
    kernels = first.weight.detach()[:CHANNELS]
    bias = kernels.new_zeros(len(kernels)) if first.bias is None else first.bias.detach()[:CHANNELS]
    return {name: _array(part) for name, part in (("kernels", kernels), ("bias", bias))}


def _array(values: Tensor) -> np.ndarray:
    return values.float().cpu().numpy().copy()  # the optimiser keeps writing into the original


def _maps(layer: Activated) -> np.ndarray:
    return layer.function(layer.before)[0, :CHANNELS].float().cpu().numpy()
