"""Checks of single values that a person gave: each raises InvalidRequest, which says what is allowed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from core.errors import InvalidRequest


def one_of(what: str, given: Any, allowed: Iterable[str], of: str = "") -> None:
    """Raise unless `given` is one of the allowed names; `of` follows it in the message (" of mlp")."""
    names = list(allowed)
    if given not in names:
        raise InvalidRequest(f"Unknown {what} {given!r}{of}; choose from {', '.join(names)}.")


def integer(what: str, given: Any, low: int, high: int | None = None) -> None:
    """Raise unless `given` is a whole number from low to high (None for no upper limit); True is none."""
    whole = isinstance(given, int) and not isinstance(given, bool)
    if not whole or given < low or (high is not None and given > high):
        limits = f"of at least {low}" if high is None else f"from {low} to {high}"
        raise InvalidRequest(f"{what} {given!r} is not possible; it must be a whole number {limits}.")


def number(what: str, given: Any, low: float, high: float) -> None:
    """Raise unless `given` is a finite number from low to high."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
    if not is_number or not low <= given <= high:
        limits = f"{low:g}" if low == high else f"from {low:g} to {high:g}"
        raise InvalidRequest(f"{what} {given!r} is not possible; it must be {limits}.")
