"""Each kind of figures by its name: how what a page asks for is computed, and what the result is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from core.activations import find
from core.activations.properties import Properties, properties
from core.activations.surfaces import POINTS, Surface, network
from core.experiments.linear_collapse import Collapse, collapse, unexplained
from core.experiments.signal_propagation import (
    PRESERVED,
    Depth,
    DepthConfig,
    Prediction,
    best_initialisation,
    critical_gain,
    predict,
    propagate,
)
from core.page_figures import rounding
from core.records import from_record


class Propagated(NamedTuple):
    """A signal and its gradient through a stack, the theory, and what would preserve the gradient."""

    measured: Depth
    theory: Prediction
    # Where the gradient is not preserved: the initialization that preserves it best, and its figures ...
    best: tuple[str, Depth | None] | None = None
    gain: float | None = None  # ... and the gain that does, where there is one


@dataclass(frozen=True)
class Kind:
    """One kind of figures."""

    compute: Callable[[Mapping[str, Any]], Any]
    classes: Sequence[type]  # of the result and its parts


def propagated(asked: Mapping[str, Any]) -> Propagated:
    """Of a DepthConfig. Some tenths of a second to some seconds."""
    config = from_record(DepthConfig, asked)
    found, theory = propagate(config), predict(config)
    if found.overflows_at or found.gradient_ratio == 0 or found.gradient_fate == PRESERVED:
        return Propagated(found, theory)
    same = DepthConfig(config.activation, layers=config.layers, width=config.width, seed=config.seed)
    best = best_initialisation(same)
    return Propagated(found, theory, best, critical_gain(config) if best[1] is not None else None)


def network_surface(asked: Mapping[str, Any]) -> Surface:
    """Of a function and the arguments of network()."""
    hidden, points = tuple(asked["hidden"]), asked.get("points", POINTS)
    return network(asked["function"], hidden, asked["gain"], asked["seed"], asked["reach"], points)


def properties_of(asked: Mapping[str, Any]) -> Properties:
    """Of a function, with parameters other than its own where some are given. Up to two seconds."""
    activation = find(asked["function"])
    return properties(activation, **{**activation.with_defaults(), **asked["parameters"]})


def collapsed(asked: Mapping[str, Any]) -> Collapse:
    """Of the sizes of layers and a seed; without the matrices, which no page shows."""
    found = collapse(tuple(asked["sizes"]), asked["seed"])
    return replace(found, matrices=(), matrix=np.empty((0, 0)))


def beyond_a_matrix(asked: Mapping[str, Any]) -> np.ndarray:
    """Of the same and a function: a fraction for each depth."""
    return unexplained(tuple(asked["sizes"]), asked["function"], asked["seed"])


KINDS = {
    "signal_propagation": Kind(propagated, (Propagated, Depth, Prediction)),
    "network_surface": Kind(network_surface, (Surface,)),
    "properties": Kind(properties_of, (Properties,)),
    "linear_collapse": Kind(collapsed, (Collapse,)),
    "beyond_a_matrix": Kind(beyond_a_matrix, ()),
    "rounding": Kind(
        rounding.shown_roundings, (rounding.ShownRoundings, rounding.ShownRounding, *rounding.CLASSES)
    ),
}
