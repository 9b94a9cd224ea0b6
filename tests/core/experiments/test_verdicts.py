"""Verdicts: planted truths and falsehoods are found, and where nothing is there nothing is claimed."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.experiments.overview.registry import STATEMENTS
from core.experiments.statement import (
    ABOVE,
    BELOW,
    BETWEEN,
    CORRECTED_T,
    EXACT,
    FULL,
    OUTSIDE,
    QUICK,
    WITHIN,
    Claim,
)
from core.experiments.verdicts import (
    DEPENDS,
    NOT_MEASURED,
    REFUTED,
    SUPPORTED,
    UNSURE,
    VERDICTS,
    judge,
    judge_claim,
    together,
)
from core.statistics import corrected_t_interval, median_bounds

ONE = Claim(says="it is large", condition="always", value="its size", of="size", threshold=1.0)
SIDES = (ABOVE, BELOW, OUTSIDE, WITHIN)


def numbers(*values: float, at_least: bool = False) -> dict[str, dict[int, tuple[float, float]]]:
    return {"size": {seed: (value, math.inf if at_least else value) for seed, value in enumerate(values)}}


def claim(**changes: object) -> Claim:
    return Claim(**{**vars(ONE), **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("side", "values", "verdict"),
    [
        (ABOVE, [2.0, 3.0], SUPPORTED),
        (ABOVE, [-3.0, 0.5], REFUTED),
        (BELOW, [2.0, 3.0], REFUTED),
        (BELOW, [-3.0, 0.5], SUPPORTED),
        (OUTSIDE, [2.0, 3.0], SUPPORTED),
        (OUTSIDE, [-3.0, -2.0], SUPPORTED),
        (OUTSIDE, [-0.9, 0.9], REFUTED),
        (WITHIN, [-0.9, 0.9], SUPPORTED),
        (WITHIN, [-3.0, -2.0], REFUTED),
        (ABOVE, [0.0, 2.0], UNSURE),
        (OUTSIDE, [0.0, 2.0], UNSURE),
        (WITHIN, [-2.0, 2.0], UNSURE),
    ],
)
def test_a_verdict_says_on_which_side_the_whole_interval_lies(
    side: str, values: list[float], verdict: str
) -> None:
    found = judge_claim(claim(true_if=side), numbers(*np.linspace(*values, 12)))
    assert found.verdict == verdict
    assert found.samples == 12


def test_a_few_seeds_decide_nothing_however_far_they_lie() -> None:
    assert judge_claim(ONE, numbers(*[100.0] * 5)).verdict == UNSURE
    assert judge_claim(ONE, numbers(*[100.0] * 6)).verdict == SUPPORTED
    assert judge_claim(ONE, {}).verdict == UNSURE


def test_intervals_of_many_claims_are_wider_than_that_of_one() -> None:
    values = numbers(*np.random.default_rng(0).normal(0, 1, 40))
    _, alone = judge([ONE], values)
    _, many = judge([ONE] * 8, values)
    assert many[0].confidence == pytest.approx(1 - 0.05 / 8)
    assert None not in (many[0].low, alone[0].low, many[0].high, alone[0].high)
    assert many[0].low < alone[0].low < alone[0].high < many[0].high  # type: ignore[operator]


def test_a_count_needs_no_seeds_and_decides_at_its_threshold() -> None:
    exact = claim(method=EXACT)
    assert judge_claim(exact, numbers(1.0)).verdict == SUPPORTED
    assert judge_claim(exact, numbers(0.99)).verdict == REFUTED
    assert judge_claim(claim(method=EXACT, true_if=BELOW), numbers(1.0)).verdict == SUPPORTED


def test_opposite_verdicts_that_are_certain_make_it_depend() -> None:
    assert together([SUPPORTED, REFUTED, UNSURE]) == DEPENDS
    assert together([SUPPORTED, SUPPORTED]) == SUPPORTED
    assert together([REFUTED]) == REFUTED
    assert together([SUPPORTED, UNSURE]) == UNSURE
    assert together([]) == UNSURE


def test_a_claim_beside_the_verdict_does_not_change_it() -> None:
    values = numbers(*[2.0] * 12)
    control = claim(true_if=BELOW, counts=False)
    assert judge([ONE, control], values)[0] == SUPPORTED
    assert judge([ONE, claim(true_if=BELOW)], values)[0] == DEPENDS


def test_differences_are_paired_over_seeds_that_both_have() -> None:
    spread = np.random.default_rng(0).normal(0, 100, 12)
    both = {
        "size": {seed: (x + 2, x + 2) for seed, x in enumerate(spread)},
        "other": {seed: (x, x) for seed, x in enumerate(spread)} | {99: (1e9, 1e9)},
    }
    found = judge_claim(claim(minus="other"), both)
    assert (found.verdict, found.samples) == (SUPPORTED, 12)
    assert found.estimate == pytest.approx(2)


def test_a_capped_run_counts_as_its_cap_or_more() -> None:
    capped = {"size": {seed: (5.0, math.inf if seed % 2 else 5.0) for seed in range(12)}}
    found = judge_claim(ONE, capped)
    assert (found.verdict, found.low, found.high) == (SUPPORTED, 5.0, None)
    assert judge_claim(claim(true_if=BELOW, threshold=9.0), capped).verdict == UNSURE


def test_two_capped_runs_may_differ_by_anything() -> None:
    capped = {name: dict.fromkeys(range(12), (9.0, math.inf)) for name in ("size", "other")}
    assert judge_claim(claim(minus="other"), capped).verdict == UNSURE


def test_the_corrected_t_is_that_of_nadeau_and_bengio() -> None:
    differences = np.array([0.02, 0.05, -0.01, 0.04, 0.03, 0.02, 0.06, 0.01])
    mean, low, high = corrected_t_interval(differences, test_by_train=0.25)
    t = mean / math.sqrt((1 / 8 + 0.25) * differences.var(ddof=1))
    p = 2 * stats.t.sf(abs(t), 7)
    assert mean == pytest.approx(differences.mean())
    assert (low > 0) == (p < 0.05)
    again = stats.t.interval(0.95, 7, mean, math.sqrt((1 / 8 + 0.25) * differences.var(ddof=1)))
    assert (low, high) == pytest.approx(again)
    assert judge_claim(
        claim(method=CORRECTED_T, threshold=0.0, test_by_train=0.25), numbers(*differences)
    ).verdict


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.sampled_from([0.8, 0.95, 0.999]))
def test_bounds_of_a_median_are_the_order_statistics_of_the_sign_test(
    values: list[float], confidence: float
) -> None:
    median, low, high = median_bounds(values, values, confidence)
    assert median == pytest.approx(np.median(values))
    ordered, n = sorted(values), len(values)
    # The largest k whose tail under a fair coin, twice, is no more than what may be missed.
    ranks = [k for k in range(1, n // 2 + 1) if 2 * stats.binom.cdf(k - 1, n, 0.5) <= 1 - confidence + 1e-12]
    if not ranks:
        assert (low, high) == (-math.inf, math.inf)
    else:
        assert (low, high) == (ordered[ranks[-1] - 1], ordered[n - ranks[-1]])


def test_thousands_of_samples_have_bounds_near_those_of_the_normal_distribution() -> None:
    values = np.arange(1, 5001)
    median, low, high = median_bounds(values, values)
    reach = 1.96 * math.sqrt(5000) / 2
    assert median == 2500.5
    assert low == pytest.approx(2500 - reach, abs=2)
    assert high == pytest.approx(2501 + reach, abs=2)


def planted(claims: tuple[Claim, ...], at: Callable[[Claim], float], spread: float, seed: int) -> str:
    """The verdict where the number of each claim lies around at(claim), with a spread in its own scale."""
    random = np.random.default_rng(seed)
    verdicts = []
    uncertain = sum(one.method != EXACT for one in claims)
    for one in claims:
        scale = spread * max(abs(one.threshold), 1e-3)
        values = random.normal(at(one), scale, 24)
        own = Claim(**{**vars(one), "of": "size", "minus": ""})
        verdicts.append(judge_claim(own, numbers(*values), 1 - 0.05 / max(uncertain, 1)).verdict)
    return together([verdict for one, verdict in zip(claims, verdicts, strict=True) if one.counts])


def true_at(one: Claim) -> float:
    """A number far on the side that a claim states."""
    far = max(abs(one.threshold), 1e-3)
    return {
        ABOVE: one.threshold + far,
        BELOW: one.threshold - far,
        OUTSIDE: one.threshold + far,
        WITHIN: 0.0,
        BETWEEN: (one.threshold + one.upper) / 2,
    }[one.true_if]


def false_at(one: Claim) -> float:
    """A number far on the other side."""
    far = max(abs(one.threshold), 1e-3)
    return {
        ABOVE: one.threshold - far,
        BELOW: one.threshold + far,
        OUTSIDE: 0.0,
        WITHIN: one.threshold + far,
        BETWEEN: one.upper + far,
    }[one.true_if]


ENTRIES = [*product(STATEMENTS, (QUICK, FULL))]


@pytest.mark.parametrize(("key", "effort"), ENTRIES)
def test_each_statement_finds_a_planted_truth_and_a_planted_falsehood(key: str, effort: str) -> None:
    entry = STATEMENTS[key]
    claims = tuple(one for one in entry.claims(entry.settings_of(effort, {})) if one.counts)
    assert claims, "nothing decides on it"
    assert planted(claims, true_at, 0.05, seed=0) == SUPPORTED
    assert planted(claims, false_at, 0.05, seed=0) == REFUTED
    if len(claims) > 1:
        half = {id(one): true_at(one) if n % 2 else false_at(one) for n, one in enumerate(claims)}
        assert planted(claims, lambda one: half[id(one)], 0.05, seed=0) == DEPENDS


@pytest.mark.slow
@pytest.mark.parametrize("key", STATEMENTS)
def test_where_there_is_no_effect_hardly_any_seed_claims_one(key: str) -> None:
    """Numbers around the thresholds themselves: with at most 5 of 100 seeds a claim is decided.

    Of several claims one that is decided is enough; that is what the correction for their number is for.
    """
    entry = STATEMENTS[key]
    claims = [one for one in entry.claims(entry.settings_of(QUICK, {})) if one.method != EXACT]
    if not claims:
        pytest.skip("a count has no chance in it")
    confidence = 1 - 0.05 / len(claims)
    random = np.random.default_rng(0)
    decided = 0
    for _ in range(1000):
        verdicts = [
            judge_claim(
                Claim(**{**vars(one), "of": "size", "minus": ""}),
                numbers(*random.normal(one.threshold, 1, 12)),
                confidence,
            ).verdict
            for one in claims
        ]
        decided += any(verdict in (SUPPORTED, REFUTED) for verdict in verdicts)
    assert decided <= 0.05 * 1000 + 3 * math.sqrt(1000 * 0.05 * 0.95)


def test_every_verdict_has_its_word() -> None:
    assert {SUPPORTED, REFUTED, DEPENDS, UNSURE, NOT_MEASURED} == set(VERDICTS)
