"""About how much memory and disk a training takes, known before it starts and without its data.

Networks here have some thousand to some million weights: what a training takes on top of PyTorch is mostly
its data, the code that it needs, and what a large batch leaves for the backward pass.
benchmarks/expected_usage.py compares both with what trainings take.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from core.data import DATASETS
from core.data.dataset import (
    CONTROL,
    CURVE,
    IMAGES,
    OWN_IMAGES,
    POINTS,
    SEQUENCES,
    SERIES,
    SMALL_IMAGES,
    SURFACE,
    SYMBOLS,
    TABLE,
    TEXT,
)
from core.models import MODELS
from core.options import filled_in

MIB = 2**20
FLOAT_BYTES = 4
# Weights, their gradients, two moments of the optimizer, the best weights so far, and a checkpoint's copies.
COPIES, STORED_COPIES = 8, 3
EPOCH_BYTES = 600  # of an epoch's record
MAX_FILM_BYTES = 6 * MIB
OTHER_DATA_MIB, OTHER_DATA_FILM_KB = 100, 300

# What data of a kind with the programs that read it takes, in MiB, and the film of a training of it, in kB.
_DATA_MIB = {
    **{POINTS: 10, CURVE: 10, SURFACE: 10, TABLE: 120, IMAGES: 100, OWN_IMAGES: 150, SMALL_IMAGES: 120},
    **{SERIES: 30, SEQUENCES: 30, SYMBOLS: 50, TEXT: 50, CONTROL: 120},
}
_FILM_KB = {
    **{POINTS: 150, CURVE: 360, SURFACE: 270, TABLE: 330, IMAGES: 1000, OWN_IMAGES: 1000, SMALL_IMAGES: 150},
    **{SERIES: 150, SEQUENCES: 400, SYMBOLS: 320, TEXT: 900},
}
# Numbers of one sample, and of one prediction.
_INPUTS = {IMAGES: 784, OWN_IMAGES: 3 * 1024, SMALL_IMAGES: 64, TABLE: 32, SERIES: 48, TEXT: 64}
_OUTPUTS = 10
# Of the networks whose layers are those of a paper, as they are by default: weights, and KiB that one sample
# leaves for the backward pass.
_WEIGHTS = {"lenet": 62_000, "convnet": 6_000, "alexnet": 73_000, "vgg": 171_000, "resnet": 43_500}
_KEPT_KIB = {"lenet": 47, "convnet": 47, "alexnet": 88, "vgg": 144, "resnet": 395}
_STEPS = 64  # of a sequence, about
_GATES = {"rnn": 1, "gru": 3, "lstm": 4}
# Numbers that each unit leaves at each step of a sequence (of a transformer in each block).
_KEPT_IN_A_STEP = {"rnn": 3, "gru": 9, "lstm": 18, "transformer": 17}


def memory_bytes(config: Mapping[str, Any], members: int = 1) -> int | None:
    """Of the record of a TrainConfig, on top of an idle worker; None where a GPU holds it.

    members: of an ensemble, whose weights all stay in memory.
    """
    if config.get("device", "cpu") != "cpu":
        return None
    kind = _kind(config)
    is_compiled = config.get("model") in ("mlp", *_GATES) and config.get("engine") != "eager"
    compiled = 70 * MIB if is_compiled else 0
    data = _DATA_MIB.get(kind, OTHER_DATA_MIB) * MIB
    samples = _number(config.get("samples")) * _inputs(config) * FLOAT_BYTES * 4
    weights = members * COPIES * FLOAT_BYTES * _weights(config)
    kept = 2 * _kept_bytes(config) * _number(config.get("batch_size"), 1)
    return int(compiled + data + samples + weights + kept)


def disk_bytes(config: Mapping[str, Any]) -> int | None:
    """Of the record of a TrainConfig: its checkpoint, its film, and the records of its epochs."""
    film = 1000 * _FILM_KB.get(_kind(config), OTHER_DATA_FILM_KB)
    checkpoint = STORED_COPIES * FLOAT_BYTES * _weights(config) + 10_000
    epochs = EPOCH_BYTES * _number(config.get("epochs"), 1)
    return int(min(film, MAX_FILM_BYTES) + checkpoint + epochs)


def _kind(config: Mapping[str, Any]) -> str:
    data = DATASETS.get(str(config.get("data")))
    return data.kind if data else ""


def _inputs(config: Mapping[str, Any]) -> int:
    return _INPUTS.get(_kind(config), 2)


def _weights(config: Mapping[str, Any]) -> float:
    model, hidden = str(config.get("model")), _hidden(config)
    if model in _WEIGHTS:
        return _WEIGHTS[model] * _width(config) ** 2 * _depth(config)
    if model == "transformer":
        return 12 * hidden[0] ** 2 * _option(config, "layers") if hidden else 0.0
    if model in _GATES:
        return _GATES[model] * hidden[0] * (hidden[0] + _inputs(config)) if hidden else 0.0
    networks = 2 if model == "gan" else 1
    return networks * sum(a * b for a, b in pairwise((_inputs(config), *hidden, _OUTPUTS)))


def _kept_bytes(config: Mapping[str, Any]) -> float:
    """What one sample leaves for the backward pass."""
    model, hidden = str(config.get("model")), _hidden(config)
    if model in _KEPT_KIB:
        return 1024 * _KEPT_KIB[model] * _width(config) * _depth(config)
    numbers = _inputs(config) + 2 * sum(hidden)
    if model in _KEPT_IN_A_STEP:
        numbers = _STEPS * _KEPT_IN_A_STEP[model] * sum(hidden) * _option(config, "layers")
    return float(FLOAT_BYTES * numbers)


def _width(config: Mapping[str, Any]) -> float:
    """Channels, as many times as by default."""
    return _option(config, "width", relative=True)


def _depth(config: Mapping[str, Any]) -> float:
    return _option(config, "depth", relative=True)


def _option(config: Mapping[str, Any], name: str, relative: bool = False) -> float:
    """Of the network alone; 1 where it has none of this name."""
    model = MODELS.get(str(config.get("model")))
    if model is None or name not in model.options:
        return 1.0
    default = _number(model.options[name].default, 1)
    given = config.get("model_options") or {}
    value = _number(filled_in(model.options, given)[name], default)
    return value / default if relative else value


def _hidden(config: Mapping[str, Any]) -> Sequence[float]:
    hidden = config.get("hidden") or ()
    return [_number(units, 1) for units in hidden] if isinstance(hidden, Sequence) else []


def _number(value: Any, default: float = 0.0) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return default
    return found if math.isfinite(found) else default
