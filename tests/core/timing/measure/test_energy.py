"""Joules come from the best meter that there is, or there is a reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.devices import rapl
from core.timing.measure import energy
from tests.core.timing.simulated import Clock

# The NVML stand-in counts the energy of 400 W and shows a power of 654.321 W. There is no CUDA here, so torch
# is told that its GPUs are not NVIDIA's, and the device goes by its number.
ASK = """
import json, time, torch
torch.version.hip = "stand-in"
from core.timing.measure import conditions, energy
meter, finish = energy.meter("cuda:0"), conditions.observe("cuda:0")
time.sleep(0.3)
told, seen = meter.read(), finish()
print(json.dumps({
    "joules": told.joules, "source": told.source, "elapsed_s": told.elapsed_s, "reason": told.reason,
    "second": energy.meter("cuda:1").read().reason,
    "conditions": {**vars(seen), "elapsed_s": seen.elapsed_s},
}))
"""


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Any:
    stub = Path(__file__).parents[2] / "devices" / "nvml_stub.c"

    def told(*switches: str) -> dict[str, Any]:
        home = tmp_path_factory.mktemp("nvml")
        library = str(home / "libnvidia-ml.so.1")
        try:
            subprocess.run(["gcc", "-shared", "-fPIC", *switches, "-o", library, str(stub)], check=True)
        except FileNotFoundError:
            pytest.skip("gcc is not installed, so the stand-in for the NVIDIA library cannot be built")
        done = subprocess.run(
            [sys.executable, "-c", ASK],
            env={**os.environ, "LD_LIBRARY_PATH": str(home)},
            check=True,
            capture_output=True,
            text=True,
        )
        return json.loads(done.stdout)

    return told


def test_a_gpus_counter_and_its_conditions_are_read(ask: Any) -> None:
    told = ask()
    assert told["source"] == energy.COUNTER
    assert told["joules"] == pytest.approx(400 * told["elapsed_s"], rel=0.1)
    assert "Not Supported" in told["second"]
    seen = told["conditions"]
    assert seen["foreign_processes"] == 1  # the one that idles does not count
    assert "1 other program used the GPU" in seen["contamination"]
    assert seen["throttled_s"]["throttled_by_heat"] == pytest.approx(0.5 * seen["elapsed_s"], rel=0.2)
    assert "the clock was held down by heat" in seen["contamination"]
    assert seen["throttle_reasons"] == ["throttled_by_power"]
    assert (seen["clock_before_mhz"], seen["clock_after_mhz"], seen["temperature_c"]) == (1980, 1980, 61)
    assert seen["power_w"] == pytest.approx(654.321)


def test_without_a_counter_power_is_summed_over_time(ask: Any) -> None:
    told = ask("-DOLD")
    assert told["source"] == energy.POWER
    assert told["joules"] == pytest.approx(654.321 * told["elapsed_s"], rel=0.1)


def watts(power_w: float) -> Any:
    """A processor that draws this much, as RAPL counts it."""
    return lambda: {"intel-rapl:0": rapl.Counter("package-0", power_w * time.perf_counter() % 100, 100.0)}


def test_an_operation_costs_the_power_times_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock().put_into(monkeypatch)
    monkeypatch.setattr(rapl, "counters", watts(50.0))
    calls = 0

    def operation() -> None:
        nonlocal calls
        calls += 1
        clock.go_on(0.01)

    *_, cost = energy.per_operation(operation, "cpu", 0.01)
    assert cost.source == energy.PACKAGE
    assert cost.elapsed_s == pytest.approx(0.01)
    assert cost.joules == pytest.approx(0.5)
    assert 1.0 <= 0.01 * calls < 1.1


def test_where_there_is_no_meter_nothing_runs_and_the_reason_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> Any:
        raise LookupError("no counters here")

    monkeypatch.setattr(rapl, "counters", missing)
    calls: list[int] = []
    (told,) = energy.per_operation(lambda: calls.append(1), "cpu", 1e-3)
    assert (told.joules, told.source, told.reason) == (None, None, "not reported: no counters here")
    assert not calls
    assert "mps" in str(energy.meter("mps").read().reason)
