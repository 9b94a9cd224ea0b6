"""A long history keeps few points and all that stood out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.training.snapshots.layers.history import MAX_POINTS, History, arrays_of


def history(values: list[float]) -> History:
    """Values at steps 0, 10, 20, ..."""
    kept = History()
    for n, value in enumerate(values):
        kept.add(10 * n, value)
    return kept


def test_a_short_run_is_kept_whole() -> None:
    values = np.random.default_rng(0).normal(size=MAX_POINTS).tolist()
    assert history(values).values == values


@given(st.integers(0, 2**32 - 1), st.integers(MAX_POINTS, 5000))
def test_a_long_run_keeps_its_ends_and_its_extremes_at_their_steps(seed: int, length: int) -> None:
    values = np.random.default_rng(seed).normal(size=length)
    kept = history(values.tolist())
    assert len(kept.steps) == len(kept.values) <= MAX_POINTS
    assert (np.diff(kept.steps) > 0).all()
    for place in (0, length - 1, int(values.argmin()), int(values.argmax())):
        assert kept.values[kept.steps.index(10 * place)] == values[place]
    assert all(values[step // 10] == value for step, value in zip(kept.steps, kept.values, strict=True))


def test_the_same_step_again_replaces_what_was_there() -> None:
    kept = history([1.0, 2.0])
    kept.add(10, 3.0)
    assert (kept.steps, kept.values) == ([0, 10], [1.0, 3.0])


def test_histories_of_unequal_length_stand_in_one_array() -> None:
    steps, values = arrays_of([history([1.0, 2.0]), history([5.0])])
    np.testing.assert_array_equal(steps, [[0, 10], [0, -1]])
    np.testing.assert_array_equal(values, np.array([[1, 2], [5, np.nan]], np.float32))
