"""Asking a driver: whatever a call raises or says, it costs that one figure, and the reason is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from core.devices.reading import Reading, by_name, not_reported

# The unit of a figure, and how it is read from a device's handle.
Ask = tuple[str, Callable[[Any], float]]


def asked(ask: Callable[..., Any], *arguments: Any) -> Any:
    """What a driver answers. Raises LookupError, with the reason, for whatever its bindings raise."""
    try:
        return ask(*arguments)
    except Exception as error:  # of a driver that is broken, odd or newer, too
        raise LookupError(in_words(error)) from None


def fact(ask: Callable[..., Any], *arguments: Any) -> Any:
    """What a driver answers, or None."""
    try:
        return asked(ask, *arguments)
    except LookupError:
        return None


def text(ask: Callable[..., str | bytes], *arguments: Any) -> str:
    """A text of a driver, without what is not UTF-8 (names that are not have been seen); else empty."""
    try:
        found = ask(*arguments)
        raw = found if isinstance(found, bytes) else found.encode()
    except UnicodeDecodeError as error:  # bindings decode by themselves
        raw = error.object
    except Exception:  # as above
        return ""
    return "".join(filter(str.isprintable, raw.decode(errors="ignore"))).strip()


def read(handle: Callable[[], Any], asks: Mapping[str, Ask]) -> dict[str, Reading]:
    """Each figure of a device, or the reason why there is none; handle() gives the device's handle."""
    try:
        found = asked(handle)
    except LookupError as error:
        return unread(asks, in_words(error))
    return by_name(*(_reading(name, unit, partial(ask, found)) for name, (unit, ask) in asks.items()))


def unread(asks: Mapping[str, Ask], why: str) -> dict[str, Reading]:
    """No figure at all, for one reason."""
    return by_name(*(not_reported(name, unit, why) for name, (unit, _) in asks.items()))


def in_words(error: Exception) -> str:
    """An error in one line."""
    if isinstance(error, UnicodeDecodeError):
        return "the driver's text is not UTF-8"
    try:
        words = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
    except Exception:  # a driver is asked for the words of its errors, too
        words = ""
    return (words.strip() or type(error).__name__).splitlines()[0]


def _reading(name: str, unit: str, ask: Callable[[], float]) -> Reading:
    try:
        return Reading(name, asked(ask), unit)
    except LookupError as error:
        return not_reported(name, unit, in_words(error))
