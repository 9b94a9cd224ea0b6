"""The first GPU of this machine that torch can use, or why there is none."""

from __future__ import annotations

from core.torch_devices import unavailable_reason

KINDS = ("cuda:0", "mps", "xpu:0")


def first_gpu() -> tuple[str, str]:
    """torch's name of it and no reason, or no name and the reason."""
    reasons = [unavailable_reason(name) for name in KINDS]
    found = next((name for name, reason in zip(KINDS, reasons, strict=True) if reason is None), "")
    return found, "" if found else f"this machine has no GPU that torch can use: {reasons[0]}"
