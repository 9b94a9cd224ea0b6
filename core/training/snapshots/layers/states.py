"""Gates and states of a recurrent network over the steps of one sample."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from core.events import Picture
from core.models.cells import NAMES, over_time, unroll
from core.models.recurrent import SequenceNetwork, SymbolNetwork, lengths
from core.training.learners.supervised import SupervisedLearner

MAX_UNITS, MAX_STEPS = 32, 100


def states(learner: SupervisedLearner) -> Iterator[Picture]:
    """What the last layer, reading forwards, holds at each step of the first test sample.

    Each gate and state float32 (units, time) by its letter: h; c i f g o of an LSTM; r z n of a GRU. At most
    32 units and the last 100 steps. inputs: float32 (features, time), none of symbols. memory: float32
    (time,), the gradient's norm of the last output by each step's h: what a change there would still do.
    values: names, the letters' meanings; features; steps, the symbol at each step.
    """
    model, data = learner.network, learner.data
    assert isinstance(model, SequenceNetwork | SymbolNetwork)
    sample = torch.from_numpy(data.test_inputs[:1]).to(learner.device)
    numbers = sample.is_floating_point()
    if numbers:
        sample = sample[:, : int(lengths(sample)[0])]
    shown = slice(-MAX_STEPS, None)
    while True:
        over_steps, memory = _read(model, sample)
        arrays = {name: _array(state[0, shown, :MAX_UNITS].T) for name, state in over_steps.items()}
        arrays["memory"] = _array(memory[shown])
        if numbers:
            arrays["inputs"] = _array(sample[0, shown].T)
        values = {
            "names": {name: NAMES[name] for name in over_steps},
            "features": list(data.features),
            "steps": [] if numbers else [data.classes[symbol] for symbol in sample[0, shown].tolist()],
        }
        yield Picture("states", learner.step, arrays, values)


def _read(model: SequenceNetwork | SymbolNetwork, sample: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """States (1, time, units) of the last layer reading forwards, and the memory (time,) of each step."""
    with torch.enable_grad():
        x = sample if isinstance(model, SequenceNetwork) else model.embedding(sample)
        directions = unroll(model.recurrent, x)[-1]
        read = [directions[0][-1]["h"]] + [steps[0]["h"] for steps in directions[1:]]
        output = model.output(torch.cat(read, dim=1))
        # Of the largest output alone: the sum over logits would be moved by what moves them all alike.
        every_h = [states["h"] for states in directions[0]]
        gradients = torch.autograd.grad(output.max(), every_h)
    memory = torch.stack([gradient.norm() for gradient in gradients])
    return {name: state.detach() for name, state in over_time(directions[0]).items()}, memory


def _array(values: Tensor) -> np.ndarray:
    return values.detach().float().cpu().numpy().copy()
