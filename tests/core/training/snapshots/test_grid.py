"""Cells of a grid lie as the pixels of an image do."""

from __future__ import annotations

import numpy as np
import pytest

from core.training.snapshots.grid import Grid, grid_around, with_margin


def test_the_first_cell_is_at_the_top_left_and_each_value_in_the_middle_of_its_own() -> None:
    grid = Grid(0.0, 4.0, 10.0, 18.0, 4)
    expected = [[0.5, 17.0], [1.5, 17.0], [2.5, 17.0], [3.5, 17.0], [0.5, 15.0]]
    np.testing.assert_allclose(grid.middles()[:5], expected)
    np.testing.assert_allclose(grid.image(grid.middles()[:, 1])[:, 0], [17, 15, 13, 11])
    assert grid.bounds == {"x_min": 0.0, "x_max": 4.0, "y_min": 10.0, "y_max": 18.0}


def test_a_margin_lies_around_the_points_on_each_side() -> None:
    points = np.array([[0, 0], [10, 20], [5, 5]], np.float32)
    grid = grid_around(points, 2, margin=0.1)
    assert (grid.x_min, grid.x_max, grid.y_min, grid.y_max) == pytest.approx((-1, 11, -2, 22))


def test_points_on_a_line_have_a_margin_of_one() -> None:
    low, high = with_margin(np.array([[3.0, 1.0], [3.0, 2.0]], np.float32))
    np.testing.assert_allclose([low, high], [[2, 0.9], [4, 2.1]])
    assert low.dtype == np.float32
