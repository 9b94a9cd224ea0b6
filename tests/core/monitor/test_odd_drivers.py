"""Every call of the driver fails in turn and says garbage in turn: no traceback, and no wrong number."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.core.devices.stand_ins import FIRST, SECOND, SLICE, library

# One process for all: a line with orders for the driver in, a line with what the monitor says out. The first
# of two readings is 20 s before the second, so that all that is read seldom is read each time.
SERVER = """
import contextlib, io, json, os, sys
from core.commands import monitor as command
from core.devices import nvidia
from core.monitor import poller as polling, records, sources
class Clock:
    now_s = 0.0
    def __call__(self): return self.now_s
clock = Clock()
command.time.sleep = lambda seconds: None
kept = [polling.Poller(clock=clock)]
for line in sys.stdin:
    orders = json.loads(line)
    os.environ["NVML_STUB"] = orders.pop("NVML_STUB")
    os.environ.pop("CUDA_VISIBLE_DEVICES", None)
    os.environ.update(orders)
    nvidia.restart()
    if orders.get("ANEW"):
        kept = [polling.Poller(clock=clock)]
    for _ in range(2 if orders.get("ANEW") else 1):
        clock.now_s += 20
        kept[0].poll()
    printed = {}
    for format in orders.get("FORMATS", "--text").split():
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = command.command([format] if format != "--text" else [])
        assert code == 0
        printed[format] = out.getvalue()
    found = records.answer(kept[0])
    print(json.dumps({"answer": found, "printed": printed}, allow_nan=False), flush=True)
"""

Driver = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    """Monitors the stand-in, whose calls fail and lie as they are ordered to."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVER],
        env=os.environ | {"LD_LIBRARY_PATH": library()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(orders: str = "", anew: bool = True, **environment: str) -> dict[str, Any]:
            assert process.stdin is not None
            assert process.stdout is not None
            sent = {"NVML_STUB": orders, "ANEW": "1" if anew else ""} | environment
            process.stdin.write(json.dumps(sent) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line, f"the monitor raised with {orders!r}"
            return json.loads(line)

        yield ask
        process.stdin.close()


@pytest.fixture(scope="module")
def normal(driver: Driver) -> dict[str, dict[str, Any]]:
    """The figures of each GPU while the driver is well."""
    return figures(driver())


def figures(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each GPU's figures, by the key under which it is known."""
    return {one["key"]: one for one in said["answer"]["devices"] if one["key"] != "cpu"}


CALLS = (
    "nvmlInitWithFlags", "nvmlShutdown", "nvmlDeviceGetCount_v2", "nvmlDeviceGetHandleByIndex_v2",
    "nvmlDeviceGetUUID", "nvmlDeviceGetName", "nvmlSystemGetDriverVersion", "nvmlSystemGetCudaDriverVersion",
    "nvmlDeviceGetCudaComputeCapability", "nvmlDeviceGetMemoryInfo", "nvmlDeviceGetUtilizationRates",
    "nvmlDeviceGetClockInfo", "nvmlDeviceGetMaxClockInfo", "nvmlDeviceGetPowerUsage",
    "nvmlDeviceGetEnforcedPowerLimit", "nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetFieldValues",
    "nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v3",
    "nvmlDeviceGetProcessUtilization", "nvmlDeviceGetTemperatureV", "nvmlDeviceGetCurrentClocksEventReasons",
    "nvmlDeviceGetPciInfo_v3", "nvmlDeviceGetCurrPcieLinkGeneration", "nvmlDeviceGetCurrPcieLinkWidth",
    "nvmlDeviceGetMaxPcieLinkGeneration", "nvmlDeviceGetMaxPcieLinkWidth", "nvmlDeviceGetPcieReplayCounter",
    "nvmlDeviceGetFanSpeed", "nvmlDeviceGetPerformanceState", "nvmlDeviceGetTemperatureThreshold",
    "nvmlDeviceGetPcieThroughput", "nvmlDeviceGetEccMode", "nvmlDeviceGetTotalEccErrors",
    "nvmlDeviceGetRemappedRows", "nvmlDeviceGetMigMode", "usedGpuMemory",
)  # fmt: skip
# Not supported, forbidden, lost, unknown to this driver, and a code that nobody knows; then what drivers
# write where they know nothing, and what cannot be.
ORDERS = ("!3", "!4", "!15", "!13", "!999", "4294967295", "18446744073709551615", "16045690984833335023")
MOVING = ("energy", "throttled_by_heat_s", "throttled_by_power_cap_s")


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_fails_or_lies_costs_its_own_figures_and_changes_no_other(
    driver: Driver, normal: dict[str, dict[str, Any]], call: str
) -> None:
    for order in ORDERS:
        said = driver(f"{call}={order}")
        assert "Traceback" not in said["printed"]["--text"]
        for key, found in figures(said).items():
            known = normal.get(key) or next(one for one in normal.values() if one["name"] == found["name"])
            for name, value in found["readings"].items():
                expected = known["readings"].get(name)
                if name in MOVING or name.endswith("_rate"):
                    assert 0 <= value < 1e12
                else:
                    assert value == expected, (order, name)
            missing = {name for names in found["missing"].values() for name in names}
            assert not missing & found["readings"].keys()
            assert missing | found["readings"].keys() == {
                *known["readings"],
                *(name for names in known["missing"].values() for name in names),
            }
            for one in found["processes"] if isinstance(found["processes"], list) else ():
                assert one["memory"] in (None, 1 << 30, 2 << 30)
                assert one["utilisation"] in (None, 0, 35)


def test_the_monitor_shows_what_the_driver_says(normal: dict[str, dict[str, Any]]) -> None:
    first, second = normal[FIRST], normal[SECOND]
    shown = first["readings"]
    assert (first["name"], first["id"]) == ("Stub H100", "cuda:0")
    assert shown["power_share"] == pytest.approx(100 * 654.321 / 700, abs=0.01)
    assert (shown["temperature"], shown["slowdown_temperature"], shown["memory_temperature"]) == (61, 92, 78)
    assert (shown["pcie_generation"], shown["max_pcie_width"]) == (5, 16)
    assert (shown["ecc_mode"], shown["ecc_corrected"], shown["remapped_rows"]) == (1, 7, 2)
    assert first["clock_limited_by"] == ["the power limit"]
    assert [(one["pid"], one["memory"], one["utilisation"]) for one in first["processes"]] == [
        (77, 2 << 30, 0),
        (4242, 1 << 30, 35),
    ]
    assert second["processes"] == "not reported: Not Supported"
    assert "power" in second["missing"]["Not Supported"]
    assert second["readings"]["pcie_received_rate"] == 1.5e9  # measured, since this card does not count


def test_the_command_prints_the_same_in_each_form(driver: Driver) -> None:
    printed = driver(FORMATS="--text --json --csv")["printed"]
    assert "Power:                            654 W of 700 W" in printed["--text"]
    assert "Clock limited by:                 the power limit" in printed["--text"]
    assert "process 4242: " in printed["--text"]
    first = json.loads(printed["--json"].splitlines()[1])
    assert (first["name"], first["readings"]["power"]) == ("Stub H100", 654.321)
    (row, *_) = [one for one in csv.DictReader(io.StringIO(printed["--csv"])) if one["name"] == "Stub H100"]
    assert (row["id"], row["power"], row["temperature"]) == ("cuda:0", "654.321", "61")


def test_a_slice_of_a_gpu_is_monitored_as_far_as_it_reports(driver: Driver) -> None:
    (found,) = figures(driver(CUDA_VISIBLE_DEVICES=SLICE)).values()
    assert (found["key"], found["name"]) == (SLICE, "Stub H100 MIG 1g.10gb")
    assert found["readings"]["memory_total"] == 10 << 30
    assert "utilisation" in found["missing"]["Not Supported"]


def test_a_card_that_is_lost_keeps_its_history_mixes_with_no_other_and_may_return(driver: Driver) -> None:
    def history(said: dict[str, Any], key: str) -> list[float | None]:
        recent = figures(said)[key]["recent"]["figures"].get("utilisation", [])
        return list(recent)

    before = driver()
    lost = driver("nvmlDeviceGetHandleByIndex_v2@0=!15 nvmlDeviceGetUtilizationRates@1=11", anew=False)
    first, second = figures(lost)[FIRST], figures(lost)[SECOND]
    assert first["lost_s"] is not None
    assert first["readings"] == {}
    assert list(first["missing"]) == ["the driver no longer lists this GPU"]
    assert history(lost, FIRST) == [*history(before, FIRST), None]
    assert second["id"] == "cuda:0"  # it has moved up
    assert history(lost, SECOND) == [*history(before, SECOND), 11]
    back = driver(anew=False)
    assert figures(back)[FIRST]["lost_s"] is None
    assert history(back, FIRST) == [97, 97, None, 97]
    assert "The NVIDIA driver cannot reach its GPU 0: GPU is lost." in lost["answer"]["notices"]
