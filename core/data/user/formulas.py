"""A typed formula of one or two variables, as the source of data; nothing typed is evaluated as Python."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.activations.expressions.arrays import array_values
from core.activations.expressions.grammar import Node, depends_on_x, parse
from core.activations.expressions.rewriting import computable
from core.errors import InvalidRequest

EDGE = 2.0  # each variable goes from -EDGE to EDGE
MAX_VALUE = 100.0  # of what is to be predicted; a network learns larger targets badly
MIN_CLASS = 0.01  # of the plane that each class must have
CELLS = 40  # between the places of the grid, along each axis
_SHOWN = 60  # characters of a formula in a message


@dataclass(frozen=True)
class Formula:
    """A formula as it was typed, the variables that it may have, and its tree."""

    text: str
    variables: tuple[str, ...]
    tree: Node

    def values(self, places: np.ndarray) -> np.ndarray:
        """Of places (n, variables), float64 (n,); NaN where it has no value."""
        columns = places.astype(np.float64).T
        return array_values(self.tree, dict(zip(self.variables, columns, strict=True)))


@lru_cache(maxsize=256)
def read_formula(text: str, variables: tuple[str, ...]) -> Formula:
    """Read a formula. Raises InvalidRequest for what is none, what is too large, and a mere number."""
    try:
        tree = computable(parse(text, variables))
    except InvalidRequest as error:
        raise InvalidRequest(f"The formula {shortened(text)} cannot be read. {error}") from None
    if not depends_on_x(tree):
        raise InvalidRequest(
            f"The formula {shortened(text)} is a number; it must depend on {' or '.join(variables)}."
        )
    return Formula(text, variables, tree)


@lru_cache(maxsize=256)
def formula_of_classes(text: str, margin: float) -> Formula:
    """A formula of x and y that tells two classes apart: above the margin, and below minus the margin.

    Raises InvalidRequest for one that cannot be read, has no finite value somewhere in the plane, or leaves a
    class without a part of it.
    """
    formula = read_formula(text, ("x", "y"))
    zero, one = class_masks(_finite_values(formula), margin)
    for wanted, found in ((f"at most {0 - margin:g}", zero), (f"above {margin:g}", one)):
        if found.mean() < MIN_CLASS:
            raise InvalidRequest(
                f"The formula {shortened(text)} is {wanted} on {found.mean():.1%} of the plane from "
                f"{-EDGE:g} to {EDGE:g}; each class needs at least {MIN_CLASS:.0%}."
            )
    return formula


def class_masks(values: np.ndarray, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Where values are of class 0, and where of class 1; within the margin they are of neither."""
    return values <= -margin, values > margin


@lru_cache(maxsize=256)
def formula_of_values(text: str, variables: tuple[str, ...]) -> Formula:
    """A formula whose value is to be predicted from its variables.

    Raises InvalidRequest for one that cannot be read, and one that has no finite value somewhere or too large
    a one.
    """
    formula = read_formula(text, variables)
    values = _finite_values(formula)
    largest = np.abs(values).argmax()
    if np.abs(values[largest]) > MAX_VALUE:
        raise InvalidRequest(
            f"The formula {shortened(text)} is {values[largest]:.4g} at "
            f"{_place(formula, grid(len(variables))[largest])}; values from {-MAX_VALUE:g} to {MAX_VALUE:g} "
            "are possible, so divide it by some number."
        )
    return formula


def _finite_values(formula: Formula) -> np.ndarray:
    places = grid(len(formula.variables))
    values = formula.values(places)
    without = np.flatnonzero(~np.isfinite(values))
    if len(without):
        raise InvalidRequest(
            f"The formula {shortened(formula.text)} has no finite value at "
            f"{_place(formula, places[without[0]])}; it needs one everywhere from {-EDGE:g} to {EDGE:g}."
        )
    return values


def shortened(text: str) -> str:
    """A formula in quotes, as a message shows it."""
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")


def grid(variables: int) -> np.ndarray:
    """Evenly spread places, (places, variables), edges and the middle among them."""
    axis = np.linspace(-EDGE, EDGE, CELLS + 1)
    return np.stack(np.meshgrid(*[axis] * variables, indexing="ij"), axis=-1).reshape(-1, variables)


def _place(formula: Formula, place: np.ndarray) -> str:
    """A place in a message: "x = 1, y = -0.5"."""
    return ", ".join(f"{name} = {value:.3g}" for name, value in zip(formula.variables, place, strict=True))
