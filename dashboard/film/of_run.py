"""The film of a training: what the player needs, by what the run has recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.data.points import PLANE, SINES
from core.events import Picture
from core.runs.store import Run
from core.training.snapshots.grid import grid_around
from dashboard.film.description import FilmDescription, points_of


def of_run(
    run: Run,
    started: Mapping[str, Any],
    points: Picture,
    metric: str,
    autoplay: bool = False,
    step: int | None = None,
) -> FilmDescription:
    """The description of the film of an MLP on points of the plane.

    started: its "training_started" record; points: the picture of its data; metric: its name as it is shown.
    """
    train, test = points.arrays["train_points"], points.arrays["test_points"]
    features = (PLANE + SINES)[: started["input_shape"][0]]
    return FilmDescription(
        run=run.id,
        sizes=(len(features), *run.config["hidden"], started["outputs"]),
        features=features,
        activation=run.config["activation"],
        classes=tuple(points.values["classes"]),
        bounds=grid_around(np.concatenate([train, test]), 1).bounds,
        train=points_of(train, points.arrays["train_labels"]),
        test=points_of(test, points.arrays["test_labels"]),
        metric=metric,
        planned_steps=started["epochs"] * started["steps_per_epoch"],
        steps_per_epoch=started["steps_per_epoch"],
        ended=run.ended,
        autoplay=autoplay,
        step=step,
    )
