"""Why a product is slower than the cores could be, in words."""

from __future__ import annotations

from core.timing.results.table import NOTABLE_LOAD

# A good float32 product reaches this fraction of what the cores can multiply and add; below it is explained.
GOOD_FRACTION = 0.85
# Sides shorter than this leave no time to reach the peak in.
_SHORT_SIDE = 1024


def explanation(
    gflops: float,
    fma_gflops: float,
    one_thread_share: float | None,
    sides: tuple[int, int],
    load: float | None,
) -> str | None:
    """Why the best float32 product is below 85% of the FMA peak, in words; None when it is not.

    one_thread_share is what one thread alone reaches of its FMA peak, None when it was not asked. sides are
    the shortest of the best product and the longest that was tried. load is what other programs used of the
    CPU meanwhile, in %.
    """
    fraction = gflops / fma_gflops
    if fraction >= GOOD_FRACTION:
        return None
    reasons = []
    if load is not None and load >= NOTABLE_LOAD:
        reasons.append(f"other programs used {load:.0f}% of the CPU meanwhile")
    if one_thread_share is not None and one_thread_share >= GOOD_FRACTION:
        reasons.append(
            f"one thread alone reaches {100 * one_thread_share:.0f}%, so threads wait for each other"
        )
    shortest, longest = sides
    if longest < _SHORT_SIDE:
        reasons.append(f"no side longer than {longest} was tried, too short to fill the cores")
    elif shortest < _SHORT_SIDE:
        reasons.append(
            f"the best product has a side of {shortest} only, and longer ones, up to {longest}, are slower"
        )
    if not reasons:
        reasons.append("torch's library for matrix products does no better on this processor")
    return f"{100 * fraction:.0f}% of the FMA peak: {'; '.join(reasons)}"
