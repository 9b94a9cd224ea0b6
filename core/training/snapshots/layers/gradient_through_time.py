"""How far back in time the loss's gradient reaches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from core.data.dataset import NO_TARGET
from core.events import Picture
from core.models.cells import unroll
from core.models.recurrent import SequenceNetwork, SymbolNetwork, lengths
from core.training.compiled.learner import CompiledLearner
from core.training.compiled.recurrent_networks import compiled_data, compiled_recurrent
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.sampling import shown_samples

SEQUENCES, MAX_STEPS = 8, 100


def gradient_through_time(learner: SupervisedLearner) -> Iterator[Picture]:
    """Norm of the loss's gradient by the last layer's hidden state at each step.

    first and now float32 (time,), at the first picture and at this moment: of the loss of up to 8 test
    sequences of the same length, each norm over all their units; the layer that reads forwards. At most 100
    steps, the last ones. values: first_step, the training step that first belongs to.
    """
    inputs, targets = _same_length(learner)
    first: np.ndarray | None = None
    first_step = learner.step
    while True:
        now = state_gradients(learner, inputs, targets)[-MAX_STEPS:]
        first = now if first is None else first
        arrays = {"first": first, "now": now}
        yield Picture("gradient_through_time", learner.step, arrays, {"first_step": first_step})


def state_gradients(learner: SupervisedLearner, inputs: Tensor, targets: Tensor) -> np.ndarray:
    """Norm of dLoss/dh of each step, float32 (time,), of the last layer that reads forwards."""
    model = learner.network
    assert isinstance(model, SequenceNetwork | SymbolNetwork)
    if isinstance(learner, CompiledLearner):
        return _of_compiled(learner, model, inputs, targets)
    with torch.enable_grad():
        embedded = inputs if isinstance(model, SequenceNetwork) else model.embedding(inputs)
        directions = unroll(model.recurrent, embedded)[-1]
        every_h = [states["h"] for states in directions[0]]
        if isinstance(model, SequenceNetwork):
            read = [every_h[-1]] + [steps[0]["h"] for steps in directions[1:]]
            outputs = model.output(torch.cat(read, dim=1))
        else:
            outputs = model.output(torch.stack(every_h, dim=1)).transpose(1, 2)
        loss = learner.objective.loss(outputs, targets)
        gradients = torch.autograd.grad(loss, every_h)
    return torch.stack([gradient.norm() for gradient in gradients]).float().cpu().numpy()


def _of_compiled(
    learner: CompiledLearner, model: SequenceNetwork | SymbolNetwork, inputs: Tensor, targets: Tensor
) -> np.ndarray:
    """As the training's own steps compute it on their way back."""
    from core.training.compiled import recurrent

    network = compiled_recurrent(model, tuple(inputs.shape[1:]))
    data = compiled_data(network, inputs, targets)
    forwards = recurrent.unroll(network, learner.memory.theta, data, learner.loss)[-network.directions]
    return np.asarray(np.linalg.norm(forwards.whole, axis=0), np.float32)


def _same_length(learner: SupervisedLearner) -> tuple[Tensor, Tensor]:
    """Test sequences without an early end: those as long as the first of them."""
    shown = shown_samples(learner, 8 * SEQUENCES)
    inputs, targets = learner.test_inputs[shown], learner.test_targets[shown]
    if inputs.is_floating_point():
        steps = lengths(inputs)
        same = (steps == steps[0]).nonzero()[:SEQUENCES, 0]
        return inputs[same, : int(steps[0])], targets[same]
    asked = (targets != NO_TARGET).any(dim=1).nonzero()[:SEQUENCES, 0]
    return inputs[asked], targets[asked]
