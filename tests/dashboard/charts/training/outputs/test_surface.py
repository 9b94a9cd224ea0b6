"""The surface is drawn beside the truth, with a read-out on both."""

from __future__ import annotations

import pytest

from tests.dashboard.charts.training.rows import only_chart, rows, trained


def test_surface_shows_truth_and_network_beside_each_other_with_a_read_out_on_both() -> None:
    drawn = rows(only_chart("surface", trained("mlp", "hills", samples=100)))
    truth, network = (row for row in drawn if "map" in row)
    assert (truth["map"], network["map"]) == ("Truth", "Network")
    assert truth["right"] < network["left"]
    assert network["right"] - network["left"] == pytest.approx(truth["right"] - truth["left"])
    read_out = [row for row in drawn if "Network" in row]
    assert len(read_out) == 2 * 16 * 16
    shift = network["left"] - truth["left"]
    for left, right in zip(read_out[: len(read_out) // 2], read_out[len(read_out) // 2 :], strict=True):
        assert right["left"] - left["left"] == pytest.approx(shift)
        assert (right["x"], right["Network"]) == (left["x"], left["Network"])
    # The truth that is shown is that of the formula, to the width of a square.
    highest = max(read_out, key=lambda row: row["Truth"])
    assert highest["x"] == pytest.approx(-0.9, abs=0.3)
    assert highest["y"] == pytest.approx(0.9, abs=0.3)


def test_chart_is_there_without_the_samples() -> None:
    assert rows(only_chart("surface", trained("mlp", "hills", samples=100, snapshots=("surface",))))
