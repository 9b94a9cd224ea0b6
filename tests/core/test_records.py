"""A JSON value has the type that a field is declared with, or it has not; many are checked as each alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from core.records import column_check, has_type


@dataclass(frozen=True)
class Reading:
    value: float | None
    unit: str
    before: Reading | None = None


SOUND: list[tuple[Any, list[Any]]] = [
    (Any, [None, 1, "text", []]),
    (bool, [True, False]),
    (int, [0, -3, 2**70]),
    (float, [0, 1.5, -2, 1e308]),
    (str, ["", "text"]),
    (float | None, [None, 1.5, 2]),
    (int | str | None, [None, 1, "text"]),
    (tuple[float, ...], [[], [1, 2.5]]),
    (tuple[float, float] | None, [None, [1, 2.5]]),
    (tuple[int, str], [[1, "text"]]),
    (tuple[tuple[int, ...], ...], [[], [[]], [[1], [2, 3]]]),
    (Mapping[str, float], [{}, {"a": 1, "b": 2.5}]),
    (Mapping[str, Any], [{}, {"a": [None]}]),
    (Reading, [{"value": None, "unit": "W"}, {"value": 1, "unit": "W", "before": {"value": 2, "unit": ""}}]),
]
WRONG: list[tuple[Any, list[Any]]] = [
    (bool, [None, 0, "true"]),
    (int, [None, True, 1.0, "1", 10**400]),
    (float, [None, False, "1", float("nan"), float("inf"), 10**400, [1.0]]),
    (str, [None, 1, ["text"]]),
    (float | None, [True, "1", float("nan")]),
    (int | str | None, [1.5, False, []]),
    (tuple[float, ...], [None, 1.0, [None], [1.0, "2"], [True], {"0": 1.0}]),
    (tuple[float, float] | None, [[1.0], [1.0, 2.0, 3.0], [1.0, None]]),
    (tuple[int, str], [[], ["text", 1]]),
    (tuple[tuple[int, ...], ...], [[1], [[1.5]]]),
    (Mapping[str, float], [None, [], {"a": None}, {"a": float("inf")}]),
    (Reading, [None, {}, {"value": 1}, {"value": 1, "unit": "W", "before": {"value": 2}}]),
]


@pytest.mark.parametrize(("hint", "values"), SOUND, ids=str)
def test_sound_values_are_so_alone_and_together(hint: Any, values: list[Any]) -> None:
    assert all(has_type(value, hint) for value in values)
    assert column_check(hint)(values)
    assert column_check(hint)([])


@pytest.mark.parametrize(("hint", "values"), WRONG, ids=str)
def test_one_wrong_value_is_found_alone_and_among_sound_ones(hint: Any, values: list[Any]) -> None:
    sound = {str(kind): found for kind, found in SOUND}[str(hint)]
    for value in values:
        assert not has_type(value, hint)
        assert not column_check(hint)([*sound, value, *sound])
