"""Which units react at all, and how many activations are where the function is flat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner
from core.training.objective import fraction
from core.training.snapshots.layers.named_layers import Activated, activated
from core.training.snapshots.sampling import shown_samples, spread

# As fractions of the function's steepest slope.
FLAT, NO_SLOPE = 0.05, 0.001
_STEEPEST_WITHIN = 8.0


def dead_units(learner: SupervisedLearner) -> Iterator[Picture]:
    """dead and saturated, float32 (layers,), by the pre-activations of each layer.

    dead is the fraction of units (channels of a convolution) whose slope is below 0.1% of the function's
    steepest for every test sample (and pixel), so that hardly any gradient passes; saturated is the fraction
    of single activations whose slope is below 5% of it. values: layers (names), units (how many each has),
    samples. Ends at once where the network has no activation.
    """
    inputs = learner.test_inputs[shown_samples(learner)]
    while True:
        layers = spread(activated(learner.network, inputs))
        if not layers:
            return
        slopes = [relative_slopes(layer) for layer in layers]
        arrays = {
            "dead": np.array([dead_fraction(slope) for slope in slopes], np.float32),
            "saturated": np.array([fraction(slope < FLAT).item() for slope in slopes], np.float32),
        }
        values = {
            "layers": [layer.name for layer in layers],
            "units": [layer.before.shape[1] for layer in layers],
            "samples": len(inputs),
        }
        yield Picture("dead_units", learner.step, arrays, values)


def relative_slopes(layer: Activated) -> Tensor:
    """Absolute slope at each of layer.before, of its shape, as a fraction of the function's steepest."""
    around = torch.linspace(-_STEEPEST_WITHIN, _STEEPEST_WITHIN, 1601, device=layer.before.device)
    steepest = _slopes(layer, around).max()
    return _slopes(layer, layer.before) / steepest


def dead_fraction(slopes: Tensor) -> float:
    """Fraction of units (batch, units, ...) that are below NO_SLOPE everywhere."""
    everywhere = [axis for axis in range(slopes.dim()) if axis != 1]
    return fraction(slopes.amax(dim=everywhere) < NO_SLOPE).item()


def _slopes(layer: Activated, at: Tensor) -> Tensor:
    with torch.enable_grad():
        at = at.detach().clone().requires_grad_()
        (slopes,) = torch.autograd.grad(layer.function(at).sum(), at)
    return slopes.abs()
