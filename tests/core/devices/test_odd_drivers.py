"""Whatever a call of the driver raises or says costs that one figure, and none is shown that cannot be."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.devices.stand_ins import FIRST, SECOND, SLICE, library

SERVER = """
import dataclasses, json, os, sys
from core import devices
from core.devices import nvidia
def texts(read, ids):
    return {id: {n: [r.value, r.unit, r.reason] for n, r in read(id).items()} for id in ids}
def processes(id):
    try:
        return nvidia.compute_processes(id)
    except LookupError as error:
        return str(error)
for line in sys.stdin:
    orders = json.loads(line)
    os.environ["NVML_STUB"] = orders["NVML_STUB"]
    os.environ.pop("CUDA_VISIBLE_DEVICES", None)
    os.environ.update(orders)
    nvidia._why_no_library.cache_clear()
    found = devices.devices()
    ids = [device.id for device in found[1:]] + [*orders.get("ALSO", "").split(), "cuda:0"]
    print(json.dumps({
        "devices": [dataclasses.asdict(device) for device in found[1:]],
        "readings": texts(devices.read, ids),
        "counters": texts(devices.counters, ids),
        "processes": {id: processes(id) for id in ids},
        "absent": nvidia.absent_because(),
        "warnings": devices.warnings(),
        "environment": devices.environment()["gpus"],
    }, allow_nan=False), flush=True)
"""

Driver = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    """Reads everything from the stand-in, whose calls fail and lie as they are ordered to."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVER],
        env=os.environ | {"LD_LIBRARY_PATH": library()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(orders: str = "", **environment: str) -> dict[str, Any]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps({"NVML_STUB": orders} | environment) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line, f"reading raised with {orders!r}"
            return json.loads(line)

        yield ask
        process.stdin.close()


@pytest.mark.parametrize(("code", "words"), [(15, "GPU is lost"), (4, "Insufficient Permissions")])
def test_a_card_that_is_lost_or_forbidden_hides_no_other(driver: Driver, code: int, words: str) -> None:
    answer = driver(f"nvmlDeviceGetHandleByIndex_v2@0=!{code}")
    assert [(device["id"], device["name"]) for device in answer["devices"]] == [("cuda:0", "Stub T4")]
    assert answer["absent"] is None
    assert answer["warnings"][-1] == f"The NVIDIA driver cannot reach its GPU 0: {words}."


def test_where_no_card_can_be_reached_that_is_the_reason(driver: Driver) -> None:
    answer = driver("nvmlDeviceGetHandleByIndex_v2=!15")
    assert answer["absent"] == "The NVIDIA driver cannot reach its GPUs: GPU is lost"
    assert all(reason for _, _, reason in answer["readings"]["cuda:0"].values())


def test_a_slice_that_is_named_is_the_gpu_and_is_read(driver: Driver) -> None:
    answer = driver(CUDA_VISIBLE_DEVICES=SLICE)
    (device,) = answer["devices"]
    assert (device["id"], device["name"]) == ("cuda:0", "Stub H100 MIG 1g.10gb")
    assert device["facts"]["uuid"] == SLICE
    assert answer["absent"] is None
    assert answer["readings"]["cuda:0"]["memory_total"][0] == 10 << 30
    assert answer["readings"]["cuda:0"]["utilisation"] == [None, "%", "not reported: Not Supported"]
    unknown = driver(CUDA_VISIBLE_DEVICES="MIG-not-there")
    assert unknown["devices"] == []
    assert "'MIG-not-there' names a slice that the driver does not give: Not Found" in unknown["absent"]


def test_a_name_that_is_not_utf_8_costs_no_more_than_the_name(driver: Driver) -> None:
    answer = driver("nvmlDeviceGetName=0xA0F890C8 nvmlDeviceGetUUID@1=0xFF")
    assert [device["name"] for device in answer["devices"]] == ["NVIDIA GPU", "NVIDIA GPU"]
    assert answer["readings"]["cuda:0"]["utilisation"][0] == 97
    assert driver("nvmlDeviceGetName=0xAE345854")["devices"][0]["name"] == "TX4"


NOT_KNOWN = ("4294967295", "18446744073709551615", "9223372036854775807")


@pytest.mark.parametrize("value", NOT_KNOWN)
def test_all_bits_set_are_no_figure(driver: Driver, value: str) -> None:
    calls = ("UtilizationRates", "ClockInfo", "PowerUsage", "MemoryInfo", "TotalEnergyConsumption")
    answer = driver(" ".join(f"nvmlDeviceGet{call}={value}" for call in calls))
    for name in ("utilisation", "clock", "power", "memory_used", "memory_total"):
        assert answer["readings"]["cuda:0"][name][2].startswith("not reported: the driver")
    assert answer["readings"]["cuda:0"]["temperature"][0] == 61
    if value != "9223372036854775807":  # its lower half is another number
        assert answer["counters"]["cuda:0"]["energy"][0] is None


CALLS = (
    "nvmlInitWithFlags", "nvmlDeviceGetCount_v2", "nvmlDeviceGetHandleByIndex_v2",
    "nvmlDeviceGetHandleByUUID",
    "nvmlDeviceGetUUID", "nvmlDeviceGetName", "nvmlSystemGetDriverVersion", "nvmlSystemGetCudaDriverVersion",
    "nvmlDeviceGetCudaComputeCapability", "nvmlDeviceGetMemoryInfo", "nvmlDeviceGetUtilizationRates",
    "nvmlDeviceGetClockInfo", "nvmlDeviceGetMaxClockInfo", "nvmlDeviceGetPowerUsage",
    "nvmlDeviceGetEnforcedPowerLimit", "nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetFieldValues",
    "nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetProcessUtilization", "nvmlDeviceGetTemperatureV",
    "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetPciInfo_v3",
)  # fmt: skip
ODD = st.sampled_from([0, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1, 2**63 - 1, 2**64 - 1]) | st.integers(
    0, 2**64 - 1
)
ORDERS = st.dictionaries(
    st.tuples(st.sampled_from(CALLS), st.sampled_from(["", "@0", "@1"])),
    st.integers(1, 40).map("!{}".format) | st.sampled_from(["!99", "!999", "!-1"]) | ODD.map(str),
    max_size=6,
)
POSSIBLE = {
    "utilisation": (0, 100), "clock": (0, 20_000), "memory_clock": (0, 50_000), "temperature": (-50, 150),
    "power": (0, 20_000), "power_limit": (1, 20_000), "memory_used": (0, 2**50), "memory_total": (1, 2**50),
    "memory_free": (0, 2**50), "energy": (0, 1e13),
}  # fmt: skip


@settings(max_examples=50)
@given(ORDERS)
def test_whatever_a_call_raises_or_says_reading_goes_on_and_shows_nothing_impossible(
    driver: Driver, orders: dict[tuple[str, str], str]
) -> None:
    answer = driver(
        " ".join(f"{call}{card}={order}" for (call, card), order in orders.items()), ALSO=f"{FIRST} {SECOND}"
    )
    for figures in [*answer["readings"].values(), *answer["counters"].values()]:
        for name, (value, unit, reason) in figures.items():
            assert (value is None) == bool(reason)
            if value is not None:
                low, high = POSSIBLE.get(name, (0, 1 if unit == "" else 1e10))  # a flag, or seconds
                assert math.isfinite(value)
                assert low <= value <= high, (name, value)
        total = figures.get("memory_total", [None])[0]
        for part in ("memory_used", "memory_free"):
            assert total is None or (figures[part][0] or 0) <= total
    for device in answer["devices"]:
        assert device["name"]
        assert device["name"].isprintable()
    for used in answer["processes"].values():
        assert isinstance(used, str) or all(share is None or 0 <= share <= 100 for share in used.values())
