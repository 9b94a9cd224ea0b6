"""What the numbers of a training's beginning say about why it diverged."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from core.activations import find
from core.activations.properties import properties
from core.training.config import activations_of
from core.training.divergence import Evidence
from core.training.learners.building import build
from core.training.learners.learner import Learner
from core.training.learners.supervised import SupervisedLearner

ITERATIONS = 10  # of the power method, which is within some percent by then
MAX_SAMPLES = 64


def evidence(learner: Learner) -> Evidence:
    """Build the network again as it was at first, and look at the loss of one batch around it.

    Only of supervised learning; of other kinds, whether the activation is bounded.
    """
    used = [find(name) for name in {*activations_of(learner.config)}]
    bounded = all(properties(one, **one.with_defaults()).bounded for one in used)
    if not isinstance(learner, SupervisedLearner):
        return Evidence(bounded=bounded)
    inputs, targets = learner.train_inputs[:MAX_SAMPLES], learner.train_targets[:MAX_SAMPLES]
    first = build(learner.config, learner.data.train_inputs.shape[1:], learner.objective.outputs)
    network = first.to(learner.device).eval()
    curvature, norm = _steepness(network, lambda: learner.objective.learning_loss(network(inputs), targets))
    return Evidence(curvature, norm, _largest(inputs), _largest(targets), bounded)


def _largest(values: Tensor) -> float | None:
    """The largest size of numbers; None of classes and symbols."""
    return values.abs().max().item() if values.is_floating_point() and values.numel() else None


def _steepness(network: nn.Module, loss: Any) -> tuple[float | None, float | None]:
    """Curvature along the direction in which it is largest (power method), and the gradient's length.

    None where torch has no second derivative, as of the fused recurrent kernels of a GPU.
    """
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    with torch.enable_grad():
        gradient = _flat(torch.autograd.grad(loss(), parameters, create_graph=True))
        norm = gradient.detach().norm().item()
        direction, size = gradient.detach(), 0.0
        try:
            for _ in range(ITERATIONS):
                direction = direction / direction.norm()
                product = torch.autograd.grad(
                    gradient @ direction, parameters, retain_graph=True, allow_unused=True
                )
                direction = _flat(
                    torch.zeros_like(parameter) if part is None else part
                    for part, parameter in zip(product, parameters, strict=True)
                )
                size = direction.norm().item()
        except RuntimeError:
            return None, _finite(norm)
    return _finite(size), _finite(norm)


def _flat(parts: Any) -> Tensor:
    return torch.cat([part.reshape(-1) for part in parts])


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
