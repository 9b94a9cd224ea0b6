"""What the experiment on dying units is asked to do: checked where it is made, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core import devices
from core.activations import ACTIVATIONS
from core.activations.expressions.expression import expression, is_expression
from core.checks import integer, number, one_of
from core.data import DATASETS
from core.data.dataset import POINTS
from core.errors import InvalidRequest

MAX_NETWORKS = 4096
MAX_VALUES = 40_000_000  # of what goes into activations when all points pass all networks: 160 MB
MAX_STEPS = 20_000

# Functions that a gradient passes, and data that are points of the plane in classes.
POSSIBLE = tuple(key for key, entry in ACTIVATIONS.items() if not entry.unfit)
FITTING = tuple(key for key, dataset in DATASETS.items() if dataset.kind == POINTS)


@dataclass(frozen=True)
class DyingUnitsConfig:
    """Small networks for each combination of function, learning rate and first bias, with several seeds.

    activations: keys of ACTIVATIONS, or expressions of x. biases: what each hidden unit's bias is at first.
    data: a data set of points, of which `samples` are drawn, a fifth of them held back. hidden: units of each
    hidden layer. steps of plain gradient descent with batch_size points each. seeds count up from seed; one
    seed has the same points, weights and order in every combination.
    Raises InvalidRequest for what cannot be.
    """

    activations: tuple[str, ...] = ("relu", "leaky_relu", "elu", "gelu")
    learning_rates: tuple[float, ...] = (0.01, 0.1, 0.5, 1.0, 2.0, 3.0)
    biases: tuple[float, ...] = (0.0, -1.0)
    data: str = "xor"
    hidden: tuple[int, ...] = (16, 16)
    steps: int = 400
    batch_size: int = 32
    samples: int = 200
    seeds: int = 8
    seed: int = 0
    threads: int = 1

    def __post_init__(self) -> None:
        for activation in _several("activations", self.activations, 8):
            _check_activation(activation)
        for rate in _several("learning_rates", self.learning_rates, 16):
            number("learning rate", rate, 1e-6, 100)
        for bias in _several("biases", self.biases, 8):
            number("bias", bias, -100, 100)
        one_of("data", self.data, FITTING)
        for units in _several("hidden", self.hidden, 4, unlike=False):
            integer("hidden (units of each layer)", units, 1, 128)
        integer("steps", self.steps, 1, MAX_STEPS)
        integer("batch_size", self.batch_size, 1, 1024)
        integer("samples", self.samples, 20, 2000)
        integer("seeds", self.seeds, 1, 64)
        integer("seed", self.seed, 0, 2**31 - 1)
        integer("threads", self.threads, 1, devices.usable_cores())
        _check_size(self)

    @property
    def combinations(self) -> int:
        """How many combinations of function, learning rate and bias there are."""
        return len(self.activations) * len(self.learning_rates) * len(self.biases)

    @property
    def networks(self) -> int:
        """How many networks train side by side."""
        return self.combinations * self.seeds


def _check_activation(activation: Any) -> None:
    if not is_expression(activation):
        return one_of("activation", activation, POSSIBLE)
    typed = expression(activation)
    if typed.unfit:
        raise InvalidRequest(f"No network can be trained through {activation}: {typed.unfit}.")


def _check_size(config: DyingUnitsConfig) -> None:
    if config.networks > MAX_NETWORKS:
        raise InvalidRequest(
            f"{config.combinations} combinations with {config.seeds} seeds are {config.networks:,} networks; "
            f"at most {MAX_NETWORKS:,} are possible."
        )
    values = config.networks * max(config.samples, config.batch_size) * sum(config.hidden)
    if values > MAX_VALUES:
        raise InvalidRequest(
            f"{config.networks:,} networks of {sum(config.hidden)} units on {config.samples} points are "
            f"{values / 1e6:,.0f} million values at once; at most {MAX_VALUES / 1e6:.0f} million can be."
        )


def _several(what: str, given: Any, most: int, unlike: bool = True) -> tuple[Any, ...]:
    if not isinstance(given, tuple) or not 1 <= len(given) <= most:
        raise InvalidRequest(f"{what} {given!r} is not possible; it must be a list of 1 to {most} values.")
    if unlike and len(set(given)) < len(given):
        raise InvalidRequest(f"{what} {given!r} names a value twice.")
    return given
