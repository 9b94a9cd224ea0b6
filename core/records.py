"""Values as JSON records, and frozen dataclasses from records.

A class whose fields have changed since it was first stored has a VERSION, which its records contain, and an
upgrade(record), which turns a record of any version into one of the current version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
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
