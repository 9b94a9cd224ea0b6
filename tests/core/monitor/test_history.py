"""What an hour of samples becomes: nothing is lost but the times within ten seconds."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from core.monitor.history import FINE_S, KEPT_S, ROW_S, History, Sample

GAPS_S = st.sampled_from([0.25, 1.0, 1.0, 1.0, 10.0]) | st.floats(0.01, 400.0)
VALUES = st.none() | st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(GAPS_S, VALUES), max_size=200))
def test_each_sample_of_the_hour_is_kept_once_and_a_row_has_its_mean_its_lowest_and_its_highest(
    given_: list[tuple[float, float | None]],
) -> None:
    history, now_s, every = History(), 0.0, []
    for sequence, (gap_s, value) in enumerate(given_):
        now_s += gap_s
        every.append(Sample(sequence, now_s, {"load": value}))
        history.add(every[-1])
    fine = history.samples()
    assert fine == [sample for sample in every if sample.at_s >= now_s - FINE_S]
    rows = history.rows()
    assert all(now_s - row.at_s <= KEPT_S for row in rows)
    thinned = [sample for sample in every if sample not in fine]
    for row in rows:
        within = [sample for sample in thinned if sample.at_s // ROW_S == row.number]
        assert row.samples == len(within)
        values = [value for sample in within if (value := sample.values["load"]) is not None]
        spread = row.figures.get("load")
        assert (spread is None) == (not values)
        if spread is not None:
            assert (spread.count, spread.low, spread.high) == (len(values), min(values), max(values))
            assert math.isclose(spread.mean, math.fsum(values) / len(values), rel_tol=1e-9, abs_tol=1e-6)
    missing = [one for one in thinned if one.at_s // ROW_S not in {row.number for row in rows}]
    assert all(now_s - sample.at_s > KEPT_S - ROW_S for sample in missing)


def test_an_hour_at_one_reading_a_second_is_a_few_hundred_rows() -> None:
    history = History()
    for second in range(2 * 3600):
        history.add(Sample(second, float(second), {"load": 1.0}))
    assert len(history.samples()) == FINE_S + 1
    assert len(history.rows()) <= (KEPT_S - FINE_S) / ROW_S + 2


def test_a_viewer_gets_what_is_new_or_hears_that_something_of_it_is_thinned() -> None:
    history = History()
    for second in range(400):
        history.add(Sample(second, float(second), {"load": 1.0}))
    assert [sample.sequence for sample in history.samples(after=396)] == [397, 398, 399]
    assert history.reaches(396)
    assert history.reaches(98)  # 99 is the first that is kept as it is
    assert not history.reaches(97)
