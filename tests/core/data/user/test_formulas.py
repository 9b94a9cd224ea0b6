"""A typed formula gives the data that it says, and nonsense is answered in a sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data import LoadedDataset, load
from core.data.user.formulas import EDGE
from core.errors import InvalidRequest
from core.training.config import default_config


def whole(data: LoadedDataset) -> tuple[np.ndarray, np.ndarray]:
    inputs = np.concatenate([data.train_inputs, data.test_inputs]).astype(np.float64)
    return inputs, np.concatenate([data.train_targets, data.test_targets])


@pytest.mark.parametrize("margin", [0.0, 0.5])
def test_classes_are_the_sign_of_the_formula_beyond_its_margin(margin: float) -> None:
    points, labels = whole(load("formula", formula="x^2 + y^2 - 1.5", margin=margin, noise=0.0))
    values = (points**2).sum(axis=1) - 1.5
    np.testing.assert_array_equal(labels, values > 0)
    assert np.abs(values).min() >= margin
    assert np.bincount(labels).tolist() == [500, 500]
    assert np.abs(points).max() <= EDGE


def test_points_of_a_class_are_spread_evenly_over_its_part_of_the_plane() -> None:
    points, labels = whole(load("formula", formula="x", samples=20_000, noise=0.0))
    right = points[labels == 1]
    assert right.mean(axis=0) == pytest.approx([EDGE / 2, 0], abs=0.03)
    assert right.std(axis=0) == pytest.approx([EDGE / 12**0.5, 2 * EDGE / 12**0.5], rel=0.02)


def test_noise_moves_points_and_leaves_their_classes() -> None:
    clean, labels = whole(load("formula", samples=20_000, noise=0.0))
    noisy, same = whole(load("formula", samples=20_000, noise=0.3))
    np.testing.assert_array_equal(labels, same)
    assert (noisy - clean).std() == pytest.approx(0.3, rel=0.02)


def test_a_class_of_a_hundredth_of_the_plane_has_as_many_points_as_the_other() -> None:
    _, labels = whole(load("formula", formula="0.06 - x^2 - y^2", samples=1000))
    assert np.bincount(labels).tolist() == [500, 500]


def test_a_surface_and_a_curve_are_their_formulas() -> None:
    places, heights = whole(load("formula_surface", formula="x*y^2/4 - exp(-x^2)", noise=0.0))
    x, y = places.T
    np.testing.assert_allclose(heights, x * y**2 / 4 - np.exp(-(x**2)), atol=1e-6)
    places, values = whole(load("formula_curve", formula="max(x, 0)^1.5", noise=0.0))
    np.testing.assert_allclose(values, np.maximum(places[:, 0], 0) ** 1.5, atol=1e-6)


def test_what_has_no_value_between_the_places_looked_at_is_a_number_all_the_same() -> None:
    data = load("formula_curve", formula="0.01/(x - 0.012345)", noise=0.0)
    assert data.truth is not None
    assert np.isfinite(data.truth(np.linspace(-2.5, 2.5, 100_001)[:, None])).all()


@pytest.mark.parametrize(
    ("data", "formula", "sentence"),
    [
        ("formula", "", "cannot be read. The expression is empty"),
        ("formula", "__import__('os').system('true')", "cannot be read. The sign"),
        ("formula", "x + z", "The name 'z' is not known here"),
        ("formula", "x + (y", "a closing bracket is missing"),
        ("formula", "x > y", "write step"),
        ("formula", "2 + 3", "is a number; it must depend on x or y"),
        ("formula", "x^2 + y^2 + 1", "is at most 0 on 0.0% of the plane from -2 to 2; each class needs at"),
        ("formula", "log(x) + y", "has no finite value at x = -2, y = -2; it needs one everywhere"),
        ("formula", "x^y", "has no finite value"),
        ("formula", "x" + "+x" * 100, "too long"),
        ("formula_surface", "1000*x*y", "is 4000 at x = -2, y = -2; values from -100 to 100 are possible"),
        ("formula_surface", "1/x", "has no finite value at x = 0"),
        ("formula_curve", "x + y", "The name 'y' is not known here"),
    ],
)
def test_nonsense_is_answered_in_a_sentence_before_anything_is_loaded(
    data: str, formula: str, sentence: str
) -> None:
    for refused in (
        lambda: default_config("mlp", data, data_options={"formula": formula}),
        lambda: load(data, formula=formula),
    ):
        with pytest.raises(InvalidRequest) as caught:
            refused()
        assert sentence in str(caught.value)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 400


def test_a_margin_that_leaves_a_class_nothing_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"is at most -1 on 0.0% of the plane"):
        default_config("mlp", "formula", data_options={"formula": "tanh(x) - y/100", "margin": 1.0})


@settings(max_examples=150, deadline=None)
@given(st.text("xy0123456789.+-*/^() ,sincoexplgtamqr<>=_[]", max_size=30) | st.text(max_size=20))
def test_any_text_is_data_or_an_answer(text: str) -> None:
    try:
        data = load("formula", formula=text, samples=20)
    except InvalidRequest:
        return
    assert np.isfinite(data.train_inputs).all()
