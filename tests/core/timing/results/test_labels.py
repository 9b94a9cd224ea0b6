"""The machine in one line: what a result was measured on, and nothing that its record does not say."""

from __future__ import annotations

import pytest

from core.devices import environment, other
from core.timing.results.labels import environment_line


def test_a_record_without_gpus_says_nothing_of_them() -> None:
    assert environment_line({"cpu": "A CPU", "torch": "2.11"}) == "A CPU; torch 2.11"
    assert environment_line({"cpu": "A CPU", "gpus": []}) == "A CPU; no GPU listed"


def test_an_apple_gpu_is_among_the_gpus_of_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other, "mps_absent_because", lambda: None)
    assert environment()["gpus"][-1]["name"].endswith(" GPU")
