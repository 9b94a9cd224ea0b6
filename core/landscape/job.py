"""The landscape around the weights of a training that has ended, as a job and on the command line."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core.checks import integer
from core.errors import InvalidRequest
from core.events import Progress
from core.export.run import TrainingRun, from_store
from core.landscape.events import LandscapeCompleted
from core.landscape.surroundings import filter_normalized, sharpness, slice_of_losses
from core.models import MODELS
from core.runs.store import RunStore
from core.torch_devices import threads
from core.training.config import TrainConfig

MAX_SAMPLES = 500  # of the training split
REACH = 1.0  # how far the slice goes to each side: weights and as much again of a direction
MIN_CELLS, MAX_CELLS = 5, 51


@dataclass(frozen=True)
class LandscapeConfig:
    """Which run of which store, and how finely its slice is drawn."""

    run_id: str  # its address in the store
    store_file: str  # path of the run store
    cells: int = 25  # along each direction; odd, so that the weights themselves are one of them
    seed: int = 0  # of the two directions

    def __post_init__(self) -> None:
        integer("cells", self.cells, MIN_CELLS, MAX_CELLS)
        integer("seed", self.seed, 0, 2**63 - 1)


def landscape(config: LandscapeConfig) -> Iterator[Progress | LandscapeCompleted]:
    """The landscape of a run of the store. Raises InvalidRequest where there is none."""
    with contextlib.closing(RunStore(config.store_file)) as store:
        run = from_store(store, config.run_id)
    yield from around(run, config.cells, config.seed)


def around(run: TrainingRun, cells: int = 25, seed: int = 0) -> Iterator[Progress | LandscapeCompleted]:
    """The loss of learning around a run's last weights. Raises InvalidRequest where it has none.

    The network is in evaluation mode: without dropout, by the running statistics of batch normalisation.
    """
    if MODELS[run.config.model].learner != "supervised":
        raise InvalidRequest(
            f"A landscape is that of one loss over fixed data, which {MODELS[run.config.model].name} has not."
        )
    yield Progress(0, cells, "rows")
    with threads(1):
        network, learner = run.network, run.untrained
        inputs, targets = _spread(learner.train_inputs), _spread(learner.train_targets)
        measure = learner.objective.learning_loss
        generator = torch.Generator().manual_seed(seed)
        first, second = (filter_normalized(network, generator) for _ in range(2))
        offsets = np.linspace(-REACH, REACH, cells)
        rows = []
        loss = _loss(network, measure, inputs, targets)
        for row in slice_of_losses(network, loss, first, second, offsets.tolist()):
            rows.append(tuple(row))
            yield Progress(len(rows), cells, "rows")
        with torch.no_grad():
            here = loss().item()
        exact = network.double()
        found = sharpness(exact, _loss(exact, measure, _double(inputs), _double(targets)))
    yield LandscapeCompleted(
        offsets=tuple(offsets.tolist()),
        losses=tuple(rows),
        loss=here,
        sharpness=found,
        limit=stable_up_to(run.config),
        learning_rate=run.config.learning_rate,
        optimizer=run.config.optimizer,
        samples=len(inputs),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
    )


def stable_up_to(config: TrainConfig) -> float | None:
    """The sharpness of a quadratic loss up to which gradient descent at this learning rate is stable.

    2 / rate; with momentum m 2 (1 + m) / rate, and with Nesterov's (2 + 2 m) / ((1 + 2 m) rate). None for
    optimizers that scale each weight's step. Source: Cohen et al. 2021, appendix B.
    """
    rate, momentum = config.learning_rate, config.momentum
    limits = {
        "sgd": 2 / rate,
        "momentum": 2 * (1 + momentum) / rate,
        "nesterov": (2 + 2 * momentum) / ((1 + 2 * momentum) * rate),
    }
    return limits.get(config.optimizer)


def _loss(
    network: nn.Module, measure: Callable[[Tensor, Tensor], Tensor], inputs: Tensor, targets: Tensor
) -> Callable[[], Tensor]:
    return lambda: measure(network(inputs), targets)


def _spread(samples: Tensor) -> Tensor:
    """At most MAX_SAMPLES of them, evenly spread."""
    return samples[:: -(-len(samples) // MAX_SAMPLES)]


def _double(values: Tensor) -> Tensor:
    return values.double() if values.is_floating_point() else values
