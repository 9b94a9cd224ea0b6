"""How weights and pre-activations are spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from core.events import Picture
from core.training.probes.layers import activated, held_back, spread, weights_of
from core.training.supervised import SupervisedLearner

BINS = 40


def histograms(learner: SupervisedLearner) -> Iterator[Picture]:
    """ "histograms": of each layer's weights, and of what comes into each activation from held-back samples.

    For "weights" and "inputs": counts int64 (layers, 40) and edges float32 (layers, 41); inputs are missing
    where a network has no activation between its layers. values: weights_layers and inputs_layers (names),
    samples.
    """
    shown = held_back(learner)
    samples = learner.test_inputs[torch.from_numpy(shown).to(learner.device)]
    recurrent = any(isinstance(module, torch.nn.RNNBase) for module in learner.model.modules())
    while True:
        weights = weights_of(learner.model)
        kinds: dict[str, dict[str, Tensor]] = {
            "weights": {name: weights[name] for name in spread([*weights])},
            "inputs": {},
        }
        if not recurrent:
            kinds["inputs"] = {
                layer.name: layer.before for layer in spread(activated(learner.model, samples))
            }
        arrays: dict[str, np.ndarray] = {}
        for kind, layers in kinds.items():
            if layers:
                arrays |= _counted(kind, layers)
        names = {f"{kind}_layers": [*layers] for kind, layers in kinds.items()}
        yield Picture("histograms", learner.step, arrays, {**names, "samples": len(shown)})


def _counted(kind: str, layers: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    counted = [np.histogram(_finite(values), BINS) for values in layers.values()]
    return {
        f"{kind}_counts": np.array([counts for counts, _ in counted], np.int64),
        f"{kind}_edges": np.array([edges for _, edges in counted], np.float32),
    }


def _finite(values: Tensor) -> np.ndarray:
    numbers = values.detach().double().cpu().numpy().ravel()
    return numbers[np.isfinite(numbers)]
