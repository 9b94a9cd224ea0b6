"""Gradient and update of each layer over the run."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from core.events import Picture
from core.training.compiled.learner import CompiledLearner
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.history import History, arrays_of
from core.training.snapshots.layers.named_layers import numbers_of, weights_of
from core.training.snapshots.sampling import spread

QUANTITIES = ("gradient", "update", "ratio")


def layer_norms(learner: SupervisedLearner) -> Iterator[Picture]:
    """What one step on one fixed batch would do to each layer's weights, over the run so far.

    For each of "gradient" (norm of the loss's gradient), "update" (norm of the step's change) and "ratio"
    (that change by the norm of the weights): steps int64 and values float32, both (layers, points); shorter
    rows end in step -1 and NaN. values: layers, their names, and numbers, the place of each among
    all.
    A copy of the network and its optimiser takes the step. The batch is as large as the training's, evenly
    spread over the training split. Norms are Euclidean.
    """
    shown = spread([*weights_of(learner.network)])
    values = {"layers": shown, "numbers": numbers_of(learner.network, shown)}
    histories = {name: {layer: History() for layer in shown} for name in QUANTITIES}
    while True:
        gradient, update, weight = _one_step(learner, shown)
        for layer in shown:
            ratio = update[layer] / weight[layer] if weight[layer] else math.nan
            norms = {"gradient": gradient[layer], "update": update[layer], "ratio": ratio}
            for name, norm in norms.items():
                if math.isfinite(norm):
                    histories[name][layer].add(learner.step, norm)
        arrays: dict[str, np.ndarray] = {}
        for name, of_layers in histories.items():
            arrays[f"{name}_steps"], arrays[name] = arrays_of([*of_layers.values()])
        yield Picture("layer_norms", learner.step, arrays, values)


def _one_step(
    learner: SupervisedLearner, shown: list[str]
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Norms of gradient, update and weights by layer."""
    copied = probe_copy(learner)
    batch = fixed_batch(learner)
    weights = {name: weight for name, weight in weights_of(copied.network).items() if name in shown}
    before = {name: weight.detach().clone() for name, weight in weights.items()}
    gradients = gradients_of(copied, batch, [*weights.values()])
    copied.learn(batch.numpy() if isinstance(copied, CompiledLearner) else _gathered(copied, batch))
    return (
        {name: gradient.norm().item() for name, gradient in zip(weights, gradients, strict=True)},
        {name: (weight.detach() - before[name]).norm().item() for name, weight in weights.items()},
        {name: weight.norm().item() for name, weight in before.items()},
    )


def probe_copy(learner: SupervisedLearner) -> SupervisedLearner:
    """A learner at the same point, with the data of the first but weights and optimiser of its own.

    Its step is the last one where the training is over, so that a falling learning rate is not yet zero.
    """
    copied = copy.copy(learner)
    copied.network, copied.optimizer = copy.deepcopy((learner.network, learner.optimizer))
    copied.chance = copy.copy(learner.chance)
    copied.step = min(learner.step, learner.config.epochs * learner.steps_per_epoch - 1)
    if isinstance(copied, CompiledLearner):
        copied.memory = copy.deepcopy(copied.memory)
        copied.share_memory()
    return copied


def fixed_batch(learner: SupervisedLearner) -> Tensor:
    """Numbers of training samples, int64 (batch,), evenly spread."""
    count = len(learner.train_inputs)
    size = min(learner.config.batch_size, count)
    return torch.linspace(0, count - 1, size).round().long()


def gradients_of(
    learner: SupervisedLearner, batch: Tensor, weights: list[torch.nn.Parameter]
) -> tuple[Tensor, ...]:
    """Gradients of the training loss on these samples with respect to a copied learner's weights."""
    with torch.enable_grad():
        inputs, targets = _gathered(learner, batch)
        loss = learner.objective.learning_loss(learner.outputs(inputs), targets)
        return torch.autograd.grad(loss, weights)


def _gathered(learner: SupervisedLearner, batch: Tensor) -> tuple[Tensor, Tensor]:
    rows = batch.to(learner.device)
    return learner.train_inputs[rows], learner.train_targets[rows]
