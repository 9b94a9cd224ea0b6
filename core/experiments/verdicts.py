"""Verdicts by rule, from intervals and never from a point.

A claim is supported where the whole interval of its number lies on the side that it states, refuted where it
lies wholly on the other, and unsure else. Intervals are corrected for the number of claims of a statement
(Bonferroni), so that all of them hold together with 95%. A statement depends on a condition where two of its
claims, each by itself certain, say opposite things. A claim that this machine cannot measure has no part in
the verdict, unless no other claim counts.

A run that was capped is an interval of its own, from what it reached to infinity; a median is bounded by the
order statistics of the lower and of the upper ends, which needs no assumption on what lies beyond the cap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.experiments.statement import ABOVE, BELOW, CORRECTED_T, EXACT, OUTSIDE, Claim
from core.statistics import corrected_t_interval, median_bounds

SUPPORTED, REFUTED, DEPENDS, UNSURE = "supported", "refuted", "depends", "unsure"
NOT_MEASURED = "not measured here"
VERDICTS = (SUPPORTED, REFUTED, DEPENDS, UNSURE, NOT_MEASURED)

CONFIDENCE = 0.95  # of all claims of a statement together

# What was measured: by observable and seed, the lowest and the highest that the number can be.
Numbers = Mapping[str, Mapping[int, tuple[float, float]]]


@dataclass(frozen=True)
class Judgement:
    """A claim with its number, the interval and the verdict on it. An infinite end is None."""

    says: str
    condition: str
    value: str
    true_if: str
    threshold: float
    counts: bool
    unit: str
    format: str
    samples: int
    estimate: float | None
    low: float | None
    high: float | None
    confidence: float  # of this interval
    verdict: str
    reason: str = ""  # why it was not measured here


def judge(
    claims: Sequence[Claim], numbers: Numbers, not_measured: Mapping[str, str] | None = None
) -> tuple[str, tuple[Judgement, ...]]:
    """The verdict on a statement, and on each of its claims.

    not_measured: the observables that this machine cannot measure, and why.
    """
    reasons = [_unmeasured(claim, not_measured or {}) for claim in claims]
    measured = [claim for claim, reason in zip(claims, reasons, strict=True) if not reason]
    uncertain = sum(claim.method != EXACT for claim in measured)
    confidence = 1 - (1 - CONFIDENCE) / max(uncertain, 1)
    judgements = tuple(
        replace(judge_claim(claim, {}, confidence), verdict=NOT_MEASURED, reason=reason)
        if reason
        else judge_claim(claim, numbers, confidence)
        for claim, reason in zip(claims, reasons, strict=True)
    )
    return together([one.verdict for one in judgements if one.counts]), judgements


def _unmeasured(claim: Claim, not_measured: Mapping[str, str]) -> str:
    """Why this machine cannot measure what a claim is of; empty where it can."""
    return not_measured.get(claim.of, "") or not_measured.get(claim.minus, "")


def together(verdicts: Sequence[str]) -> str:
    """One verdict from those of the claims that count."""
    if SUPPORTED in verdicts and REFUTED in verdicts:
        return DEPENDS
    agreed = set(verdicts) - {NOT_MEASURED} or set(verdicts)
    return agreed.pop() if len(agreed) == 1 else UNSURE


def judge_claim(claim: Claim, numbers: Numbers, confidence: float = CONFIDENCE) -> Judgement:
    """The verdict on one claim by an interval of this confidence."""
    samples = _samples(claim, numbers)
    estimate, low, high = _interval(claim, samples, confidence)
    return Judgement(
        says=claim.says,
        condition=claim.condition,
        value=claim.value,
        true_if=claim.true_if,
        threshold=claim.threshold,
        counts=claim.counts,
        unit=claim.unit,
        format=claim.format,
        samples=len(samples),
        estimate=_finite(estimate),
        low=_finite(low),
        high=_finite(high),
        confidence=1.0 if claim.method == EXACT else confidence,
        verdict=_verdict(claim, low, high),
    )


def _samples(claim: Claim, numbers: Numbers) -> list[tuple[float, float]]:
    """The claim's number of each seed that has it, each as what it may be: (lowest, highest)."""
    of = numbers.get(claim.of, {})
    if not claim.minus:
        return [*of.values()]
    other = numbers.get(claim.minus, {})
    both = [(of[seed], other[seed]) for seed in of if seed in other]
    # A capped run less another capped run may be anything.
    return [(mine[0] - theirs[1], mine[1] - theirs[0]) for mine, theirs in both]


def _interval(
    claim: Claim, samples: list[tuple[float, float]], confidence: float
) -> tuple[float, float, float]:
    """Estimate, low and high."""
    if not samples:
        return math.nan, -math.inf, math.inf
    lows, highs = zip(*samples, strict=True)
    if claim.method == CORRECTED_T:
        return corrected_t_interval(lows, claim.test_by_train, confidence)
    if claim.method == EXACT:
        return lows[0], min(lows), max(highs)
    return median_bounds(lows, highs, confidence)


def _verdict(claim: Claim, low: float, high: float) -> str:
    edge = claim.threshold
    if claim.true_if in (ABOVE, BELOW):
        holds, fails = low > edge, high < edge
        if claim.method == EXACT:  # a count that equals its threshold is decided
            holds = low >= edge
        if claim.true_if == BELOW:
            holds, fails = high < edge, low > edge
            if claim.method == EXACT:
                holds = high <= edge
    else:
        outside, within = low > edge or high < -edge, -edge <= low and high <= edge
        holds, fails = (outside, within) if claim.true_if == OUTSIDE else (within, outside)
    if holds:
        return SUPPORTED
    return REFUTED if fails else UNSURE


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
