"""Addresses of earlier versions, which still open the same page with the same selections.

Version 0.1 had other names for some pages, and wrote what a control showed ("Leaky ReLU") where addresses
now hold keys (leaky_relu).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from core import devices
from core.activations import ACTIVATIONS
from core.activations.formats import FORMATS
from core.activations.gated import GATED, OF_VECTOR
from core.data import DATASETS
from core.data.features import FORMER
from core.models import MODELS
from core.models.initialisation import INITIALISATIONS
from core.training import OPTIMIZERS, SCHEDULES
from core.training.snapshots.upgrade import PROBE_LABELS

# The path that a page had in version 0.1, and its key.
MOVED = {
    "activations": "curves",
    "gated": "gated_units",
    "depth": "signal_propagation",
    "without": "linear_collapse",
    "dying": "dying_units",
    "inside": "pre_activations",
}
# Parameters that had another name.
RENAMED = {
    "most_steps": "max_steps",
    "most_seconds": "max_seconds",
    "composed": "compare_unfused",
    "probes": "snapshots",
}
# What version 0.1 called something that has no entry in a registry, or whose entry has another name now.
FORMER_NAMES = {
    "shade": {"nothing": "none", "Your own": "custom"},
    "show": {
        "Relative error": "relative",
        "Error in ulps": "ulps",
        "Absolute error": "absolute",
        "The curve itself": "curve",
        "Output z": "z",
        "Slope |∇z|": "slope",
    },
    "only": {
        "zero-centred": "zero_centred",
        "never saturates": "never_saturates",
        "no dead zone": "no_dead_zone",
        "no jump": "no_jump",
        "Lipschitz": "lipschitz",
    },
    "counted": {"slope is 0": "dead", "slope is under 0.01": "flat"},
    "measure": {"Matrix products": "workload", "gemm": "workload", "Roofline": "roofline"},
    "vary": {
        "Activation": "activation",
        "Optimiser": "optimizer",
        "Learning rate": "learning_rate",
        "Batch size": "batch_size",
        "Hidden layers": "hidden",
    },
    "hidden": {"no hidden layer": "none"},
    "engine": {"The fastest there is": "auto", "PyTorch, operator by operator": "eager"},
    "loss": {"non saturating": "non_saturating", "wasserstein gp": "wasserstein_gp"},
    "device": {"CPU": "cpu"},
    "probes": PROBE_LABELS,
}
# Which registry a parameter chooses from.
REGISTRIES: dict[str, tuple[Mapping[str, Any], ...]] = {
    "functions": (ACTIVATIONS,),
    "function": (ACTIVATIONS, GATED, OF_VECTOR),
    "shade": (ACTIVATIONS,),
    "pair": (ACTIVATIONS,),
    "activation": (ACTIVATIONS,),
    "formats": (FORMATS,),
    "model": (MODELS,),
    "data": (DATASETS,),
    "optimizer": (OPTIMIZERS,),
    "schedule": (SCHEDULES,),
    "initialisation": (INITIALISATIONS,),
}

# What was one word and is several choices now.
SPLIT = {"features": {word: choices.split(",") for word, choices in FORMER.items()}}

FORECASTERS = {"RNN", "LSTM", "GRU"}  # networks, as version 0.1 wrote them in addresses

Query = Mapping[str, Sequence[str]]


def upgraded(path: str, query: Query) -> tuple[str, dict[str, list[str]]]:
    """Key of the page and query, as they are written now, of an address of any version."""
    now = {
        RENAMED.get(name, name): [now for value in values for now in _values(name, value)]
        for name, values in query.items()
    }
    if FORECASTERS.intersection(query.get("model", ())) and not {"data", "run"} & now.keys():
        now["data"] = ["seattle_temps"]  # what they forecast by default then, which an address did not name
    return MOVED.get(path, path), now


def _values(name: str, value: str) -> list[str]:
    return SPLIT.get(name, {}).get(value) or [_value(name, value)]


def _value(name: str, value: str) -> str:
    if name == "size" and re.fullmatch(r"\d{1,3}[kM]", value):  # 4k elements; a lake has a size of 8x8
        return str(int(value[:-1]) << (20 if value.endswith("M") else 10))
    if name == "reach":
        return value.removeprefix("±").replace(",", "")
    if _is_infinite(value):
        return "∞"  # refused like any other word; Streamlit fails to make a whole number of 1e999
    return _keys(name.replace("devices", "device")).get(value, value)


def _is_infinite(text: str) -> bool:
    """Whether it is read as a number, and one beyond all that a control can hold."""
    with suppress(ValueError):
        return math.isinf(float(text))
    return False


@cache
def _keys(name: str) -> Mapping[str, str]:
    """The key of each value that a parameter had in version 0.1."""
    keys = {entry.name: key for registry in REGISTRIES.get(name, ()) for key, entry in registry.items()}
    if name == "device":
        keys = {device.name: device.id for device in devices.devices()}
    return keys | FORMER_NAMES.get(name, {})
