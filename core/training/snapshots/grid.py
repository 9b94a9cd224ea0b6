"""Cells over a rectangle of the plane, as an image has them: row 0 on top, column 0 at the left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MARGIN = 0.1  # around the samples, as a fraction of their extent


@dataclass(frozen=True)
class Grid:
    """A square number of cells; each value belongs to the middle of its cell."""

    x_min: float
    x_max: float
    y_min: float
    y_max: float
    cells: int  # along each axis

    @property
    def bounds(self) -> dict[str, float]:
        """x_min, x_max, y_min and y_max by name, as pictures carry them."""
        return {"x_min": self.x_min, "x_max": self.x_max, "y_min": self.y_min, "y_max": self.y_max}

    def middles(self) -> np.ndarray:
        """x and y of each cell, row by row from the top, float32 (cells * cells, 2)."""
        x = _middles(self.x_min, self.x_max, self.cells)
        y = _middles(self.y_max, self.y_min, self.cells)
        return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)

    def image(self, values: np.ndarray) -> np.ndarray:
        """Values in the order of middles() as an image (cells, cells)."""
        return values.reshape(self.cells, self.cells)


def grid_around(points: np.ndarray, cells: int, margin: float = MARGIN) -> Grid:
    """A grid over points (n, 2) and a margin around them, which is 1 where all of them lie on a line."""
    low, high = with_margin(points, margin)
    (x_min, y_min), (x_max, y_max) = low.tolist(), high.tolist()
    return Grid(x_min, x_max, y_min, y_max, cells)


def with_margin(points: np.ndarray, margin: float = MARGIN) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest of each feature of points (n, features), moved outward by the margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    around = np.where(high > low, margin * (high - low), 1.0).astype(points.dtype)
    return low - around, high + around


def _middles(first: float, last: float, cells: int) -> np.ndarray:
    half = (last - first) / cells / 2
    return np.linspace(first + half, last - half, cells, dtype=np.float32)
