"""Joules come from the best meter that there is, or there is a reason."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.devices import rapl
from core.timing.measure import energy
from tests.core.devices.stand_ins import library
from tests.core.timing.simulated import Clock

# The NVML stand-in counts the energy of 400 W and shows a power of 654.321 W. There is no CUDA here, so torch
# is given the UUIDs of its GPUs.
ASK = """
import json, time, torch
from types import SimpleNamespace
uuids = [f"{half}0000-1111-2222-3333-444455556666" for half in ("aaaa", "bbbb")]
torch.cuda.get_device_properties = lambda name: SimpleNamespace(uuid=uuids[torch.device(name).index])
from core.timing.measure import conditions, energy
meter, finish = energy.meter("cuda:0"), conditions.observe("cuda:0")
time.sleep(0.3)
answer, seen = meter.read(), finish()
print(json.dumps({
    "joules": answer.joules, "source": answer.source, "elapsed_s": answer.elapsed_s, "reason": answer.reason,
    "second": energy.meter("cuda:1").read().reason,
    "conditions": {**vars(seen), "elapsed_s": seen.elapsed_s},
}))
"""


def ask(*switches: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**os.environ, "LD_LIBRARY_PATH": library(*switches)},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def test_a_gpus_counter_and_its_conditions_are_read() -> None:
    answer = ask()
    assert answer["source"] == energy.COUNTER
    assert answer["joules"] == pytest.approx(400 * answer["elapsed_s"], rel=0.1)
    assert "Not Supported" in answer["second"]
    seen = answer["conditions"]
    assert seen["foreign_processes"] == 1  # the one that idles does not count
    assert "1 other program used the GPU" in seen["contamination"]
    assert seen["throttled_s"]["throttled_by_heat"] == pytest.approx(0.5 * seen["elapsed_s"], rel=0.2)
    assert "the clock was held down by heat" in seen["contamination"]
    assert seen["throttle_reasons"] == ["throttled_by_power"]
    assert (seen["clock_before_mhz"], seen["clock_after_mhz"], seen["temperature_c"]) == (1980, 1980, 61)
    assert seen["power_w"] == pytest.approx(654.321)


@pytest.mark.slow  # simulated_gpu/inside/test_older_driver.py holds that too
def test_without_a_counter_power_is_summed_over_time() -> None:
    answer = ask("-DOLD")
    assert answer["source"] == energy.POWER
    assert answer["joules"] == pytest.approx(654.321 * answer["elapsed_s"], rel=0.1)


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
    assert cost.interval_j == pytest.approx((0.5, 0.5))
    assert 2.0 <= 0.01 * calls < 2.5  # twenty steps of the counter


def coarse(power_w: Callable[[float], float], renewed_s: float) -> Callable[[], dict[str, rapl.Counter]]:
    """A counter of a power that changes with time, shown anew every so many seconds."""

    def read() -> dict[str, rapl.Counter]:
        shown_s = time.perf_counter() // renewed_s * renewed_s
        steps = np.linspace(0, shown_s, 2000)
        joules = float(np.trapezoid([power_w(at_s) for at_s in steps], steps))
        return {"intel-rapl:0": rapl.Counter("package-0", joules, 1e9)}

    return read


@pytest.mark.parametrize("renewed_s", [0.001, 0.1, 0.5])
def test_a_cost_has_a_spread_that_holds_the_truth_however_coarse_the_counter(
    monkeypatch: pytest.MonkeyPatch, renewed_s: float
) -> None:
    clock = Clock().put_into(monkeypatch)
    monkeypatch.setattr(rapl, "counters", coarse(lambda at_s: 50 + 20 * math.sin(2 * at_s), renewed_s))
    *_, cost = energy.per_operation(lambda: clock.go_on(0.01), "cpu", 0.01)
    assert cost.joules is not None
    assert cost.interval_j is not None
    low, high = cost.interval_j
    assert low < cost.joules < high
    assert 0.01 * 35 < cost.joules < 0.01 * 65
    assert high - low > 0.02 * cost.joules


def test_a_counter_that_hardly_moves_gives_no_figure_but_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock().put_into(monkeypatch)
    monkeypatch.setattr(rapl, "counters", coarse(lambda _at_s: 50.0, 6.0))
    *_, cost = energy.per_operation(lambda: clock.go_on(0.01), "cpu", 0.01)
    assert (cost.joules, cost.interval_j) == (None, None)
    assert "too seldom for a figure" in str(cost.reason)
    assert clock.now_s < 11


@settings(max_examples=25)
@given(st.floats(1, 500), st.floats(0, 0.5), st.floats(1e-3, 0.4))
def test_the_spread_of_a_cost_is_as_wide_as_the_powers_own(watt: float, swing: float, call_s: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock().put_into(patch)
        generator = np.random.default_rng(1)
        used = 0.0

        def operation() -> None:
            nonlocal used
            clock.go_on(call_s)
            used += watt * call_s * (1 + swing * generator.uniform(-1, 1))

        patch.setattr(rapl, "counters", lambda: {"intel-rapl:0": rapl.Counter("package-0", used, 1e12)})
        *_, cost = energy.per_operation(operation, "cpu", call_s)
    assert cost.joules is not None
    assert cost.interval_j is not None
    assert cost.joules == pytest.approx(watt * call_s, rel=0.05 + swing / 2)
    assert cost.interval_j[0] <= cost.joules * (1 + 1e-9)
    assert cost.joules <= cost.interval_j[1] * (1 + 1e-9)
    assert (cost.interval_j[1] - cost.interval_j[0]) / cost.joules <= 2 * swing + 1e-6


def test_where_there_is_no_meter_nothing_runs_and_the_reason_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> Any:
        raise LookupError("no counters here")

    monkeypatch.setattr(rapl, "counters", missing)
    calls: list[int] = []
    (answer,) = energy.per_operation(lambda: calls.append(1), "cpu", 1e-3)
    assert (answer.joules, answer.source, answer.reason) == (None, None, "not reported: no counters here")
    assert not calls
    assert "mps" in str(energy.meter("mps").read().reason)
