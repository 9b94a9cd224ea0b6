"""A training's settings in words: what a run is of, and where the controls now say something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.activations import ACTIVATIONS
from core.data import DATASETS
from core.data.features import FEATURES, features_of
from core.models import MODELS
from core.models.layer_activations import NAME as PER_LAYER
from core.options import split_values
from core.training import OPTIMIZERS, TrainConfig, snapshots
from core.training.config import activations_of
from core.training.settings import MAIN, SETTINGS, applies
from dashboard.components.markdown import escaped

NAMES: dict[str, Mapping[str, Any]] = {
    "model": MODELS,
    "data": DATASETS,
    "activation": ACTIVATIONS,
    "optimizer": OPTIMIZERS,
    "snapshots": snapshots.SNAPSHOTS,
}
NOT_USED = "–"
# No controls of the page: where a run branched from shows in its curves.
_NOT_COMPARED = ("snapshot_every_s", "resume_from", "start_from", "start_step", "threads")
# Where a training started, which differs between a run and its branches.
_BRANCHED = ("resume_from", "start_from", "start_step")


def in_words(config: TrainConfig) -> str:
    """Network, data and the main settings, such as "**MLP** on **Moons** · Activation Tanh · Seed 0"."""
    main = [name for name in SETTINGS if SETTINGS[name].group == MAIN and name != "snapshots"]
    said = [
        f"{SETTINGS[name].label} {value_text(name, _said(config, name))}"
        for name in main
        if applies(name, config.model, config.data) and not isinstance(getattr(config, name), Mapping)
    ]
    task = f"**{MODELS[config.model].name}** on **{DATASETS[config.data].name}**"
    if "formula" in config.data_options:
        task += f" {value_text('formula', config.data_options['formula'])}"
    return " · ".join([task, *said])


def _said(config: TrainConfig, name: str) -> Any:
    """A setting's value; of activations all, where the hidden layers have several."""
    if name != "activation":
        return getattr(config, name)
    each = activations_of(config)
    return each if len({*each}) > 1 else each[0]


def differences(now: TrainConfig, run: TrainConfig) -> list[str]:
    """Each setting of `now` that differs from the run's, such as "Seed 1 instead of 0"."""
    if (now.model, now.data) != (run.model, run.data):  # all that suits them differs as well
        return [
            f"{SETTINGS[name].label} {value_text(name, getattr(now, name))} instead of "
            f"{value_text(name, getattr(run, name))}"
            for name in ("model", "data")
            if getattr(now, name) != getattr(run, name)
        ]
    ours, theirs = _values(now), _values(run)
    return [
        f"{label_of(name)} {value_text(name, ours.get(name))} instead of {value_text(name, theirs.get(name))}"
        for name in dict.fromkeys([*ours, *theirs])
        if _plain(ours.get(name)) != _plain(theirs.get(name))
    ]


def differing_settings(configs: Sequence[TrainConfig]) -> dict[str, list[str]]:
    """The settings in which trainings differ, by their labels, each with the value of each training.

    What a network or its data has no use for is "–".
    """
    every = [
        {name: getattr(config, name) for name in ("model", "data", *_BRANCHED)}
        | {
            name: value
            for name, value in _values(config).items()
            if name != "snapshots" and (name not in SETTINGS or applies(name, config.model, config.data))
        }
        for config in configs
    ]
    names = dict.fromkeys(name for values in every for name in values)
    return {
        label_of(name): [value_text(name, values[name]) if name in values else NOT_USED for values in every]
        for name in names
        if len({repr(_plain(values.get(name, NOT_USED))) for values in every}) > 1
    }


def _values(config: TrainConfig) -> dict[str, Any]:
    """Each setting and option with its value."""
    options = {"model_options": MODELS[config.model].options, "data_options": DATASETS[config.data].options}
    left_out = ("model", "data", "snapshots", *_NOT_COMPARED, *options)
    values = {name: getattr(config, name) for name in SETTINGS if name not in left_out}
    for field, known in options.items():
        values |= {name: option.default for name, option in known.items()} | dict(getattr(config, field))
    return values | {"snapshots": snapshots.selected(config)}


def label_of(name: str) -> str:
    """What a person calls a setting, or an option of a network or data."""
    return SETTINGS[name].label if name in SETTINGS else name.replace("_", " ").capitalize()


def setting_in_words(name: str, value: Any) -> str:
    """One setting of any kind of job, such as "Learning rate 0.1"."""
    label = label_of(name)
    if isinstance(value, Mapping):
        return f"{label} {'; '.join(setting_in_words(key, part) for key, part in value.items()) or 'none'}"
    return f"{label} {value_text(name, value)}"


def value_text(name: str, value: Any) -> str:
    """A value as the page shows it, in Markdown."""
    if isinstance(value, str) and value in NAMES.get(name, {}):
        entry = NAMES[name][value]
        return str(getattr(entry, "name", None) or getattr(entry, "label", value))
    if name == PER_LAYER:
        return value_text("activation", tuple(split_values(value))) if value else "all the same"
    if name == "features":
        return ", ".join(FEATURES[key].name for key in features_of(value))
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ", ".join(value_text(name, item) for item in value) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else escaped(str(value))


def _plain(value: Any) -> Any:
    return [*value] if isinstance(value, tuple) else value
