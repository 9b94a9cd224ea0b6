"""Are the verdicts on statements right where the truth is known?

    python benchmarks/statement_verdicts.py [--seeds 1000] [--json]

For each statement, numbers are planted in place of its measurements: far on the side that its claims state,
far on the other, and around the thresholds themselves. A planted truth must be supported and a planted
falsehood refuted with every seed; where there is no effect, at most 5 of 100 seeds may decide any claim.
Prints a table, or one JSON object a statement with --json; exits 1 when a promise is broken.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.experiments.overview.registry import STATEMENTS
from core.experiments.statement import ABOVE, BELOW, BETWEEN, EXACT, QUICK, WITHIN, Claim
from core.experiments.verdicts import REFUTED, SUPPORTED, judge_claim, together

SAMPLES = 24
MOST = 0.05  # share of seeds that may decide where nothing is there


def main() -> int:
    """Print a line a statement; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chance = 3 * math.sqrt(MOST * (1 - MOST) / options.seeds)  # three standard errors of the share itself
    broken = False
    if not options.json:
        print(f"{'statement':<24}{'claims':>7}{'truth':>8}{'falsehood':>11}{'decided where nothing is':>26}")
    for key, entry in STATEMENTS.items():
        claims = [claim for claim in entry.claims(entry.settings_of(QUICK, {})) if claim.counts]
        truth = _share(claims, _true_at, 0.05, options.seeds, SUPPORTED)
        falsehood = _share(claims, _false_at, 0.05, options.seeds, REFUTED)
        chances = [claim for claim in claims if claim.method != EXACT]
        decided = _decided(chances, options.seeds) if chances else 0.0
        broken |= truth < 1 or falsehood < 1 or decided > MOST + chance
        found = {"statement": key, "claims": len(claims), "truth": truth, "falsehood": falsehood}
        if options.json:
            print(json.dumps(found | {"decided": decided}))
        else:
            print(f"{key:<24}{len(claims):>7}{truth:>8.0%}{falsehood:>11.0%}{decided:>26.1%}")
    return int(broken)


def _share(
    claims: list[Claim], at: Callable[[Claim], float], spread: float, seeds: int, verdict: str
) -> float:
    """The share of seeds that come to this verdict on the statement."""
    random = np.random.default_rng(0)
    tries = range(max(1, seeds // 20))
    return sum(together(_verdicts(claims, at, spread, random)) == verdict for _ in tries) / len(tries)


def _decided(claims: list[Claim], seeds: int) -> float:
    """The share of seeds that decide any claim, whose numbers lie around its threshold."""
    random = np.random.default_rng(0)
    found = (_verdicts(claims, lambda claim: claim.threshold, 1.0, random) for _ in range(seeds))
    return sum(any(one in (SUPPORTED, REFUTED) for one in verdicts) for verdicts in found) / seeds


def _verdicts(
    claims: list[Claim], at: Callable[[Claim], float], spread: float, random: np.random.Generator
) -> list[str]:
    confidence = 1 - 0.05 / max(sum(claim.method != EXACT for claim in claims), 1)
    verdicts = []
    for claim in claims:
        values = random.normal(at(claim), spread * max(abs(claim.threshold), 1e-3), SAMPLES)
        numbers = {"planted": {seed: (value, value) for seed, value in enumerate(values.tolist())}}
        verdicts.append(judge_claim(replace(claim, of="planted", minus=""), numbers, confidence).verdict)
    return verdicts


def _true_at(claim: Claim) -> float:
    far = max(abs(claim.threshold), 1e-3)
    middle = (claim.threshold + claim.upper) / 2
    at = {WITHIN: 0.0, BETWEEN: middle, BELOW: claim.threshold - far}
    return at.get(claim.true_if, claim.threshold + far)


def _false_at(claim: Claim) -> float:
    far = max(abs(claim.threshold), 1e-3)
    outside = claim.threshold + far
    at = {ABOVE: claim.threshold - far, BELOW: outside, WITHIN: outside, BETWEEN: claim.upper + far}
    return at.get(claim.true_if, 0.0)


if __name__ == "__main__":
    sys.exit(main())
