"""Each framework that is installed beside the tests does each piece of work as NumPy does in float64."""

from __future__ import annotations

import math
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from core.operator_settings import variable
from core.timing.frameworks.environment import Missing, look
from core.timing.frameworks.process import FrameworkProcess, RemoteWork, remote_timer
from core.timing.frameworks.registry import ENTRIES
from core.timing.frameworks.work.catalogue import TRAINING, WORKS

# What compiles for long waits for `make slow` and `make test-frameworks`.
SLOW = ("pytorch-compiled",)


def waited(steps: Generator[None, None, Any]) -> Any:
    """What a wait returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize(
    "key", [pytest.param(key, marks=pytest.mark.slow) if key in SLOW else key for key in ENTRIES]
)
def test_an_entry_agrees_with_numpy(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        variable("frameworks"), str(tmp_path)
    )  # no environment of their own: the tests' own one
    entry = ENTRIES[key]
    place = look([entry.library])[entry.library]
    if isinstance(place, Missing):
        pytest.skip(place.reason)
    process = FrameworkProcess(entry.library, entry.variant, place.python, 1, (), tmp_path)
    try:
        said = waited(process.ready())
        assert said["import_s"] >= 0
        assert said["works"]
        for work in said["works"]:
            first = waited(process.prepare(work, seed=0))
            assert max(first["errors"].values()) <= WORKS[work].tolerance, work
            learned = len(first["losses"]) > 1 and first["losses"][0] > first["losses"][-1]
            assert learned == (WORKS[work].step == TRAINING)
            assert 0 < remote_timer(RemoteWork(process, work), 2) < math.inf
    finally:
        process.end()
