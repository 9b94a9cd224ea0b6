"""Values as JSON records, and frozen dataclasses from records.

A class whose fields have changed since it was first stored has a VERSION, which its records contain, and an
upgrade(record), which turns a record of any version into one of the current version.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Mapping
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
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(has_type(value, option) for option in inner)
    if hint is types.NoneType:
        return value is None
    if hint is bool or isinstance(value, bool):
        return hint is bool and isinstance(value, bool)
    if hint in (int, float):
        return isinstance(value, int if hint is int else int | float) and _finite(value)
    if origin is tuple:
        return isinstance(value, list) and _items_have_types(value, inner)
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, dict) and all(has_type(item, inner[1]) for item in value.values())
    if is_dataclass(hint):
        known = hints(hint)  # type: ignore[arg-type]
        return isinstance(value, dict) and all(has_type(value.get(key), known[key]) for key in known)
    return isinstance(value, hint)


def _items_have_types(values: list[Any], inner: tuple[Any, ...]) -> bool:
    if len(inner) == 2 and inner[1] is Ellipsis:
        return all(has_type(value, inner[0]) for value in values)
    return len(values) == len(inner) and all(map(has_type, values, inner))


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        return False
