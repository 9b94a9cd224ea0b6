"""Results as arrays and JSON, which the store keeps, and back: reading them runs no code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

KIND = "kind"


def pack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """The value as JSON; its arrays are added to `arrays`, under numbers that stand in their places.

    Of dataclasses, named tuples, tuples, lists, mappings with texts for keys, arrays and plain values.
    """
    if isinstance(value, np.ndarray):
        arrays[str(len(arrays))] = value
        return {KIND: "array", "number": str(len(arrays) - 1)}
    if isinstance(value, np.generic):
        return value.item()
    if is_dataclass(value) and not isinstance(value, type):
        given = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        return {KIND: type(value).__name__, "of": {name: pack(one, arrays) for name, one in given.items()}}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        of = {name: pack(one, arrays) for name, one in value._asdict().items()}
        return {KIND: type(value).__name__, "of": of}
    if isinstance(value, Mapping):
        return {KIND: "mapping", "of": {name: pack(one, arrays) for name, one in value.items()}}
    if isinstance(value, tuple | list):
        return {KIND: type(value).__name__, "of": [pack(one, arrays) for one in value]}
    return value


def unpack(packed: Any, arrays: Mapping[str, np.ndarray], classes: Iterable[type]) -> Any:
    """What pack() was given. classes: the dataclasses and named tuples that may be in it."""
    known = {cls.__name__: cls for cls in classes}

    def back(one: Any) -> Any:
        if not isinstance(one, dict):
            return one
        kind, of = one[KIND], one.get("of", ())
        if kind == "array":
            return arrays[one["number"]]
        if kind in ("tuple", "list"):
            several = [back(part) for part in of]
            return tuple(several) if kind == "tuple" else several
        parts = {name: back(part) for name, part in of.items()}
        return parts if kind == "mapping" else known[kind](**parts)

    return back(packed)
