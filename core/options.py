"""A setting that only one network or one data set has, as its registry entry declares it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidRequest

Value = bool | int | float | str


@dataclass(frozen=True)
class Option:
    """What a setting means, its usual value, and what it may be; its type is that of the usual value.

    low and high bound a number; choices are what a text may be, None for any text.
    """

    meaning: str
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None

    def check(self, name: str, given: Any) -> None:
        """Raise InvalidRequest, which says what is allowed, unless `given` can be this option's value."""
        if isinstance(self.default, bool):
            if not isinstance(given, bool):
                raise InvalidRequest(f"{name} {given!r} is not possible; it must be true or false.")
        elif isinstance(self.default, str):
            self._check_text(name, given)
        else:
            self._check_number(name, given)

    def _check_text(self, name: str, given: Any) -> None:
        if self.choices is not None and given not in self.choices:
            raise InvalidRequest(f"Unknown {name} {given!r}; choose from {', '.join(self.choices)}.")
        if not isinstance(given, str):
            raise InvalidRequest(f"{name} {given!r} is not possible; it must be a text.")

    def _check_number(self, name: str, given: Any) -> None:
        whole = isinstance(self.default, int)
        kinds = (int,) if whole else (int, float)
        number = isinstance(given, kinds) and not isinstance(given, bool) and math.isfinite(given)
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not number or not low <= given <= high:
            what = "a whole number" if whole else "a number"
            raise InvalidRequest(f"{name} {given!r} is not possible; it must be {what}{self._limits()}.")

    def _limits(self) -> str:
        if self.low is not None and self.high is not None:
            return f" from {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f" of at least {self.low:g}"
        return f" of at most {self.high:g}" if self.high is not None else ""


def check_options(options: Mapping[str, Option], given: Mapping[str, Any], of: str) -> None:
    """Raise InvalidRequest for an option that `of` does not have, or a value that an option cannot be."""
    for name, value in given.items():
        if name not in options:
            known = f"; choose from {', '.join(options)}" if options else ", which has none"
            raise InvalidRequest(f"Unknown option {name!r} of {of}{known}.")
        options[name].check(f"{name} of {of}", value)


def filled_in(options: Mapping[str, Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every option with its value: the given one, else the usual one."""
    return {name: given.get(name, option.default) for name, option in options.items()}
