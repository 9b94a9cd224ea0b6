"""The features of a point in the plane, of which any may be a network's inputs. To add one, add an entry.

The film's player computes them as well: network/arithmetic.js has a formula under each key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.data.csv_cells import POINT
from core.data.row_encoding import NUMBER
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
    """One input of a network, a function of a point's place: a product of coordinates, or the sine of one."""

    name: str
    factors: tuple[str, ...]  # "x" or "y", each as often as it is multiplied
    sine_scale: float | None = None  # what the product is multiplied with under a sine; None without a sine

    def values(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """For x and y, float32 as they are."""
        first, *others = ({"x": x, "y": y}[factor] for factor in self.factors)
        for other in others:
            first = first * other
        return first if self.sine_scale is None else np.sin(np.float32(self.sine_scale) * first)


FEATURES: dict[str, Feature] = {
    "x": Feature("x", ("x",)),
    "y": Feature("y", ("y",)),
    "x_squared": Feature("x²", ("x", "x")),
    "y_squared": Feature("y²", ("y", "y")),
    "product": Feature("xy", ("x", "y")),
    "sin_x": Feature(f"sin {SINE_SCALE}x", ("x",), SINE_SCALE),
    "sin_y": Feature(f"sin {SINE_SCALE}y", ("y",), SINE_SCALE),
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


def plain_encoding(
    columns: tuple[str, ...], target: Mapping[str, Any], features: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What rows of unscaled numbers are read by; see row_encoding.py.

    features: keys of FEATURES that the network gets, where it does not get the columns themselves.
    """
    unscaled = {"mean": 0.0, "deviation": 1.0, "fill": None, "texts_missing": False}
    found = [{"name": name, "kind": NUMBER, "decimal": POINT} | unscaled for name in columns]
    computed = {"features": [asdict(FEATURES[key]) for key in features]} if features else {}
    return {"columns": found, "max_deviations": None, "target": dict(target)} | computed
