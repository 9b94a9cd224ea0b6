"""Each kind of figures by its name: how what a page asks for is computed, and what the result is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.activations.surfaces import POINTS, Surface, network
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


KINDS = {
    "signal_propagation": Kind(propagated, (Propagated, Depth, Prediction)),
    "network_surface": Kind(network_surface, (Surface,)),
    "rounding": Kind(rounding.shown_roundings, (rounding.ShownRounding, *rounding.CLASSES)),
}
