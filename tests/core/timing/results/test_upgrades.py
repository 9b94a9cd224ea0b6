"""Records of older versions get the names of today, and nothing else of them changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.timing.results.events import SCHEMA
from core.timing.results.upgrades import _UPGRADES, upgraded, with_names_of_the_field

STORED = Path(__file__).parent / "stored"


def test_there_is_an_upgrade_from_every_older_version() -> None:
    assert set(_UPGRADES) == set(range(1, SCHEMA))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"event": "dot", "gflops": 1.0}, {"event": "roofline_point", "gflops": 1.0}),
        (
            {"event": "memory_kept", "form": "one call", "other_bytes": 4.0},
            {"event": "memory_saved", "form": "fused", "other_bytes": 4.0},
        ),
        ({"event": "memory_kept", "form": "formula"}, {"event": "memory_saved", "form": "unfused"}),
        (
            {"event": "noise_measured", "disturbed": ["a"]},
            {"event": "noise_measured", "contamination": ["a"]},
        ),
        (
            {"event": "measurement_taken", "disturbed": ["a"], "conditions": {"contaminated": ["a"]}},
            {"event": "measurement_taken", "contamination": ["a"], "conditions": {"contamination": ["a"]}},
        ),
        (
            {"event": "measurement_taken", "workload": "host_to_device", "limit": "launch-bound"},
            {"event": "measurement_taken", "workload": "host_to_device", "limit": "link"},
        ),
        ({"event": "fused_compared", "verdict": "SAME"}, {"event": "fused_compared", "verdict": "SAME"}),
    ],
)
def test_version_2_gets_the_names_of_the_field(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert upgraded(before, 2) == after
    assert upgraded(after, SCHEMA) == after


def test_upgrading_twice_changes_nothing_more() -> None:
    for record in json.loads((STORED / "schema_2.json").read_text())["events"]:
        once = with_names_of_the_field(record)
        assert with_names_of_the_field(once) == once


def test_every_figure_of_version_2_is_there_after() -> None:
    for record in json.loads((STORED / "schema_2.json").read_text())["events"]:
        new = upgraded(record, 2)
        assert len(new) == len(record)
        assert [value for value in new.values() if isinstance(value, float)] == [
            value for value in record.values() if isinstance(value, float)
        ]


@pytest.mark.parametrize("broken", [None, 7, [], {}, {"event": 3}, {"event": "measurement_taken"}])
def test_what_is_no_record_is_left_to_the_checks(broken: Any) -> None:
    assert upgraded(broken, 1) == (broken | {"event": broken.get("event")} if broken == {} else broken)
