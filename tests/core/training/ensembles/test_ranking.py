"""A ranking calls a difference one only when it is more than luck."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.training.ensembles.events import RankedVariant
from core.training.ensembles.ranking import ranked


def ranking(final: dict[str, list[float | None]]) -> dict[str, RankedVariant]:
    places = ranked(final, dict.fromkeys(final, 1.0), dict.fromkeys(final, 0))
    return {place.variant: place for place in places}


def test_the_better_one_leads_and_the_worse_one_is_no_tie() -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, 32)
    places = ranking({"worse": list(0.90 + noise), "better": list(0.95 + noise[::-1])})
    assert list(places) == ["better", "worse"]
    assert not places["worse"].tied
    assert places["worse"].behind == pytest.approx(0.05, abs=0.01)


def test_equals_are_ties_nearly_always() -> None:
    """With intervals of 95%, one in twenty may be called different by luck; that is 10 of 200 on average."""
    generator = np.random.default_rng(1)
    different = 0
    for _ in range(200):
        places = ranking({name: list(generator.normal(0.9, 0.02, 24)) for name in "ab"})
        different += sum(not place.tied for place in places.values())
    assert different <= 20


def test_differences_are_taken_seed_by_seed() -> None:
    """Seeds differ by far more than the variants; within each seed the difference is plain."""
    seeds = np.random.default_rng(2).normal(0.5, 0.2, 16)
    places = ranking({"a": list(seeds), "b": list(seeds - 0.01)})
    assert places["b"].behind == pytest.approx(0.01)
    assert not places["b"].tied


def test_each_variant_has_its_interquartile_mean_and_how_probably_the_first_improves_on_it() -> None:
    generator = np.random.default_rng(3)
    final = {"a": list(generator.normal(0.92, 0.02, 16)), "b": list(generator.normal(0.9, 0.02, 16))}
    places = ranking(final)
    for name, place in places.items():
        assert place.iqm == pytest.approx(stats.trim_mean(final[name], 0.25))
        assert place.iqm_low < place.iqm < place.iqm_high
    assert places["a"].improvement is None
    u = stats.mannwhitneyu(final["a"], final["b"]).statistic
    assert places["b"].improvement == pytest.approx(u / 16**2)
    assert 0 <= places["b"].improvement_low < places["b"].improvement < places["b"].improvement_high <= 1


def test_a_network_that_learned_nothing_counts_as_worse_than_all() -> None:
    places = ranking({"good": [0.9] * 8, "luck": [0.95, *[None] * 4, 0.8, 0.8, 0.8], "broken": [None] * 8})
    assert places["luck"].iqm is None  # nothing is in the middle of such
    assert places["luck"].improvement == pytest.approx(7 / 8)
    assert places["broken"].improvement == 1


def test_too_few_seeds_make_no_certain_difference() -> None:
    places = ranking({"a": [0.9, 0.91], "b": [0.5, 0.51]})
    assert places["b"].tied
    assert places["b"].low is None
    assert (places["b"].iqm, places["b"].iqm_low) == (pytest.approx(0.505), None)
    assert (places["b"].improvement, places["b"].improvement_low) == (1, None)


def test_what_learned_nothing_is_last() -> None:
    places = ranking({"broken": [None] * 8, "poor": [0.1] * 8})
    assert list(places) == ["poor", "broken"]
    assert places["broken"].median is None
    assert not places["broken"].tied


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from("abcd"), st.just(None), min_size=1), st.integers(1, 12), st.integers())
def test_every_variant_is_ranked_once(names: dict[str, None], seeds: int, seed: int) -> None:
    generator = np.random.default_rng(abs(seed))
    final: dict[str, list[float | None]] = {name: list(generator.random(seeds)) for name in names}
    places = ranking(final)
    assert sorted(places) == sorted(names)
    medians = [place.median for place in places.values()]
    assert medians == sorted(medians, reverse=True)
