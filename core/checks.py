"""Checks of single values from a user: each raises InvalidRequest, which says what is allowed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from core.errors import InvalidRequest


def one_of(what: str, given: Any, allowed: Iterable[str], of: str = "") -> None:
    """Raise unless `given` is one of the allowed names; `of` follows it in the message (" of mlp")."""
    names = list(allowed)
    if given not in names:
        raise InvalidRequest(f"Unknown {what} {given!r}{of}; choose from {', '.join(names)}.")


def integer(what: str, given: Any, low: float | None = None, high: float | None = None) -> None:
    """Raise unless `given` is a whole number from low to high (None for no limit); a bool is not one."""
    whole = isinstance(given, int) and not isinstance(given, bool)
    if not whole or not _within(given, low, high):
        raise InvalidRequest(
            f"{what} {given!r} is not possible; it must be a whole number{_range(low, high)}."
        )


def number(what: str, given: Any, low: float | None = None, high: float | None = None) -> None:
    """Raise unless `given` is a finite number from low to high (None for no limit)."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    finite = is_number and (isinstance(given, int) or math.isfinite(given))
    if not finite or not _within(given, low, high):
        raise InvalidRequest(f"{what} {given!r} is not possible; it must be a number{_range(low, high)}.")


def truth(what: str, given: Any) -> None:
    """Raise unless `given` is True or False."""
    if not isinstance(given, bool):
        raise InvalidRequest(f"{what} {given!r} is not possible; it must be true or false.")


def text(what: str, given: Any) -> None:
    """Raise unless `given` is a text."""
    if not isinstance(given, str):
        raise InvalidRequest(f"{what} {given!r} is not possible; it must be a text.")


def mapping(what: str, given: Any) -> None:
    """Raise unless `given` is a mapping of values by name."""
    if not isinstance(given, Mapping):
        raise InvalidRequest(f"{what} {given!r} is not possible; it must be values by name.")


def _within(given: float, low: float | None, high: float | None) -> bool:
    return (low is None or low <= given) and (high is None or given <= high)


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {_plain(low)} to {_plain(high)}"
    if low is not None:
        return f" of at least {_plain(low)}"
    return "" if high is None else f" of at most {_plain(high)}"


def _plain(limit: float) -> str:
    return str(limit) if isinstance(limit, int) else f"{limit:g}"
