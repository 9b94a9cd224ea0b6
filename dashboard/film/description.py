"""What the player has to know of a run besides its frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from core.activations.expressions.expression import find, is_expression
from core.data.features import FEATURES
from dashboard.charts.pixels import CLASSES

MAX_POINTS = 500  # of each split


@dataclass(frozen=True)
class Points:
    """Points of one split and their classes: float32 (n, 2), and integers (n,)."""

    places: np.ndarray
    classes: np.ndarray

    def rows(self) -> list[list[float]]:
        """[x, y, class] of each, evenly chosen where there are many."""
        chosen = np.linspace(0, len(self.places) - 1, min(len(self.places), MAX_POINTS)).astype(int)
        places, classes = self.places[chosen].astype(np.float64), self.classes[chosen].astype(np.int64)
        return _rows(places.tobytes(), classes.tobytes())


@dataclass(frozen=True)
class Learning:
    """How a run makes a step, beside its learning rate."""

    optimizer: str  # its name
    batch_size: int
    also: tuple[str, ...]  # names of what else changes its gradients

    def data(self) -> dict[str, Any]:
        """The same for the player."""
        return {"optimizer": self.optimizer, "batch_size": self.batch_size, "also": list(self.also)}


@dataclass(frozen=True)
class Editing:
    """How the network can be changed at its drawing; the page starts another training for each change.

    max_parameters: of a network that is drawn. features: keys of FEATURES that it may have as inputs.
    activations: keys of ACTIVATIONS that a hidden layer may have; activation: that of a first one.
    answered: number of the last change that the page has got; the player sends one until it has.
    """

    min_layers: int
    max_layers: int
    max_units: int
    max_parameters: int
    features: tuple[str, ...]
    activations: tuple[str, ...]
    activation: str
    answered: int = 0

    def data(self) -> dict[str, Any]:
        """The same for the player."""
        functions = [_function(key) for key in self.activations]
        return asdict(self) | {"features": _named(self.features), "activations": functions}


@dataclass(frozen=True)
class NetworkDescription:
    """A network on points of the plane, which the player draws from weights alone.

    features: keys of FEATURES, the network's inputs. bounds: x_min, x_max, y_min and y_max of the plane.
    """

    sizes: tuple[int, ...]  # of the input, of each hidden layer and of the output
    features: tuple[str, ...]
    activations: tuple[str, ...]  # of each hidden layer: a key of ACTIVATIONS, or an expression
    classes: tuple[str, ...]
    bounds: dict[str, float]
    train: Points
    test: Points
    learning: Learning
    editing: Editing | None = None  # None where it cannot be changed

    def data(self) -> dict[str, Any]:
        """The same for the player."""
        return {
            "sizes": list(self.sizes),
            "features": _named(self.features),
            "activations": [_function(key) for key in self.activations],
            "classes": list(self.classes),
            "bounds": self.bounds,
            "points": {"train": self.train.rows(), "test": self.test.rows()},
            "learning": self.learning.data(),
            "editing": self.editing.data() if self.editing else None,
        }


@dataclass(frozen=True)
class FilmDescription:
    """A run whose film is shown. All but `ended`, `panels`, `news` and `step` stay the same while it is.

    autoplay: whether the film plays as soon as its frames are there. step: the one to show then, if any.
    """

    run: str
    metric: str  # its name as it is shown
    metric_format: str  # Python's, of one number
    splits: tuple[str, str]  # what training and test are called
    planned_steps: int
    steps_per_epoch: int
    ended: bool
    network: NetworkDescription | None = None
    panels: tuple[Mapping[str, Any], ...] = ()  # as panels.registry.expected() lists them
    news: str = ""  # of a run that has ended: another text says that pictures were drawn since
    autoplay: bool = False
    step: int | None = None
    drawing: bool = False  # whether an image can be drawn for the network

    def data(self, base: str, style: str) -> dict[str, Any]:
        """The same for the player; base: what comes before /film in addresses; style: that of its CSS."""
        return {
            "base": base,
            "style": style,
            "run": self.run,
            "colors": [list(color) for color in CLASSES],
            "metric": {"name": self.metric, "format": self.metric_format},
            "splits": list(self.splits),
            "planned_steps": self.planned_steps,
            "steps_per_epoch": self.steps_per_epoch,
            "ended": self.ended,
            "network": self.network.data() if self.network else None,
            "panels": [dict(panel) for panel in self.panels],
            "news": self.news,
            "autoplay": self.autoplay,
            "step": self.step,
            "drawing": self.drawing,
        }


@lru_cache(maxsize=64)
def _rows(places: bytes, classes: bytes) -> list[list[float]]:
    """Rounded once for all who look at the same data."""
    return [
        [*(float(f"{number:.6g}") for number in place), label]
        for place, label in zip(
            np.frombuffer(places).reshape(-1, 2).tolist(),
            np.frombuffer(classes, np.int64).tolist(),
            strict=True,
        )
    ]


def _function(key: str) -> dict[str, Any]:
    typed = is_expression(key)
    return {"key": key, "name": key if typed else find(key).name, "typed": typed}


def _named(features: Sequence[str]) -> list[dict[str, str]]:
    return [{"key": key, "name": FEATURES[key].name} for key in features]
