"""What a training is asked to do: checked where it is made, without torch, before anything is loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from core import devices
from core.activations import ACTIVATIONS
from core.activations.expressions.expression import expression, is_expression
from core.checks import integer, one_of
from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.models.layer_activations import NAME as PER_LAYER
from core.models.layer_activations import layer_activations
from core.models.registry import applicable_data, default_data
from core.options import check_options, filled_in
from core.settings import check_settings
from core.training.optimizers import OPTIMIZERS
from core.training.presets import preset
from core.training.settings import SETTINGS, applies
from core.training.snapshots.catalogue import applicable
from core.training.upgrades import VERSION, upgrade_train_config


@dataclass(frozen=True)
class TrainConfig:
    """One network on one data set, with everything that its numbers depend on; SETTINGS says more of each.

    default_config() fills in what suits a network and its data. Raises InvalidRequest for what cannot be.
    """

    VERSION: ClassVar[int] = VERSION  # of its records; see core.records
    upgrade = staticmethod(upgrade_train_config)

    model: str  # a key of MODELS
    data: str  # a key of DATASETS whose kind fits the model
    epochs: int = 20  # passes over the training data
    batch_size: int = 32  # samples per step
    learning_rate: float = 0.005  # of the first step
    optimizer: str = "adam"  # a key of OPTIMIZERS
    schedule: str = "constant"  # of the learning rate, a key of SCHEDULES
    label_smoothing: float = 0.0  # fraction of each label spread over all classes; losses are without it
    activation: str = "tanh"  # a key of ACTIVATIONS or, where the network takes any, an expression of x
    hidden: tuple[int, ...] = ()  # units of each hidden layer, or the one state size of a recurrent network
    samples: int | None = None  # of generated data, all splits together; None for real data
    noise: float | None = None  # standard deviation, of generated data; None for real data
    test_fraction: float = 0.2  # of the data, for testing alone
    seed: int = 0  # of weights, data and order
    device: str = "cpu"  # torch's name; one that this machine lacks is refused when the training starts
    threads: int = 1  # of the CPU
    snapshot_every_s: float | None = 0.8  # seconds between snapshots; None for snapshots at the end alone
    engine: str = (
        "auto"  # "eager", "compiled" (whole steps in machine code), or "auto": compiled where possible
    )
    model_options: Mapping[str, Any] = field(default_factory=dict)  # of this network alone: Model.options
    data_options: Mapping[str, Any] = field(default_factory=dict)  # of this data alone: Dataset.options
    initialisation: str = "default"  # of the weights, a key of INITIALISATIONS
    momentum: float = 0.9  # of the optimizers that have it
    weight_decay: float | None = None  # L2, or AdamW's own; None for the optimizer's default
    l1: float = 0.0  # added to each weight's gradient with the weight's sign, after clipping
    clip_norm: float | None = None  # largest L2 norm of all gradients together; None for any
    target: float | None = None  # validation metric that ends the training; None for never
    patience: int | None = None  # epochs without a lower validation loss that end it; None for never
    max_steps: int | None = None  # steps that end it; None for never
    max_seconds: float | None = None  # seconds that end it; None for never
    resume_from: str | None = None  # address of the run whose checkpoint this training starts from
    snapshots: tuple[str, ...] | None = None  # keys of SNAPSHOTS that apply; None for the defaults
    validation_fraction: float | None = None  # of the training split; None for a fifth if a rule needs it
    weights_seed: int | None = None  # of the first weights alone; None for `seed`
    start_from: str | None = None  # address of the run with a frame's weights of which this training starts
    start_step: int | None = None  # of that frame; None for the last one

    def __post_init__(self) -> None:
        check_settings(SETTINGS, self)
        _check_data_fits(self)
        _check_activation(self)
        _check_hidden(self)
        _check_applicable(self)
        _check_device(self.device)
        integer("threads", self.threads, 1, devices.max_threads())
        _check_run_id("resume_from", self.resume_from)
        _check_run_id("start_from", self.start_from)
        if self.start_step is not None and self.start_from is None:
            raise InvalidRequest("start_step needs start_from, the run that it is a step of.")
        _check_snapshots(self)
        check_options(MODELS[self.model].options, self.model_options, self.model)
        data = DATASETS[self.data]
        check_options(data.options, self.data_options, self.data)
        data.check(**filled_in(data.options, self.data_options))


def activations_of(config: TrainConfig) -> tuple[str, ...]:
    """The activation of each hidden layer; of a network without any, or of fixed layers, its one."""
    listed = config.model_options.get(PER_LAYER, "")
    return layer_activations(config.hidden, config.activation, listed) or (config.activation,)


def default_config(model: str, data: str | None = None, **overrides: Any) -> TrainConfig:
    """The settings with which this network learns this data well, other than those given.

    Without data it is the network's default data. An optimizer given without a learning rate brings its own.
    Raises InvalidRequest for unknown names and for values that cannot be.
    """
    one_of("model", model, MODELS)
    data = default_data(model) if data is None else data
    one_of("data", data, DATASETS)
    known = [field.name for field in fields(TrainConfig)]
    for name in overrides:
        one_of("setting", name, known)
    settings = preset(model, data)
    optimizer = overrides.get("optimizer")
    if optimizer in OPTIMIZERS and optimizer != settings.get("optimizer", TrainConfig.optimizer):
        settings["learning_rate"] = OPTIMIZERS[optimizer].learning_rate
    for options in ("model_options", "data_options"):
        if isinstance(overrides.get(options), Mapping):
            overrides[options] = {**settings.get(options, {}), **overrides[options]}
    return TrainConfig(model=model, data=data, **(settings | overrides))


def _check_data_fits(config: TrainConfig) -> None:
    kinds, kind = MODELS[config.model].kinds, DATASETS[config.data].kind
    if kind not in kinds:
        raise InvalidRequest(
            f"The model {config.model!r} takes {' or '.join(kinds)}, and {config.data} has {kind}; "
            f"data that fits: {', '.join(applicable_data(config.model))}."
        )


def _check_activation(config: TrainConfig) -> None:
    listed = config.model_options.get(PER_LAYER) if PER_LAYER in MODELS[config.model].options else None
    several = layer_activations(config.hidden, config.activation, listed) if isinstance(listed, str) else ()
    for activation in dict.fromkeys((config.activation, *several)):
        _check_one_activation(config, activation)


def _check_one_activation(config: TrainConfig, activation: str) -> None:
    entry = MODELS[config.model]
    if not entry.own_activation or not is_expression(activation):
        return one_of("activation", activation, entry.activations, f" of {config.model}")
    typed = expression(activation.strip())
    if typed.unfit:
        raise InvalidRequest(f"No network can be trained through {typed.text}: {typed.unfit}.")
    if typed.superlinear and not any(ACTIVATIONS[key].superlinear for key in entry.activations):
        raise InvalidRequest(
            f"{typed.text} grows faster than x, and signals of a network as deep as {config.model} would "
            "overflow."
        )


def _check_hidden(config: TrainConfig) -> None:
    limits, hidden = MODELS[config.model].hidden, config.hidden
    if not limits.min_layers <= len(hidden) <= limits.max_layers:
        if limits.max_layers == 0:
            raise InvalidRequest(f"hidden {hidden!r} does not apply to {config.model}: {limits.meaning}.")
        numbers = (
            "1 number" if limits.max_layers == 1 else f"{limits.min_layers} to {limits.max_layers} numbers"
        )
        raise InvalidRequest(f"hidden {hidden!r} of {config.model} must be {numbers}: {limits.meaning}.")
    for units in hidden:
        integer(f"hidden ({limits.meaning})", units, 1, limits.max_units)


def _check_applicable(config: TrainConfig) -> None:
    """Refuse what this network or its data would silently leave out, and what the data lacks."""
    for name in SETTINGS:
        value = getattr(config, name)
        if not applies(name, config.model, config.data):
            if value != _default(config.model, name):
                raise InvalidRequest(f"{name} {value!r} does not apply to {config.model} on {config.data}.")
        elif value is None and name in DATASETS[config.data].defaults:
            raise InvalidRequest(f"The data {config.data!r} needs the setting {name}.")


def _default(model: str, setting: str) -> Any:
    """What a setting is when nobody has chosen it."""
    return MODELS[model].activations[0] if setting == "activation" else getattr(TrainConfig, setting)


def _check_device(device: str) -> None:
    kinds = "|".join(devices.KINDS)
    if not re.fullmatch(rf"cpu|(?:{kinds})(?::\d{{1,3}})?", device):
        raise InvalidRequest(
            f"Unknown device {device!r}; the devices are {', '.join(devices.KINDS)} and cuda:N."
        )


def _check_run_id(name: str, given: str | None) -> None:
    if given is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", given):
        raise InvalidRequest(f"{name} {given!r} is not possible; it must be the address of a run.")


def _check_snapshots(config: TrainConfig) -> None:
    keys = applicable(config.model, config.data)
    for snapshot in config.snapshots or ():
        one_of("snapshot", snapshot, keys, f" of {config.model} on {config.data}")
