"""Settings of an experiment as text, `key=value`, as its command line takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

from core.errors import InvalidRequest


def from_texts(kind: type, texts: Iterable[str]) -> dict[str, Any]:
    """Fields of a config out of texts such as "steps=200" or "biases=0,-1"; lists are parted by commas.

    Raises InvalidRequest for a text without "=", an unknown field and a value of the wrong kind.
    """
    kinds = {field.name: str(field.type) for field in fields(kind)}
    found: dict[str, Any] = {}
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        key = key.replace("-", "_")
        if not equals:
            raise InvalidRequest(f"--set {text[:60]!r} is not possible; write key=value, such as seeds=4.")
        if key not in kinds:
            raise InvalidRequest(f"Unknown setting {key[:60]!r}; choose from {', '.join(kinds)}.")
        found[key] = _value(key, kinds[key], value)
    return found


def _value(key: str, kind: str, text: str) -> Any:
    parse = _float if "float" in kind else _int if "int" in kind else _text
    if kind.startswith("tuple"):
        return tuple(parse(key, part.strip()) for part in _parts(text) if part.strip())
    return parse(key, text)


def _parts(text: str) -> list[str]:
    """What commas part; those within parentheses belong to an expression such as max(x, 0)."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _int(key: str, text: str) -> int:
    return _number(key, int, "a whole number", text)


def _float(key: str, text: str) -> float:
    return _number(key, float, "a number", text)


def _text(key: str, text: str) -> str:
    return text


def _number(key: str, parse: Callable[[str], Any], what: str, text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        raise InvalidRequest(f"{key} {text[:60]!r} is not possible; it must be {what}.") from None
