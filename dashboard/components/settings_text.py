"""A training's settings in words: what a run is of, and where the controls now say something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.activations import ACTIVATIONS
from core.data import DATASETS
from core.models import MODELS
from core.training import OPTIMIZERS, TrainConfig, snapshots
from core.training.settings import MAIN, SETTINGS, applies
from dashboard.components.markdown import escaped

NAMES: dict[str, Mapping[str, Any]] = {
    "model": MODELS,
    "data": DATASETS,
    "activation": ACTIVATIONS,
    "optimizer": OPTIMIZERS,
    "snapshots": snapshots.SNAPSHOTS,
}
# No controls of the page: where a run branched from shows in its curves.
_NOT_COMPARED = ("snapshot_every_s", "resume_from", "start_from", "start_step", "threads")


def in_words(config: TrainConfig) -> str:
    """Network, data and the main settings, such as "**MLP** on **Moons** · Activation Tanh · Seed 0"."""
    main = [name for name in SETTINGS if SETTINGS[name].group == MAIN and name != "snapshots"]
    said = [
        f"{SETTINGS[name].label} {value_text(name, getattr(config, name))}"
        for name in main
        if applies(name, config.model, config.data) and not isinstance(getattr(config, name), Mapping)
    ]
    task = f"**{MODELS[config.model].name}** on **{DATASETS[config.data].name}**"
    if "formula" in config.data_options:
        task += f" {value_text('formula', config.data_options['formula'])}"
    return " · ".join([task, *said])


def differences(now: TrainConfig, run: TrainConfig) -> list[str]:
    """Each setting of `now` that differs from the run's, such as "Seed 1 instead of 0"."""
    if (now.model, now.data) != (run.model, run.data):  # all that suits them differs as well
        return [
            f"{SETTINGS[name].label} {value_text(name, getattr(now, name))} instead of "
            f"{value_text(name, getattr(run, name))}"
            for name in ("model", "data")
            if getattr(now, name) != getattr(run, name)
        ]
    return [
        f"{label} {value_text(name, ours)} instead of {value_text(name, theirs)}"
        for name, label, ours, theirs in _pairs(now, run)
        if _plain(ours) != _plain(theirs)
    ]


def _pairs(now: TrainConfig, run: TrainConfig) -> Iterator[tuple[str, str, Any, Any]]:
    options = {"model_options": MODELS[now.model].options, "data_options": DATASETS[now.data].options}
    for name in [name for name in SETTINGS if name not in (*_NOT_COMPARED, *options, "snapshots")]:
        yield name, SETTINGS[name].label, getattr(now, name), getattr(run, name)
    for field, known in options.items():
        ours, theirs = getattr(now, field), getattr(run, field)
        for name in dict.fromkeys([*ours, *theirs]):
            default = known[name].default if name in known else None
            yield (
                name,
                name.replace("_", " ").capitalize(),
                ours.get(name, default),
                theirs.get(name, default),
            )
    yield "snapshots", SETTINGS["snapshots"].label, snapshots.selected(now), snapshots.selected(run)


def value_text(name: str, value: Any) -> str:
    """A value as the page shows it, in Markdown."""
    if isinstance(value, str) and value in NAMES.get(name, {}):
        entry = NAMES[name][value]
        return str(getattr(entry, "name", None) or getattr(entry, "label", value))
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ", ".join(value_text(name, item) for item in value) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else escaped(str(value))


def _plain(value: Any) -> Any:
    return [*value] if isinstance(value, tuple) else value
