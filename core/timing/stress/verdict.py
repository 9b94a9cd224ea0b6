"""What a load says of its device. Numbers in, a rating and a sentence out."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from core.timing.quick_check.events import FAIR, GOOD, POOR, UNKNOWN
from core.timing.results.table import NOTABLE_LOAD
from core.timing.results.units import counted, flops_rate
from core.timing.stress.events import FAILED, TOO_HOT, StressSampled

# The first product against float64 is off by no more, of its largest element: some 30 times what rounding of
# operands and sums gives.
_ALLOWED = {"float64": 1e-12, "float32": 1e-4, "tf32": 2e-2, "bfloat16": 5e-2, "float16": 2e-2}
# Clocks rise and caches fill in the first seconds.
_SETTLING_S = 3.0
# What a rate may lose until the end. Turbo gives way to the sustained clock in the first minute, which costs
# some 10% where cooling is as it should be; a card at its power limit loses about as much.
_FAIR_LOSS, _POOR_LOSS = 0.10, 0.30
_CAUSES = {
    "throttled_by_power": "its power limit",
    "throttled_by_heat": "heat",
    "throttled_by_hardware": "a slow-down of its hardware",
}


def quarters(samples: Sequence[StressSampled]) -> tuple[float | None, float | None]:
    """Median rates of the first and of the last quarter, GFLOP/s; None for too few samples."""
    settled = [one.gflops for one in samples if one.at_s >= _SETTLING_S]
    if len(settled) < 4:
        return None, None
    part = len(settled) // 4
    return statistics.median(settled[:part]), statistics.median(settled[-part:])


def hottest(samples: Sequence[StressSampled]) -> float | None:
    """The highest temperature, °C; None where it is not reported."""
    known = [one.readings["temperature"].value for one in samples if "temperature" in one.readings]
    return max((value for value in known if value is not None), default=None)


def throttled_by(samples: Sequence[StressSampled]) -> Mapping[str, float]:
    """Causes of throttling in words, with the fraction of samples that had them."""
    found = {}
    for name, words in _CAUSES.items():
        times = sum(bool(one.readings[name].value) for one in samples if name in one.readings)
        if times:
            found[words] = times / len(samples)
    return found


def _others(samples: Sequence[StressSampled]) -> float:
    """What other programs used of the CPU on average, in %; 0 where the device does not tell."""
    known = [one.readings["others"].value for one in samples if "others" in one.readings]
    return statistics.mean([value for value in known if value is not None] or [0.0])


def judged(
    samples: Sequence[StressSampled],
    dtype: str,
    wrong: int,
    relative_error: float | None,
    stopped_by: str,
    failure: str | None,
    max_celsius: float,
) -> tuple[str, str]:
    """(rating, sentence): wrong results first, then what stopped it, then speed."""
    if relative_error is not None and relative_error > _ALLOWED[dtype]:
        return POOR, f"Already the first product is wrong: off by {relative_error:.1g} against float64."
    if wrong:
        return (
            POOR,
            f"It computes wrong results: {counted(wrong, 'element')} differed from the first product.",
        )
    if stopped_by == FAILED:
        return POOR, f"It failed under load: {failure}."
    if stopped_by == TOO_HOT:
        return POOR, f"It became as hot as {max_celsius:.0f} °C and was stopped."
    first, last = quarters(samples)
    if first is None or last is None:
        return UNKNOWN, "It ran for too short to say whether it keeps its speed; all results were right."
    loss = 1 - last / first
    rates = f"from {flops_rate(first)} to {flops_rate(last)}"
    causes = ", ".join(f"{words} in {part:.0%} of the time" for words, part in throttled_by(samples).items())
    because = f"; throttled by {causes}" if causes else ""
    if loss > _FAIR_LOSS and (others := _others(samples)) >= NOTABLE_LOAD:
        return UNKNOWN, (
            f"Its speed cannot be judged, since other programs used {others:.0f}% of the CPU: {rates}. All "
            "results were right."
        )
    if loss > _FAIR_LOSS:
        return POOR if loss > _POOR_LOSS else FAIR, f"It lost {loss:.0%} of its speed, {rates}{because}."
    kept = f"It kept its speed ({rates}), and all results were right{because}."
    return (FAIR if "heat" in because or "hardware" in because else GOOD), kept
