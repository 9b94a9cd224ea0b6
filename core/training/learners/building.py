"""What every kind of training begins with: its data and its network, both out of the config's seed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from core.data import DATASETS, load
from core.models import MODELS
from core.models.initialisation import initialise
from core.options import filled_in
from core.training.config import TrainConfig


def loaded(config: TrainConfig) -> Any:
    """The data, of the class that its kind stands for (LoadedDataset for most)."""
    settings = {name: getattr(config, name) for name in DATASETS[config.data].settings}
    settings |= filled_in(DATASETS[config.data].options, config.data_options)
    return load(config.data, seed=config.seed, test_fraction=config.test_fraction, **settings)


def build(config: TrainConfig, input_shape: tuple[int, ...], outputs: int) -> nn.Module:
    """The network with this seed's weights, on the CPU; torch's global random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would reseed the GPUs as well.
        torch.default_generator.manual_seed(weights_seed(config))
        model = MODELS[config.model].build(
            input_shape, outputs, config.hidden, config.activation, **model_options(config)
        )
        initialise(model, config.initialisation)
        return model


def weights_seed(config: TrainConfig) -> int:
    """The seed of the first weights."""
    return config.seed if config.weights_seed is None else config.weights_seed


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Without gradients and dropout, and with the running statistics of batch norm, while this lasts.

    Never around a yield: whoever takes the events would run without gradients as well.
    """
    learning = model.training
    if learning:
        model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        model.train(learning)


def model_options(config: TrainConfig) -> dict[str, Any]:
    """Every option of the network with its value."""
    return filled_in(MODELS[config.model].options, config.model_options)


def shapes_of(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """The shape of each parameter tensor, by name."""
    return {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
