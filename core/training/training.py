"""Everything that a training holds while it goes: data, network, optimiser, random state, step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch._dynamo  # the first optimiser would import it, for over a second; a warm worker pays beforehand
from torch import Tensor, nn

from core.data import DATASETS, LoadedDataset, load
from core.models import MODELS
from core.training.config import TrainConfig
from core.training.device import present_device
from core.training.events import TrainingStarted
from core.training.objective import Objective, objective_for
from core.training.optimizers import OPTIMIZERS


@dataclass
class Training:
    """One training between two steps. Tensors live on `device`; shapes are those of LoadedDataset.

    Random numbers come from `shuffle` alone, so that nothing else in the process changes the outcome.
    """

    config: TrainConfig
    device: torch.device
    data: LoadedDataset
    objective: Objective
    train_inputs: Tensor
    train_targets: Tensor
    test_inputs: Tensor
    test_targets: Tensor
    model: nn.Module
    optimizer: torch.optim.Optimizer
    shuffle: torch.Generator
    step: int = 0

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(len(self.train_inputs) / self.config.batch_size)

    @property
    def steps(self) -> int:
        return self.config.epochs * self.steps_per_epoch


def prepare(config: TrainConfig) -> Training:
    """Load the data and make the network, both out of the config's seed.

    Raises InvalidRequest when the device cannot be used.
    """
    device = present_device(config.device)
    settings = {name: getattr(config, name) for name in DATASETS[config.data].settings}
    data = load(config.data, seed=config.seed, test_fraction=config.test_fraction, **settings)
    objective = objective_for(data, config.label_smoothing)
    model = build(config, data.train_inputs.shape[1:], objective.outputs).to(device)
    return Training(
        config=config,
        device=device,
        data=data,
        objective=objective,
        train_inputs=torch.from_numpy(data.train_inputs).to(device),
        train_targets=torch.from_numpy(data.train_targets).to(device, objective.target_dtype),
        test_inputs=torch.from_numpy(data.test_inputs).to(device),
        test_targets=torch.from_numpy(data.test_targets).to(device, objective.target_dtype),
        model=model,
        optimizer=OPTIMIZERS[config.optimizer].build(model.parameters(), config.learning_rate),
        shuffle=torch.Generator().manual_seed(config.seed),
    )


def build(config: TrainConfig, input_shape: tuple[int, ...], outputs: int) -> nn.Module:
    """The network with this seed's weights, on the CPU; torch's global random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(config.seed)  # torch.manual_seed would reseed the GPUs as well
        return MODELS[config.model].build(input_shape, outputs, config.hidden, config.activation)


def started(training: Training) -> TrainingStarted:
    """What is about to be trained."""
    config, data, series = training.config, training.data, training.data.series
    shapes = {name: tuple(parameter.shape) for name, parameter in training.model.named_parameters()}
    return TrainingStarted(
        model=config.model,
        data=config.data,
        seed=config.seed,
        device=config.device,
        parameters=sum(math.prod(shape) for shape in shapes.values()),
        shapes=shapes,
        train_samples=len(data.train_inputs),
        test_samples=len(data.test_inputs),
        input_shape=data.train_inputs.shape[1:],
        outputs=training.objective.outputs,
        epochs=config.epochs,
        steps_per_epoch=training.steps_per_epoch,
        metric=training.objective.metric_name,
        baseline=f"as it was {series.horizon_h} hours before" if series else None,
        baseline_rmse=series.baseline_rmse if series else None,
        unit=series.unit if series else None,
    )
