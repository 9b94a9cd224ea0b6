"""What the browser needs to classify an image that a person draws: once, when somebody wants to draw."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np

from core.data import DATASETS, load
from core.data.dataset import IMAGES, OWN_IMAGES
from core.errors import InvalidRequest
from core.models import MODELS
from core.models.layer_activations import of_record
from core.models.plans import Plan
from core.options import filled_in
from core.records import from_record
from core.runs.store import Run, RunStore
from core.training import TrainConfig
from core.training.film.limits import MAX_BYTES, MIN_FRAMES, frames_for
from dashboard.film.encoding import ENDED, encode
from dashboard.film.ink import Ink, ink_of

MAX_IMAGES = 20  # of the test split, that can be chosen
MEASURED = 500  # test images of which the ink is measured


def classifies_images(config: Mapping[str, Any]) -> bool:
    """Whether the run of this config learns classes of images, so that one can be drawn for it."""
    model, data = MODELS.get(str(config.get("model"))), DATASETS.get(str(config.get("data")))
    if model is None or data is None:
        return False
    return model.learner == "supervised" and data.kind in (IMAGES, OWN_IMAGES)


def drawing_of(store: RunStore, run_id: str) -> bytes:
    """The plan of the run's network, its classes, what drawings must look like and test images, as JSON.

    Or {"why_not": a sentence}. Raises KeyError where there is no such run.
    """
    return json.dumps(_drawing_of(store, _found(store, run_id)), separators=(",", ":")).encode()


def frame_at(store: RunStore, run_id: str, step: int) -> bytes:
    """The film's last frame that is not after a step, with its weights; none where there is no frame yet."""
    run = _found(store, run_id)
    known = store.frame_step(run_id, step)
    frame = None if known is None else store.frame(run_id, known)
    return encode([] if frame is None else [frame], ENDED if run.ended else 0)


def _found(store: RunStore, run_id: str) -> Run:
    run = store.get(run_id)
    if run is None:
        raise KeyError(run_id)
    return run


def _drawing_of(store: RunStore, run: Run) -> dict[str, Any]:
    try:
        if not classifies_images(run.config):
            raise InvalidRequest("This run does not learn classes of images.")
        config = from_record(TrainConfig, run.config)
        options = json.dumps(filled_in(DATASETS[config.data].options, config.data_options), sort_keys=True)
        images, labels, classes, ink = _test_images(config.data, config.seed, config.test_fraction, options)
        plan = _plan_of(config, images.shape[1:], len(classes))
    except InvalidRequest as error:
        return {"why_not": str(error)}
    if not frames_for(plan.numbers):
        return {"why_not": _too_large(plan.numbers)}
    if run.ended and not store.has_film(run.id):
        return {
            "why_not": "The weights of this run are not kept: it was pruned, or it ended before its start."
        }
    return {
        "plan": asdict(plan),
        "activations": of_record(run.config) if run.config.get("hidden") else [config.activation],
        "classes": classes,
        "ink": None if ink is None else asdict(ink),
        "images": base64.b64encode(images.tobytes()).decode(),
        "labels": labels,
    }


def _plan_of(config: TrainConfig, shape: tuple[int, ...], classes: int) -> Plan:
    entry = MODELS[config.model]
    if entry.plan is None:
        raise InvalidRequest(f"The layers of {entry.name} are not among those that a browser computes here.")
    outputs = 1 if classes == 2 else classes
    return entry.plan(shape, outputs, config.hidden, **filled_in(entry.options, config.model_options))


def _too_large(numbers: int) -> str:
    return (
        f"This network has {numbers:,} numbers, so that {MIN_FRAMES} frames of it do not fit into the "
        f"{MAX_BYTES // 2**20} MiB of a film: its weights are not kept step by step."
    )


@lru_cache(maxsize=16)
def _test_images(
    data: str, seed: int, test_fraction: float, options: str
) -> tuple[np.ndarray, list[int], list[str], Ink | None]:
    """Images of each class, uint8 (n, channels, height, width), their labels, all classes, and their ink."""
    loaded = load(data, seed=seed, test_fraction=test_fraction, **json.loads(options))
    targets = loaded.test_targets
    of_each = max(1, MAX_IMAGES // len(loaded.classes))
    chosen = np.concatenate(
        [np.flatnonzero(targets == label)[:of_each] for label in range(len(loaded.classes))]
    ).astype(int)
    images = np.rint(255 * loaded.test_inputs[chosen]).astype(np.uint8)
    gray = loaded.test_inputs.shape[1] == 1
    ink = ink_of(loaded.test_inputs[:MEASURED, 0]) if gray else None
    return images, targets[chosen].tolist(), list(loaded.classes), ink
