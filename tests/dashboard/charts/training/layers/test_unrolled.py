"""The chart of an unrolled network says at each step what is read, predicted, right, and flows back."""

from __future__ import annotations

import numpy as np
import pytest

from core.events import Picture
from dashboard.charts.training.layers.unrolled import gradient_levels, of_view, unrolled_chart
from tests.dashboard.charts.training.rows import rows, trained


@pytest.fixture(scope="module")
def picture() -> Picture:
    small = {"samples": 60, "hidden": (4,), "batch_size": 1024, "snapshots": ("unrolled",)}
    return trained("lstm", "copy_memory", **small)["unrolled"]


@pytest.fixture
def first(picture: Picture) -> Picture:
    return of_view(picture)


def test_each_step_is_a_row_with_its_symbols_and_gradient(picture: Picture, first: Picture) -> None:
    drawn = [row for row in rows(unrolled_chart(picture)) if "gradient" in row]
    steps = first.arrays["h"].shape[1]
    assert [row["step"] for row in drawn] == list(range(1, steps + 1))
    assert [row["input"] for row in drawn] == first.values["steps"]
    gradient = first.arrays["gradient"][0]
    assert [row["gradient"] for row in drawn[:-1]] == pytest.approx(gradient[:-1].tolist())
    assert drawn[-1]["gradient"] is None
    classes = first.values["classes"]
    asked = first.arrays["target"] >= 0
    assert [row["target"] for row in drawn] == [
        classes[target] if there else "" for target, there in zip(first.arrays["target"], asked, strict=True)
    ]
    right = first.arrays["best"][0] == first.arrays["target"]
    assert [row["right"] == "right" for row in drawn] == (right & asked).tolist()


def test_a_decade_of_the_gradient_is_a_quarter() -> None:
    levels = gradient_levels(np.array([1e-9, 1e-3, 1e-2, 0.1, 0.0, np.nan]))
    np.testing.assert_allclose(levels, [0, 0.5, 0.75, 1, 0, np.nan])
    np.testing.assert_array_equal(gradient_levels(np.array([0.0, np.nan])), [0, np.nan])


def test_numbers_are_a_picture_and_the_one_target_is_at_the_end() -> None:
    pictures = trained("gru", "adding", samples=60, hidden=(4,), batch_size=1024, snapshots=("unrolled",))
    drawn = rows(unrolled_chart(pictures["unrolled"]))
    assert len([row for row in drawn if "url" in row]) == 2
    texts = [row for row in drawn if "gradient" in row]
    output = of_view(pictures["unrolled"]).arrays["output"][-1]
    assert [row["prediction"] for row in texts] == [""] * 49 + [f"{output:.2f}"]
