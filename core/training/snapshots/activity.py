"""Which units react at all, and how many are pushed to where the activation function is flat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers import Activated, activated, held_back, spread

# As shares of the function's steepest slope.
FLAT, NO_SLOPE = 0.05, 0.001
_STEEPEST_WITHIN = 8.0


def dead_units(learner: SupervisedLearner) -> Iterator[Picture]:
    """ "dead_units": dead and saturated, float32 (layers,), of what comes into each activation.

    dead is the share of units (channels of a convolution) whose slope is below 0.1% of the function's
    steepest for every held-back sample (and place), so that hardly any gradient passes; saturated is the
    share of single activations whose slope is below 5% of it. values: layers (names), units (how many each
    has), samples.
    """
    shown = held_back(learner)
    inputs = learner.test_inputs[torch.from_numpy(shown).to(learner.device)]
    while True:
        layers = spread(activated(learner.network, inputs))
        if not layers:
            return
        slopes = [relative_slopes(layer) for layer in layers]
        arrays = {
            "dead": np.array([dead_share(slope) for slope in slopes], np.float32),
            "saturated": np.array([(slope < FLAT).double().mean().item() for slope in slopes], np.float32),
        }
        values = {
            "layers": [layer.name for layer in layers],
            "units": [layer.before.shape[1] for layer in layers],
            "samples": len(shown),
        }
        yield Picture("dead_units", learner.step, arrays, values)


def relative_slopes(layer: Activated) -> Tensor:
    """Absolute slope at each place, as a share of the function's steepest; of the shape of layer.before."""
    around = torch.linspace(-_STEEPEST_WITHIN, _STEEPEST_WITHIN, 1601, device=layer.before.device)
    steepest = _slopes(layer, around).max()
    return _slopes(layer, layer.before) / steepest


def dead_share(slopes: Tensor) -> float:
    """Share of units (batch, units, ...) that are below NO_SLOPE everywhere."""
    everywhere = [axis for axis in range(slopes.dim()) if axis != 1]
    return (slopes.amax(dim=everywhere) < NO_SLOPE).double().mean().item()


def _slopes(layer: Activated, at: Tensor) -> Tensor:
    with torch.enable_grad():
        at = at.detach().clone().requires_grad_()
        (slopes,) = torch.autograd.grad(layer.function(at).sum(), at)
    return slopes.abs()
