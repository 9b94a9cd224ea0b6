"""The forward pass of each kind of learning: network, inputs of a batch, and what is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from core.activations import ACTIVATIONS
from core.layers.references import CLASSES, INPUT_SHAPE, REFERENCES
from core.models import MODELS
from core.training.config import TrainConfig, activations_of
from core.training.learners.registry import LEARNERS
from core.training.learners.supervised import build_parts


@dataclass(frozen=True)
class ForwardPass:
    """A network and a batch of it: run() is the forward pass, as a step of the training has it."""

    network: nn.Module
    run: Callable[[], Any]
    batch: int | None  # samples; None for a graph, whose nodes are no samples
    input_shape: tuple[int, ...]  # of a sample
    outputs: int  # classes, or 1
    activations: tuple[str, ...] = ("",)  # what the function is called, or that of each hidden layer


def of_training(config: TrainConfig) -> ForwardPass:
    """The network of a training, on the CPU, with its first batch."""
    names = tuple(ACTIVATIONS[key].name if key in ACTIVATIONS else key for key in activations_of(config))
    return replace(_PASSES[MODELS[config.model].learner](replace(config, device="cpu")), activations=names)


def of_reference(key: str, batch: int) -> ForwardPass:
    """A full-size network on the meta device, where tensors have shapes and no memory."""
    with torch.device("meta"):
        network = REFERENCES[key].build()
        images = torch.empty(batch, *INPUT_SHAPE)
    return ForwardPass(network, lambda: network(images), batch, INPUT_SHAPE, CLASSES, ("ReLU",))


def _supervised(config: TrainConfig) -> ForwardPass:
    parts = build_parts(config)
    network = parts.network
    inputs = torch.from_numpy(parts.data.train_inputs[: config.batch_size].copy())
    if len(inputs) == 1:  # as the learner does: one sample has no spread to be normalised by
        network.eval()
    shape = tuple(inputs.shape[1:])
    return ForwardPass(network, lambda: network(inputs), len(inputs), shape, parts.objective.outputs)


def _gan(config: TrainConfig) -> ForwardPass:
    learner: Any = LEARNERS["gan"](config)
    gan = learner.network
    noise = gan.noise(config.batch_size, torch.Generator().manual_seed(config.seed))
    return ForwardPass(gan, lambda: gan.score(gan(noise)), len(noise), (gan.latent,), 1)


def _rbm(config: TrainConfig) -> ForwardPass:
    learner: Any = LEARNERS["rbm"](config)
    inputs = next(iter(learner.batches())).clone()
    shape = tuple(inputs.shape[1:])
    # Up and down once: what a step of Gibbs sampling computes.
    reconstruct = learner.network.reconstruct
    return ForwardPass(learner.network, lambda: reconstruct(inputs), len(inputs), shape, config.hidden[0])


def _graph(config: TrainConfig) -> ForwardPass:
    learner: Any = LEARNERS["graph"](config)
    random = torch.Generator().manual_seed(config.seed)  # of dropout
    features, edges = learner.features, learner.edges
    return ForwardPass(
        learner.network,
        lambda: learner.network(features, edges, random),
        None,
        tuple(features.shape),
        len(learner.data.classes),
    )


def _q_table(config: TrainConfig) -> ForwardPass:
    learner: Any = LEARNERS["q_table"](config)
    states = torch.zeros(1, dtype=torch.int64)
    actions = len(learner.environment.actions)
    return ForwardPass(learner.network, lambda: learner.network(states), 1, (1,), actions)


def _dqn(config: TrainConfig) -> ForwardPass:
    learner: Any = LEARNERS["dqn"](config)
    size, actions = learner.environment.observation_size, len(learner.environment.actions)
    observations = torch.zeros(config.batch_size, size)
    network = learner.network
    return ForwardPass(network, lambda: network(observations), len(observations), (size,), actions)


_PASSES: dict[str, Callable[[TrainConfig], ForwardPass]] = {
    "supervised": _supervised,
    "gan": _gan,
    "rbm": _rbm,
    "graph": _graph,
    "q_table": _q_table,
    "dqn": _dqn,
}
