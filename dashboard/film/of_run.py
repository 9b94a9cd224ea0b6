"""The film of a training: what the player needs, by what the run has recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from core.data.features import OPTION, features_of
from core.events import Picture
from core.models.layer_activations import of_record
from core.runs.store import Run
from core.training.optimizers import OPTIMIZERS
from core.training.settings import SETTINGS
from core.training.snapshots.grid import grid_around
from dashboard.charts.training.curves import Metric
from dashboard.film.description import Editing, FilmDescription, Learning, NetworkDescription, Points
from dashboard.film.drawing import classifies_images
from dashboard.film.panels.registry import expected


def of_run(
    run: Run,
    started: Mapping[str, Any],
    metric: Metric,
    points: Picture | None = None,
    snapshots: Iterable[str] = (),
    news: str = "",
    autoplay: bool = False,
    step: int | None = None,
    editing: Editing | None = None,
) -> FilmDescription:
    """The description of a training's film.

    started: its "training_started" record; metric: how its metric is shown; points: the picture of the
    data of an MLP on points of the plane, whose network is drawn; snapshots: keys of those that are
    shown; news: as in FilmDescription; editing: how the network can be changed at its drawing, if it can.
    """
    return FilmDescription(
        run=run.id,
        metric=metric.name,
        metric_format=metric.format,
        splits=(metric.train, metric.test),
        planned_steps=started["epochs"] * started["steps_per_epoch"],
        steps_per_epoch=started["steps_per_epoch"],
        ended=run.ended,
        network=network_of(run.config, started, points, editing) if points else None,
        panels=tuple(expected(snapshots)),
        news=news,
        autoplay=autoplay,
        step=step,
        drawing=classifies_images(run.config),
    )


def network_of(
    config: Mapping[str, Any], started: Mapping[str, Any], points: Picture, editing: Editing | None = None
) -> NetworkDescription:
    """An MLP on points of the plane; points: the picture of its data."""
    train, test = points.arrays["train_points"], points.arrays["test_points"]
    features = features_of(config.get("data_options", {}).get("features", OPTION.default))
    return NetworkDescription(
        sizes=(len(features), *config["hidden"], started["outputs"]),
        features=features,
        activations=of_record(config),
        classes=tuple(points.values["classes"]),
        bounds=grid_around(np.concatenate([train, test]), 1).bounds,
        train=Points(train, points.arrays["train_labels"]),
        test=Points(test, points.arrays["test_labels"]),
        learning=_learning_of(config),
        editing=editing,
    )


def _learning_of(config: Mapping[str, Any]) -> Learning:
    """What the config of an MLP says of its steps."""
    also = [SETTINGS[name].label.lower() for name in ("label_smoothing", "weight_decay") if config.get(name)]
    also += ["L1"] if config.get("l1") else []
    also += ["clipping"] if config.get("clip_norm") else []
    also += ["dropout"] if config.get("model_options", {}).get("dropout") else []
    return Learning(OPTIMIZERS[config["optimizer"]].name, config["batch_size"], tuple(also))
