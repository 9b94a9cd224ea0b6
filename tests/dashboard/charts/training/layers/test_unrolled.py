"""The chart of an unrolled network says at each step what is read, predicted, right, and flows back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.events import Picture
from core.runs.store import RunStore
from dashboard.charts.training.layers.unrolled import gradient_levels, of_view, unrolled_chart
from dashboard.film.panels.unrolled import unrolled_panel
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


def test_a_picture_of_one_sequence_as_it_was_first_stored_still_opens(
    picture: Picture, tmp_path: Path
) -> None:
    view = picture.values["views"][0]
    values = {name: value for name, value in picture.values.items() if name != "views"}
    stored = replace(
        picture,
        arrays={name: array[0] for name, array in picture.arrays.items()},
        values={**values, "loss": view["loss"], "steps": view["steps"]},
    )
    store = RunStore(tmp_path / "runs.sqlite")
    run_id = store.create("training", {})
    store.write(run_id, pictures=[stored], film_pictures=[stored])
    latest, ((_, of_film),) = store.pictures(run_id)["unrolled"], store.film_pictures(run_id)
    store.close()
    for read in (latest, of_film):
        assert read.values["views"] == [view]
        assert rows(unrolled_chart(read)) == rows(unrolled_chart(picture))
        panel, whole = unrolled_panel(read), unrolled_panel(picture)
        assert panel.values["views"] == whole.values["views"][:1]
        for name, array in panel.arrays.items():
            np.testing.assert_array_equal(array, whole.arrays[name][:1])


def test_numbers_are_a_picture_and_the_one_target_is_at_the_end() -> None:
    pictures = trained("gru", "adding", samples=60, hidden=(4,), batch_size=1024, snapshots=("unrolled",))
    drawn = rows(unrolled_chart(pictures["unrolled"]))
    assert len([row for row in drawn if "url" in row]) == 2
    texts = [row for row in drawn if "gradient" in row]
    output = of_view(pictures["unrolled"]).arrays["output"][-1]
    assert [row["prediction"] for row in texts] == [""] * 49 + [f"{output:.2f}"]
