"""Pictures of surfaces: the right way up, in colours that say their values."""

from __future__ import annotations

import base64
import io
from typing import Any

import altair as alt
import numpy as np
import pytest
from PIL import Image

from dashboard.charts.pixels import BLUE, ORANGE
from dashboard.charts.surfaces import contour_step, slices_chart, surface_chart

AT = np.linspace(-2, 2, 41)
X, Y = np.meshgrid(AT, AT)


def spec(z: np.ndarray, **more: Any) -> dict[str, Any]:
    drawn = surface_chart(AT, z, "One neuron", **more)
    without_data = {key: part for key, part in drawn.items() if key != "datasets"}
    alt.LayerChart.from_dict(without_data, validate=True)
    return drawn


def picture(z: np.ndarray, **more: Any) -> np.ndarray:
    (url,) = spec(z, **more)["datasets"]["picture"]["url"].to_pylist()
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))


def test_high_y_is_at_the_top_and_low_x_at_the_left() -> None:
    top, bottom = picture(Y)[[5, -5], 80]
    assert tuple(top[:3]) == BLUE
    assert tuple(bottom[:3]) == ORANGE
    left, right = picture(X)[80, [5, -5]]
    assert tuple(left[:3]) == ORANGE
    assert tuple(right[:3]) == BLUE


def test_contour_lines_lie_where_the_value_passes_a_whole_step() -> None:
    step = contour_step(2.0)
    row = picture(X)[3]
    lines = np.flatnonzero((row[:, :3] == 128).all(1))
    expected = np.arange(-2, 2, step)[1:]  # the ends of the values are no lines
    places = np.linspace(-2, 2, len(row))[lines]
    assert len(places) == len(expected)
    assert places == pytest.approx(expected, abs=4 / len(row) * 2)


def test_a_flat_end_draws_no_line_even_on_a_whole_step() -> None:
    row = picture(np.tanh(20 * X))[3]
    lines = np.linspace(-2, 2, len(row))[(row[:, :3] == 128).all(1)]
    assert len(lines) > 1
    assert np.abs(lines).max() < 0.2


@pytest.mark.parametrize("largest", [0.003, 0.97, 1.0, 7.5, 4e6])
def test_contour_steps_are_round_and_not_too_many(largest: float) -> None:
    step = contour_step(largest)
    assert f"{step:.0e}"[0] in "125"
    assert 6 <= 2 * largest / step <= 16.1


def test_the_pointer_reads_both_inputs_and_the_value() -> None:
    drawn = spec(X * Y, names=("a", "b", "f"))
    read = drawn["layer"][1]["encoding"]
    assert [tooltip["title"] for tooltip in read["tooltip"]] == ["a", "b", "f"]
    cells = drawn["datasets"]["readings"].to_pylist()
    for cell in cells[::97]:
        assert cell["x0"] <= cell["x"] <= cell["x1"]
        assert cell["z"] == pytest.approx(cell["x"] * cell["y"], abs=1e-5)


def test_the_legend_has_the_scale_of_the_picture() -> None:
    colors = spec(X, largest=5.0)["layer"][1]["encoding"]["color"]
    assert (colors["scale"]["domain"][0], colors["scale"]["domain"][-1]) == (-5, 5)
    assert colors["legend"]["title"] == "z"
    assert picture(X, largest=20.0)[3, -3, 3] < picture(X, largest=2.0)[3, -3, 3]


def test_the_legend_of_what_is_never_negative_starts_at_nothing() -> None:
    colors = spec(X**2)["layer"][1]["encoding"]["color"]
    assert 0 <= colors["scale"]["domain"][0] < 0.01


def test_title_axes_and_a_text_alternative() -> None:
    drawn = spec(X, names=("a", "b", "f"))
    assert drawn["title"]["text"] == "One neuron"
    assert drawn["description"] == "Picture of f over a and b: One neuron."
    assert drawn["layer"][0]["encoding"]["y"]["title"] == "b"


def test_a_surface_of_zeros_or_with_holes_can_be_drawn() -> None:
    assert picture(np.zeros_like(X))[..., 3].max() == 0
    holes = np.where(X > 1, np.inf, np.where(X < -1, np.nan, X))
    assert picture(holes).shape == (164, 164, 4)


def test_cuts_are_named_by_the_second_input() -> None:
    drawn = slices_chart(AT, {-1.5: AT, 2.0: -AT}, "Cuts", ("a", "b", "f"))
    lines, rule = drawn["layer"]
    assert lines["encoding"]["color"]["scale"]["domain"] == ["b = −1.5", "b = 2"]
    assert [tooltip["title"] for tooltip in rule["encoding"]["tooltip"]] == ["a", "b = −1.5", "b = 2"]
    readings = drawn["datasets"]["readings"]
    assert readings["cut1"].to_numpy() == pytest.approx(-readings["x"].to_numpy())


def test_one_chart_leaves_the_next_as_it_was() -> None:
    first = spec(X, names=("a", "b", "f"))
    surface_chart(3 * AT, 5 * X**2, "Another", ("a", "b", "f"))
    again = spec(X, names=("a", "b", "f"))
    assert {key: part for key, part in first.items() if key != "datasets"} == {
        key: part for key, part in again.items() if key != "datasets"
    }
