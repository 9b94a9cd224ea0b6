"""What a training is asked to do: checked where it is made, without torch, before anything is loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from core import devices
from core.activations import ACTIVATIONS
from core.activations.expressions.expression import expression, is_expression
from core.checks import integer, number, one_of
from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.models.initialisation import INITIALISATIONS
from core.models.registry import OPTIONAL_SETTINGS
from core.options import check_options
from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES
from core.training.snapshots.registry import fitting

# Beyond these a single step, at which a training can be stopped, would take longer than a fifth of a second
# on one core, or a person would wait for hours.
MAX_EPOCHS = 10_000
MAX_BATCH = 1024
MAX_SAMPLES = 100_000
MAX_STEPS = 100_000_000

ENGINES = ("auto", "eager", "compiled")

# What may differ between a training and one that goes on from its checkpoint; the rest makes its numbers
# meaningless: other weights, other data, another order.
MUTABLE_ON_RESUME = frozenset(
    (
        *("epochs", "learning_rate", "schedule", "label_smoothing", "device", "threads"),
        *("picture_every_s", "resume_from", "momentum", "weight_decay", "l1", "clip_norm"),
        *("target", "patience", "max_steps", "max_seconds", "probes"),
    )
)


@dataclass(frozen=True)
class TrainConfig:
    """One network on one data set, with everything that its numbers depend on.

    activation: a key of ACTIVATIONS or, where the network takes any, an expression of x.
    hidden: units of each hidden layer of an MLP, the one state size of a recurrent network, () for LeNet-5.
    samples, noise: of data sets that are made, None for real ones (see Dataset.defaults).
    learning_rate is that of the first step; schedule says how it goes on. label_smoothing is the share of
    each answer that is spread over all classes while learning; losses are reported without it.
    device: torch's name; one that this machine lacks is refused when the training starts.
    picture_every_s: seconds between pictures, None for pictures at the end alone.
    engine: "eager" steps operator by operator; "compiled" takes whole steps of small fully connected networks
    in machine code on the CPU, many times as fast; "auto" takes the latter where it can.
    model_options, data_options: those that only this network or this data has (Model.options,
    Dataset.options); what is left out takes its usual value.
    initialisation: how weights are drawn. momentum: of the optimisers that have it. weight_decay: L2, or
    AdamW's own; None for the optimiser's usual one. l1: share of each weight's sign in its gradient.
    clip_norm: largest length of the gradient of all weights together, None for any; l1 comes after it.
    target, patience, max_steps, max_seconds: what ends a training before its last epoch, None for never: a
    test metric that is enough, epochs without a lower test loss, steps, seconds.
    probes: what is looked at inside, keys of PROBES that fit; None for those that are on by default.
    resume_from: the run whose checkpoint this training goes on from, with settings that may differ.
    default_config() fills in what suits a network and its data. Raises InvalidRequest for what cannot be.
    """

    model: str
    data: str
    epochs: int = 20
    batch_size: int = 32
    learning_rate: float = 0.005
    optimizer: str = "adam"
    schedule: str = "constant"
    label_smoothing: float = 0.0
    activation: str = "tanh"
    hidden: tuple[int, ...] = ()
    samples: int | None = None
    noise: float | None = None
    test_fraction: float = 0.2
    seed: int = 0
    device: str = "cpu"
    threads: int = 1
    picture_every_s: float | None = 0.8
    engine: str = "auto"
    model_options: Mapping[str, Any] = field(default_factory=dict)
    data_options: Mapping[str, Any] = field(default_factory=dict)
    initialisation: str = "default"
    momentum: float = 0.9
    weight_decay: float | None = None
    l1: float = 0.0
    clip_norm: float | None = None
    target: float | None = None
    patience: int | None = None
    max_steps: int | None = None
    max_seconds: float | None = None
    resume_from: str | None = None
    probes: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        one_of("model", self.model, MODELS)
        one_of("data", self.data, DATASETS)
        _check_model_fits(self.model, self.data)
        integer("epochs", self.epochs, 1, MAX_EPOCHS)
        integer("batch_size", self.batch_size, 1, MAX_BATCH)
        number("learning_rate", self.learning_rate, 1e-6, 100)
        one_of("optimizer", self.optimizer, OPTIMIZERS)
        one_of("schedule", self.schedule, SCHEDULES)
        _check_activation(self.model, self.activation)
        _check_hidden(self.model, self.hidden)
        _check_data_settings(self.data, self.samples, self.noise)
        classified = DATASETS[self.data].task == "classification"
        number("label_smoothing", self.label_smoothing, 0, 0.5 if classified else 0)
        number("test_fraction", self.test_fraction, 0.05, 0.8)
        integer("seed", self.seed, 0, 2**63 - 1)
        _check_device(self.device)
        integer("threads", self.threads, 1, devices.usable_cores())
        if self.picture_every_s is not None:
            number("picture_every_s", self.picture_every_s, 0.05, 3600)
        one_of("engine", self.engine, ENGINES)
        if self.target is not None:
            number("target", self.target, -1e9, 1e9)
        if self.patience is not None:
            integer("patience", self.patience, 1, MAX_EPOCHS)
        if self.max_steps is not None:
            integer("max_steps", self.max_steps, 1, MAX_STEPS)
        if self.max_seconds is not None:
            number("max_seconds", self.max_seconds, 0.1, 7 * 24 * 3600)
        one_of("initialisation", self.initialisation, INITIALISATIONS)
        number("momentum", self.momentum, 0, 0.999)
        if self.weight_decay is not None:
            number("weight_decay", self.weight_decay, 0, 10)
        number("l1", self.l1, 0, 10)
        if self.clip_norm is not None:
            number("clip_norm", self.clip_norm, 1e-6, 1e6)
        _check_settings_taken(self)
        _check_run_id(self.resume_from)
        _check_probes(self)
        check_options(MODELS[self.model].options, self.model_options, self.model)
        check_options(DATASETS[self.data].options, self.data_options, self.data)


def default_config(model: str, data: str | None = None, **overrides: Any) -> TrainConfig:
    """The settings with which this network learns this data well, other than those given.

    Without data it is the network's usual one. An optimiser given without a learning rate brings its own.
    Raises InvalidRequest for unknown names and for values that cannot be.
    """
    one_of("model", model, MODELS)
    data = next(iter(MODELS[model].presets)) if data is None else data
    one_of("data", data, DATASETS)
    known = [field.name for field in fields(TrainConfig)]
    for name in overrides:
        one_of("setting", name, known)
    settings = dict(DATASETS[data].defaults) | dict(MODELS[model].presets.get(data, {}))
    if "learning_rate" not in overrides and overrides.get("optimizer") in OPTIMIZERS:
        same = overrides["optimizer"] == settings.get("optimizer", TrainConfig.optimizer)
        if not same:
            settings["learning_rate"] = OPTIMIZERS[overrides["optimizer"]].learning_rate
    for options in ("model_options", "data_options"):
        if isinstance(overrides.get(options), Mapping):
            overrides[options] = {**settings.get(options, {}), **overrides[options]}
    return TrainConfig(model=model, data=data, **(settings | overrides))


def _check_model_fits(model: str, data: str) -> None:
    kinds, kind = MODELS[model].kinds, DATASETS[data].kind
    if kind not in kinds:
        fitting = [name for name, dataset in DATASETS.items() if dataset.kind in kinds]
        raise InvalidRequest(
            f"The model {model!r} takes {' or '.join(kinds)}, and {data} has {kind}; "
            f"data that fits: {', '.join(fitting)}."
        )


def _check_activation(model: str, activation: Any) -> None:
    entry = MODELS[model]
    if not entry.own_activation or not is_expression(activation):
        return one_of("activation", activation, entry.activations, f" of {model}")
    typed = expression(activation.strip())
    if typed.unfit:
        raise InvalidRequest(f"No network can be trained through {typed.text}: {typed.unfit}.")
    if typed.superlinear and not any(ACTIVATIONS[key].superlinear for key in entry.activations):
        raise InvalidRequest(
            f"{typed.text} grows faster than x, and signals of a network as deep as {model} would overflow."
        )


def _check_hidden(model: str, hidden: Any) -> None:
    limits = MODELS[model].hidden
    if not isinstance(hidden, tuple) or not limits.min_layers <= len(hidden) <= limits.most:
        if limits.most == 0:
            raise InvalidRequest(f"hidden {hidden!r} does not apply to {model}: {limits.meaning}.")
        numbers = "1 number" if limits.most == 1 else f"{limits.min_layers} to {limits.most} numbers"
        raise InvalidRequest(f"hidden {hidden!r} of {model} must be {numbers}: {limits.meaning}.")
    for units in hidden:
        integer(f"hidden ({limits.meaning})", units, 1, limits.largest)


def _check_data_settings(data: str, samples: Any, noise: Any) -> None:
    for name, value in (("samples", samples), ("noise", noise)):
        if name in DATASETS[data].defaults:
            if value is None:
                raise InvalidRequest(f"The data {data!r} needs the setting {name}.")
        elif value is not None:
            raise InvalidRequest(f"{name} {value!r} does not apply to {data}.")
    if samples is not None:
        integer("samples", samples, 20, MAX_SAMPLES)
    if noise is not None:
        number("noise", noise, 0, 2)


def _check_device(device: Any) -> None:
    kinds = "|".join(devices.KINDS)
    if not isinstance(device, str) or not re.fullmatch(rf"cpu|(?:{kinds})(?::\d{{1,3}})?", device):
        raise InvalidRequest(
            f"Unknown device {device!r}; the devices are {', '.join(devices.KINDS)} and cuda:N."
        )


def _check_settings_taken(config: TrainConfig) -> None:
    """What this kind of learning would silently leave out."""
    for name in OPTIONAL_SETTINGS:
        value = getattr(config, name)
        if name not in MODELS[config.model].settings and value != _default(config.model, name):
            raise InvalidRequest(f"{name} {value!r} does not apply to {config.model}.")


def _default(model: str, setting: str) -> Any:
    """What a setting is when nobody has chosen it."""
    return MODELS[model].activations[0] if setting == "activation" else getattr(TrainConfig, setting)


def _check_probes(config: TrainConfig) -> None:
    if config.probes is None:
        return
    if not isinstance(config.probes, tuple):
        raise InvalidRequest(f"probes {config.probes!r} is not possible; it must be a list of probes.")
    for probe in config.probes:
        one_of("probe", probe, fitting(config.model, config.data), f" of {config.model} on {config.data}")


def _check_run_id(given: Any) -> None:
    if given is not None and not (isinstance(given, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", given)):
        raise InvalidRequest(f"resume_from {given!r} is not possible; it must be the address of a run.")
