"""Tukey's fences, against the quartiles that the standard library computes."""

from __future__ import annotations

import statistics

from hypothesis import given
from hypothesis import strategies as st

from core.timing.measure.outliers import counts, labels

samples = st.lists(st.floats(1e-9, 1e3), min_size=2, max_size=60)


def test_a_sample_far_above_is_labelled_and_the_rest_is_not() -> None:
    default = [1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.0]  # with the two below: quartiles 0.95 and 1.1
    assert labels([*default, 1.4, 9.0]) == ("",) * 7 + ("high mild", "high severe")
    assert counts([1.0, 1.1, 0.9, 1.05, 0.95, 1.02, -9.0]) == {"low severe": 1}


@given(samples)
def test_labels_follow_the_fences_of_the_inclusive_quartiles(values: list[float]) -> None:
    lower, _, upper = statistics.quantiles(values, n=4, method="inclusive")
    step, near = upper - lower, 1e-9 * max(values)
    for value, label in zip(values, labels(values), strict=True):
        distance = max(lower - value, value - upper)
        if label:
            assert distance >= 1.5 * step - near
            assert ("severe" in label) is (distance > 3 * step) or abs(distance - 3 * step) <= near
            assert ("high" in label) is (value > upper)
        else:
            assert distance <= 1.5 * step + near


@given(samples)
def test_no_sample_is_dropped(values: list[float]) -> None:
    assert len(labels(values)) == len(values)
    assert sum(counts(values).values()) == sum(bool(label) for label in labels(values))
