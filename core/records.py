"""Configs are frozen dataclasses; a record is the same thing as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any, TypeVar

from core.errors import InvalidRequest

Config = TypeVar("Config")


def to_record(config: Any) -> dict[str, Any]:
    """The config as a dict that JSON can carry (tuples become lists there)."""
    return asdict(config)


def from_record(kind: type[Config], record: Mapping[str, Any]) -> Config:
    """Rebuild a config from its record; the config's own checks run again.

    Raises InvalidRequest for a field that this kind of config does not have.
    """
    assert is_dataclass(kind)
    known = [field.name for field in fields(kind)]
    unknown = sorted(set(record) - set(known))
    if unknown:
        raise InvalidRequest(f"Unknown setting {unknown[0]!r}; the settings are {', '.join(known)}.")
    return kind(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}
    )
