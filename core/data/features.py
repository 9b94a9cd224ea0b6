"""The features of a point in the plane, of which any may be a network's inputs. To add one, add an entry.

The film's player computes them as well: network/arithmetic.js has a formula under each key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.lazy import LazyModule
from core.options import Option

if TYPE_CHECKING:
    import numpy as np
else:
    np = LazyModule("numpy")

# The sines are those of this multiple of x and y. A spiral of radius 2 then has the waves that the TensorFlow
# Playground's has, whose sines are of x and y themselves and whose radius is 5.
SINE_SCALE = 2.5


@dataclass(frozen=True)
class Feature:
    """One input of a network, a function of a point's place."""

    name: str
    values: Callable[[np.ndarray, np.ndarray], np.ndarray]  # of x and y, float32 as they are


FEATURES: dict[str, Feature] = {
    "x": Feature("x", lambda x, y: x),
    "y": Feature("y", lambda x, y: y),
    "x_squared": Feature("x²", lambda x, y: x * x),
    "y_squared": Feature("y²", lambda x, y: y * y),
    "product": Feature("xy", lambda x, y: x * y),
    "sin_x": Feature(f"sin {SINE_SCALE}x", lambda x, y: np.sin(np.float32(SINE_SCALE) * x)),
    "sin_y": Feature(f"sin {SINE_SCALE}y", lambda x, y: np.sin(np.float32(SINE_SCALE) * y)),
}

# Earlier versions knew two choices.
FORMER = {"xy": "x,y", "sine": "x,y,sin_x,sin_y"}

OPTION = Option(
    "inputs of the network, one or more; xy stands for x,y and sine for x,y,sin_x,sin_y",
    "x,y",
    choices=FEATURES,
    subset=True,
    former=FORMER,
    word="feature",
)


def features_of(choice: str) -> tuple[str, ...]:
    """The keys of FEATURES in a value of the option, in the order of FEATURES."""
    return OPTION.members("features", choice)


def inputs_of(plane: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """A network's inputs for points in the plane: (n, 2) -> float32 (n, names); names: of features."""
    by_name = {feature.name: feature for feature in FEATURES.values()}
    x, y = plane.astype(np.float32).T
    return np.stack([by_name[name].values(x, y) for name in names], axis=1)
