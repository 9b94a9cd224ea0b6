"""Values as JSON records, and frozen dataclasses from records.

A class whose fields have changed since it was first stored has a VERSION, which its records contain, and an
upgrade(record), which turns a record of any version into one of the current version.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import InvalidRequest
from core.lazy import LazyModule

if TYPE_CHECKING:
    import numpy as np
else:
    np = LazyModule("numpy")  # neither configs nor --help need arrays

Value = TypeVar("Value")


def to_record(value: Any) -> dict[str, Any]:
    """The fields of a dataclass by name, as JSON values: tuples and arrays become lists."""
    record = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    version = getattr(value, "VERSION", None)
    return record if version is None else {"version": version} | record


def from_record(kind: type[Value], record: Mapping[str, Any]) -> Value:
    """Rebuild a value from its record, of whatever version; the checks of its class run again.

    Lists become tuples. Raises InvalidRequest for an unknown field.
    """
    assert is_dataclass(kind)
    upgrade = getattr(kind, "upgrade", None)
    given = upgrade(record) if upgrade else dict(record)
    if upgrade:
        del given["version"]
    known = [field.name for field in fields(kind)]
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InvalidRequest(f"Unknown setting {unknown[0]!r}; the settings are {', '.join(known)}.")
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})


def plain(value: Any) -> Any:
    """A value as JSON, recursively through mappings, sequences, arrays and dataclasses."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return to_record(value) if hasattr(value, "__dataclass_fields__") else value


@cache
def hints(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields, by name."""
    return typing.get_type_hints(kind)


def has_type(value: Any, hint: Any) -> bool:
    """Whether a JSON value has the type that a field is declared with; numbers are finite."""
    return type_check(hint)(value)


@cache
def type_check(hint: Any) -> Callable[[Any], bool]:
    """has_type() for one type, which is taken apart once: a large file has a million values."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return lambda value: True
    if origin in (typing.Union, types.UnionType):
        return _either([type_check(option) for option in inner])
    if hint is types.NoneType:
        return lambda value: value is None
    if hint is bool:
        return lambda value: isinstance(value, bool)
    if hint is int:
        return lambda value: isinstance(value, int) and not isinstance(value, bool) and _finite(value)
    if hint is float:
        return _is_number
    if origin is tuple:
        return _tuple_check(inner)
    if origin is not None and issubclass(origin, Mapping):
        item = type_check(inner[1])
        return lambda value: isinstance(value, dict) and all(map(item, value.values()))
    if is_dataclass(hint):
        return _dataclass_check(hint)
    return lambda value: isinstance(value, hint)


def _either(checks: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    if len(checks) == 2:
        first, second = checks
        return lambda value: first(value) or second(value)
    return lambda value: any(check(value) for check in checks)


def _tuple_check(inner: tuple[Any, ...]) -> Callable[[Any], bool]:
    if len(inner) == 2 and inner[1] is Ellipsis:
        item = type_check(inner[0])
        return lambda value: isinstance(value, list) and all(map(item, value))
    checks = [type_check(one) for one in inner]
    return lambda value: (
        isinstance(value, list)
        and len(value) == len(checks)
        and all(check(one) for check, one in zip(checks, value, strict=True))
    )


def _dataclass_check(hint: Any) -> Callable[[Any], bool]:
    known = hints(hint)  # checks come with the first value, since a dataclass may hold others of its kind
    return lambda value: (
        isinstance(value, dict) and all(type_check(known[key])(value.get(key)) for key in known)
    )


def _is_number(value: Any) -> bool:
    kind = type(value)
    if kind is float:
        return bool(value - value == 0.0)  # the fastest way to see that it is finite
    return isinstance(value, int | float) and kind is not bool and _finite(value)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        return False
