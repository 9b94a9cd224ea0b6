"""Settings as text, `key=value`: how a command line sets any field of a config."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.errors import InvalidRequest
from core.options import Option


def from_texts(
    options: Mapping[str, Option],
    texts: Iterable[str],
    example: str = "epochs=5",
    of: str = "",
    aliases: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Values by name from texts such as "learning-rate=0.1" or "hidden=8,8"; lists are separated by commas.

    `example` and `of` (" of mlp") are for messages; aliases are older names of some options. Raises
    InvalidRequest for a text without "=", an unknown name, and a value of the wrong type.
    """
    found = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name:
            raise InvalidRequest(f"--set {text[:60]!r} is not possible; write key=value, such as {example}.")
        name = name.replace("-", "_")
        name = (aliases or {}).get(name, name)
        if name not in options:
            known = f"; choose from {', '.join(options)}" if options else ", which has none"
            raise InvalidRequest(f"Unknown setting {name[:60]!r}{of}{known}.")
        found[name] = options[name].parse(name, value)
    return found


def check_settings(options: Mapping[str, Option], config: Any) -> None:
    """Raise InvalidRequest for the first field of a config that its entry in the table does not allow."""
    for name, option in options.items():
        option.check(name, getattr(config, name))
