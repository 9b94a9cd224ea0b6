"""A claim that a machine cannot measure is left out of the verdict, with its reason."""

from __future__ import annotations

from core.experiments.statement import EXACT, Claim
from core.experiments.verdicts import NOT_MEASURED, SUPPORTED, judge

CPU = Claim("the CPU does it", "CPU", "share", of="cpu")
GPU = Claim("the GPU does it", "GPU", "share", of="gpu")
REASON = {"gpu": "there is no GPU"}
NUMBERS = {"cpu": dict.fromkeys(range(6), (1.0, 1.0))}


def test_other_claims_decide() -> None:
    verdict, (cpu, gpu) = judge((CPU, GPU), NUMBERS, REASON)
    assert verdict == cpu.verdict == SUPPORTED
    assert (gpu.verdict, gpu.reason) == (NOT_MEASURED, "there is no GPU")


def test_what_is_not_measured_does_not_widen_the_intervals_of_the_others() -> None:
    _, (cpu, _) = judge((CPU, GPU), NUMBERS, REASON)
    assert cpu.confidence == 0.95


def test_without_any_other_claim_the_statement_is_not_measured() -> None:
    control = Claim("a control", "CPU", "share", of="cpu", counts=False, method=EXACT)
    verdict, _ = judge((GPU, control), NUMBERS, REASON)
    assert verdict == NOT_MEASURED
