"""What an ensemble is asked to do: checked where it is made, without torch."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from core import devices
from core.activations import ACTIVATIONS
from core.checks import integer
from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.options import Option
from core.records import from_record
from core.settings import check_settings
from core.training.config import TrainConfig
from core.training.settings import SETTINGS

MAX_SEEDS = 256
MAX_MEMBERS = 1024
# On the nodes of a cluster, which hold few networks each at a time.
MAX_SEEDS_ON_CLUSTER = 2048
MAX_MEMBERS_ON_CLUSTER = 16_384

# Settings whose values are keys of a registry and have names for people.
NAMED: dict[str, Mapping[str, Any]] = {
    "activation": ACTIVATIONS,  # SETTINGS leaves its choices to the network
    **{name: setting.choices for name, setting in SETTINGS.items() if isinstance(setting.choices, Mapping)},
}

# Options of data that name a file which a person has added on this machine.
OWN_DATA = {"file", "archive"}

# Settings in which networks of one stack (core.training.compiled.stack) may differ; how many networks make
# a stack faster than one after the other.
SETTINGS_OF_A_LANE = {"learning_rate", "weight_decay", "label_smoothing"}
MIN_STACK = 4

ENSEMBLE_SETTINGS: dict[str, Option] = {
    "seeds": Option("train with so many seeds, for the distribution", kind=int, min=1, max=MAX_SEEDS),
    "vary": Option("settings or options, each with its values", kind=dict),
    "threads": Option("members that train at the same time", kind=int, min=1),
}


@dataclass(frozen=True)
class EnsembleConfig:
    """One training, repeated with several seeds, for each combination of the varied settings.

    Members of one seed begin with the same data, the same order and, where the shapes are the same, the same
    weights: two values and one seed make a race. Raises InvalidRequest for what cannot be.
    """

    training: TrainConfig  # what all members share; a record of one becomes one
    seeds: int = 16  # how many; they count up from the training's own
    vary: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # setting or option -> its values
    threads: int = 1  # members that train at the same time

    settings: ClassVar[Mapping[str, Option]] = ENSEMBLE_SETTINGS
    max_members: ClassVar[int] = MAX_MEMBERS

    @property
    def in_stacks(self) -> bool:
        """Whether members take their steps side by side where they can: all of them, or none.

        Rounding differs between the two ways, and the numbers must not depend on how members are shared out.
        """
        together = self.seeds
        for name, values in self.vary.items():
            together *= len(values) if name in SETTINGS_OF_A_LANE else 1
        return together >= MIN_STACK

    def __post_init__(self) -> None:
        if isinstance(self.training, Mapping):
            object.__setattr__(self, "training", from_record(TrainConfig, self.training))
        check_settings(self.settings, self)
        integer("threads", self.threads, 1, devices.max_threads())
        variants = variants_of(self)  # checks each variant's settings too
        if any(variant.training.start_from is not None for variant in variants):
            raise InvalidRequest("Trainings with many seeds start from random weights, without start_from.")
        members = len(variants) * self.seeds
        if members > self.max_members:
            raise InvalidRequest(
                f"{len(variants)} variants with {self.seeds} seeds are {members:,} networks; "
                f"at most {self.max_members:,} are possible."
            )


@dataclass(frozen=True)
class ClusterEnsembleConfig(EnsembleConfig):
    """The same on the nodes of a Ray cluster, with more members."""

    settings: ClassVar[Mapping[str, Option]] = ENSEMBLE_SETTINGS | {
        "seeds": replace(ENSEMBLE_SETTINGS["seeds"], max=MAX_SEEDS_ON_CLUSTER)
    }
    max_members: ClassVar[int] = MAX_MEMBERS_ON_CLUSTER

    def __post_init__(self) -> None:
        super().__post_init__()
        device = self.training.device
        if device not in ("cpu", "cuda"):
            raise InvalidRequest(
                f"The device {device!r} is not possible on a cluster, which gives each training one of its "
                "node's processors: cpu, or one of its GPUs: cuda."
            )
        if own := OWN_DATA & set(self.training.data_options):
            raise InvalidRequest(
                f"Data of your own ({', '.join(sorted(own))}) is on this machine alone, and not on the "
                "nodes of a cluster: use data that `list` names, or train here, without --ray."
            )


@dataclass(frozen=True)
class Variant:
    """One combination of the varied settings: what differs, in words, and the training of the first seed."""

    name: str
    settings: Mapping[str, Any]
    training: TrainConfig

    def member(self, seed: int) -> TrainConfig:
        """The training with one seed, counted from 0."""
        return replace(self.training, seed=self.training.seed + seed)


def variants_of(config: EnsembleConfig) -> list[Variant]:
    """Every combination of the varied settings; one variant where nothing is varied."""
    for name, values in config.vary.items():
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            raise InvalidRequest(f"vary of {name!r} must be a list of values, not {values!r}.")
        if len({repr(value) for value in values}) < len(values):
            raise InvalidRequest(f"vary of {name!r} names a value twice.")
    variants = []
    for values in itertools.product(*config.vary.values()):
        settings = dict(zip(config.vary, values, strict=True))
        training = config.training
        for name, value in settings.items():
            training = _with(training, name, value)
        variants.append(Variant(_in_words(settings), settings, training))
    return variants


def _with(training: TrainConfig, name: str, value: Any) -> TrainConfig:
    settings = SETTINGS.keys() - {"model", "data", "seed"}
    if name in MODELS[training.model].options:
        return replace(training, model_options=dict(training.model_options) | {name: value})
    if name in DATASETS[training.data].options:
        return replace(training, data_options=dict(training.data_options) | {name: value})
    if name not in settings:
        allowed = sorted({*settings, *MODELS[training.model].options, *DATASETS[training.data].options})
        raise InvalidRequest(f"Unknown setting {name!r} to vary; choose from {', '.join(allowed)}.")
    changed: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value}
    return replace(training, **changed)


def _in_words(settings: Mapping[str, Any]) -> str:
    """ "tanh" for one varied setting, "tanh, learning_rate 0.1" for several."""
    if not settings:
        return "all"
    if len(settings) == 1:
        return _value(*next(iter(settings.items())))
    return ", ".join(f"{name.replace('_', ' ')} {_value(name, value)}" for name, value in settings.items())


def _value(name: str, value: Any) -> str:
    if name in NAMED and value in NAMED[name]:  # a typed activation has no other name
        return str(getattr(NAMED[name][value], "name", value))
    if isinstance(value, list | tuple):
        return "-".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
