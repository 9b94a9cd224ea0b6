"""Options: one entry for each option of a network or data set and for each setting of a config."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core import checks
from core.errors import InvalidRequest

TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Option:
    """One value that a user may choose; a check raises InvalidRequest, which says what is allowed."""

    help: str  # what it does, in one sentence or phrase
    default: Any = None  # for a setting of a config, the config has its default
    min: float | None = None  # of a number, or of each number of a list
    max: float | None = None
    choices: Mapping[str, Any] | tuple[str, ...] | None = None  # allowed texts, often keys of a registry
    kind: type | None = None  # bool, int, float, str or dict; by default, that of `default`
    many: bool = False  # whether it is a tuple of such values
    subset: bool = False  # whether it is a text of some of `choices`, one at least, with commas between
    former: Mapping[str, str] = field(default_factory=dict)  # texts of a subset in earlier versions, and now
    optional: bool = False  # whether it may be None, which is then its default
    none_words: tuple[str, ...] = ("none", "")  # what a person may write for None
    min_values: int = 0  # how many a tuple must have
    max_values: int | None = None  # how many it may have
    word: str = ""  # what a message calls a value, such as "size" of sizes; left out, the option's name

    @property
    def type(self) -> type:
        """bool, int, float, str or dict."""
        return self.kind or type(self.default)

    def check(self, name: str, given: Any) -> None:
        """Raise unless `given`, which the message calls `name`, can be this option's value."""
        if given is None and self.optional:
            return
        if self.subset:
            checks.text(name, given)
            self.members(name, given)
            return
        if not self.many:
            return self._check_one(self.word or name, given)
        if not isinstance(given, tuple):
            raise InvalidRequest(f"{name} {given!r} is not possible; it must be a list of values.")
        self._check_count(name, given)
        for value in given:
            self._check_one(self.word or name, value)

    def parse(self, name: str, text: str) -> Any:
        """The value of a text, by its type alone: check() says whether it is possible."""
        if self.optional and text.lower() in self.none_words:
            return None
        if self.subset:
            return ",".join(self.members(name, text))
        if not self.many:
            return self._parse_one(name, text)
        if text.lower() == "none":
            return ()
        return tuple(self._parse_one(name, part) for part in split_values(text))

    def members(self, name: str, text: str) -> tuple[str, ...]:
        """The choices in the text of a subset, in their own order.

        Raises InvalidRequest for others, and for none.
        """
        given = [part.strip() for part in self.former.get(text, text).split(",") if part.strip()]
        if not given:
            raise InvalidRequest(f"No {name} given; at least one is needed: {', '.join(self.choices or ())}.")
        for part in given:
            checks.one_of(self.word or name, part, self.choices or ())
        return tuple(choice for choice in self.choices or () if choice in given)

    def _check_count(self, name: str, given: tuple[Any, ...]) -> None:
        if not given and self.min_values == 1 and self.max_values is None:
            raise InvalidRequest(f"No {name} given; at least one is needed.")
        upper = math.inf if self.max_values is None else self.max_values
        if not self.min_values <= len(given) <= upper:
            allowed = f"{self.min_values} to {upper}" if self.max_values else f"at least {self.min_values}"
            raise InvalidRequest(f"{name} {given!r} is not possible; it must be a list of {allowed} values.")

    def _check_one(self, name: str, given: Any) -> None:
        if self.choices is not None:
            checks.one_of(name, given, self.choices)
        elif self.type is bool:
            checks.truth(name, given)
        elif self.type is str:
            checks.text(name, given)
        elif self.type is dict:
            checks.mapping(name, given)
        elif self.type is int:
            checks.integer(name, given, self.min, self.max)
        else:
            checks.number(name, given, self.min, self.max)

    def _parse_one(self, name: str, text: str) -> Any:
        if self.type is str:
            return text
        try:
            return TRUTHS[text.lower()] if self.type is bool else self.type(text)
        except (KeyError, ValueError):
            what = {bool: "true or false", int: "a whole number"}.get(self.type, "a number")
            raise InvalidRequest(f"{name} {text[:60]!r} is not possible; it must be {what}.") from None


def split_values(text: str) -> Iterator[str]:
    """The texts between commas; those within parentheses belong to an expression such as max(x, 0)."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += sign
    return (part.strip() for part in parts if part.strip())


def check_options(options: Mapping[str, Option], given: Mapping[str, Any], of: str) -> None:
    """Raise InvalidRequest for an option that `of` does not have, or a value that an option cannot be."""
    for name, value in given.items():
        if name not in options:
            known = f"; choose from {', '.join(options)}" if options else ", which has none"
            raise InvalidRequest(f"Unknown option {name!r} of {of}{known}.")
        options[name].check(f"{name} of {of}", value)


def filled_in(options: Mapping[str, Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every option with its value: the given one, else its default."""
    return {name: given.get(name, option.default) for name, option in options.items()}
