"""Values as JSON records, and frozen dataclasses from records.

A class whose fields have changed since it was first stored has a VERSION, which its records contain, and an
upgrade(record), which turns a record of any version into one of the current version.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import chain
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
    return column_check(hint)((value,))


@cache
def column_check(hint: Any) -> Callable[[Sequence[Any]], bool]:
    """Whether each of many values has this type, as has_type() says it of one.

    A large file has a million values: the set of their types is found, and they are compared, without a call
    in Python for each.
    """
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return lambda values: True
    if origin in (typing.Union, types.UnionType):
        return _either_check(inner)
    if hint in (int, float):
        return lambda values: _are_numbers(values, (int,) if hint is int else (int, float))
    if origin is tuple:
        return _tuple_check(inner)
    if origin is not None and issubclass(origin, Mapping):
        item = column_check(inner[1])
        return lambda values: _are(values, dict) and item(list(chain.from_iterable(map(dict.values, values))))
    if is_dataclass(hint):
        return _dataclass_check(hint)
    return lambda values: _are(values, hint)


def _are(values: Sequence[Any], kind: Any) -> bool:
    return all(issubclass(found, kind) for found in set(map(type, values)))


def _are_numbers(values: Sequence[Any], kinds: tuple[type, ...]) -> bool:
    found = set(map(type, values))
    if bool in found or not all(issubclass(kind, kinds) for kind in found):
        return False
    try:
        return all(map(math.isfinite, values))
    except OverflowError:  # an integer that no float can hold
        return False


def _either_check(options: Sequence[Any]) -> Callable[[Sequence[Any]], bool]:
    """Most values are None or of one type, so that only a mixture is looked at value by value."""
    optional = types.NoneType in options
    checks = [column_check(option) for option in options if option is not types.NoneType]

    def check(values: Sequence[Any]) -> bool:
        rest = [value for value in values if value is not None] if optional else values
        if not rest or any(check(rest) for check in checks):
            return True
        return len(checks) > 1 and all(any(check((value,)) for check in checks) for value in rest)

    return check


def _tuple_check(inner: tuple[Any, ...]) -> Callable[[Sequence[Any]], bool]:
    if len(inner) == 2 and inner[1] is Ellipsis:
        item = column_check(inner[0])
        return lambda values: _are(values, list) and item(list(chain.from_iterable(values)))
    checks = [column_check(one) for one in inner]
    return lambda values: (
        _are(values, list)
        and all(len(value) == len(checks) for value in values)
        and all(check([value[place] for value in values]) for place, check in enumerate(checks))
    )


def _dataclass_check(hint: Any) -> Callable[[Sequence[Any]], bool]:
    known = hints(hint)  # checks come with the first value, since a dataclass may hold others of its kind
    return lambda values: (
        not values
        or (
            _are(values, dict)
            and all(column_check(known[key])([value.get(key) for value in values]) for key in known)
        )
    )
