"""Settings of the experiment on dying units, checked without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core import devices
from core.activations import ACTIVATIONS
from core.activations.expressions.expression import expression, is_expression
from core.checks import integer, one_of
from core.data import DATASETS
from core.data.dataset import POINTS
from core.errors import InvalidRequest
from core.options import Option
from core.settings import check_settings

MAX_NETWORKS = 4096
MAX_VALUES = 40_000_000  # pre-activations of all networks on all points: 160 MB
MAX_STEPS = 20_000

# Functions through which a network can be trained, and data sets of points in classes.
TRAINABLE = tuple(key for key, entry in ACTIVATIONS.items() if not entry.unfit)
APPLICABLE_DATA = tuple(key for key, dataset in DATASETS.items() if dataset.kind == POINTS)


def _up_to(values: int) -> dict[str, Any]:
    """A list of one value at least and so many at most."""
    return {"many": True, "min_values": 1, "max_values": values}


SETTINGS = {
    "activations": Option("keys of ACTIVATIONS, or expressions of x", kind=str, **_up_to(8)),
    "learning_rates": Option("of plain gradient descent", kind=float, min=1e-6, max=100, **_up_to(16)),
    "biases": Option("initial bias of each hidden unit", kind=float, min=-100, max=100, **_up_to(8)),
    "data": Option("a data set of points", kind=str, choices=APPLICABLE_DATA),
    "hidden": Option("units of each hidden layer", kind=int, min=1, max=128, **_up_to(4)),
    "steps": Option("of gradient descent", kind=int, min=1, max=MAX_STEPS),
    "batch_size": Option("points per step", kind=int, min=1, max=1024),
    "samples": Option("points, a fifth of them test data", kind=int, min=20, max=2000),
    "seeds": Option(
        "networks per combination; each seed has the same points, weights and order in all combinations",
        kind=int,
        min=1,
        max=64,
    ),
    "seed": Option("the first of the seeds", kind=int, min=0, max=2**31 - 1),
    "threads": Option("CPU threads", kind=int, min=1),
}


@dataclass(frozen=True)
class DyingUnitsConfig:
    """Small networks for each combination of activation, learning rate and initial bias, with several seeds.

    SETTINGS documents each field. Raises InvalidRequest for an impossible value.
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
        check_settings(SETTINGS, self)
        for name in ("activations", "learning_rates", "biases"):
            _check_unique(name, getattr(self, name))
        for activation in self.activations:
            _check_activation(activation)
        integer("threads", self.threads, 1, devices.max_threads())
        _check_size(self)

    @property
    def combinations(self) -> int:
        """How many combinations of function, learning rate and bias there are."""
        return len(self.activations) * len(self.learning_rates) * len(self.biases)

    @property
    def networks(self) -> int:
        """How many networks train in parallel."""
        return self.combinations * self.seeds


def _check_activation(activation: Any) -> None:
    if not is_expression(activation):
        return one_of("activation", activation, TRAINABLE)
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
            f"{values / 1e6:,.0f} million pre-activations; at most {MAX_VALUES / 1e6:.0f} million can be."
        )


def _check_unique(name: str, given: tuple[Any, ...]) -> None:
    if len(set(given)) < len(given):
        raise InvalidRequest(f"{name} {given!r} names a value twice.")
