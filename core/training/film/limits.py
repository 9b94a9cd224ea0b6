"""How many frames a film has, by the size of its network; no torch."""

from __future__ import annotations

MAX_FRAMES, MIN_FRAMES = 130, 8
MAX_BYTES = 6 * 2**20  # of all frames together; the pictures beside them have their own bound


def frames_for(numbers: int) -> int:
    """How many frames of so many numbers a film may have; 0 where they would be too few for a film."""
    fit = min(MAX_FRAMES, MAX_BYTES // (4 * max(1, numbers)))
    return fit if fit >= MIN_FRAMES else 0
