"""GPU readings without a GPU: the real pynvml against a library that stands in for the driver's."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.devices.nvidia import cuda_order
from tests.core.devices.stand_ins import library

ASK = """
import dataclasses, json
from core import devices
from core.devices import nvidia
def processes(id):
    try:
        return nvidia.compute_processes(id)
    except LookupError as error:
        return str(error)
ids = [device.id for device in nvidia.devices()] + ["GPU-bbbb0000-1111-2222-3333-444455556666", "cuda:9"]
print(json.dumps({
    "devices": [dataclasses.asdict(device) for device in nvidia.devices()],
    "readings": {id: {n: [r.value, r.unit, r.reason] for n, r in devices.read(id).items()} for id in ids},
    "counters": {id: {n: [r.value, r.unit, r.reason] for n, r in devices.counters(id).items()} for id in ids},
    "links": {id: {n: [r.value, r.reason] for n, r in devices.link(id).items()} for id in ids},
    "processes": {id: processes(id) for id in ids},
    "absent": devices.absent().get("cuda"),
    "free": devices.memory_free_bytes("cuda:0"),
    "gpus": devices.environment()["gpus"],
}))
"""


def ask(*switches: str, **environment: str) -> dict[str, Any]:
    """What core.devices says in a process of its own that finds the stub as the driver's library."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CUDA_")}
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", ASK],
        env=clean | {"LD_LIBRARY_PATH": library(*switches)} | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(answer.stdout)


asked = functools.cache(ask)  # one process for all tests that ask for the same


def test_gpus_are_listed_with_their_facts_and_readings_in_plain_units() -> None:
    answer = asked()
    first, second = answer["devices"]
    assert (first["id"], first["name"]) == ("cuda:0", "Stub H100")
    assert (second["id"], second["name"]) == ("cuda:1", "Stub T4")
    assert first["facts"] == {
        "uuid": "GPU-aaaa0000-1111-2222-3333-444455556666",
        "pci_bus_id": "00000000:01:00.0",
        "compute_capability": "9.0",
        "memory_bytes": 80 << 30,
        "max_clock_mhz": 1980,
        "driver": "570.86.15",
        "cuda": "12.8",
    }
    values = {name: (value, unit) for name, (value, unit, _) in answer["readings"]["cuda:0"].items()}
    assert values == {
        "utilisation": (97, "%"),
        "clock": (1980, "MHz"),
        "memory_clock": (2619, "MHz"),
        "temperature": (61, "°C"),
        "power": (pytest.approx(654.321), "W"),
        "power_limit": (700, "W"),
        "memory_used": (2 << 30, "B"),
        "memory_total": (80 << 30, "B"),
        "memory_free": (78 << 30, "B"),
        "throttled_by_power": (1, ""),
        "throttled_by_heat": (0, ""),
        "throttled_by_hardware": (0, ""),
    }
    assert answer["free"] == 78 << 30


def test_a_reading_that_the_card_does_not_support_says_so_instead_of_a_number() -> None:
    readings = asked()["readings"]["cuda:1"]
    assert readings["power"] == [None, "W", "not reported: Not Supported"]
    assert readings["power_limit"][0] == 700


def test_an_older_driver_is_read_through_the_older_names_and_leaves_out_what_it_lacks() -> None:
    answer = asked("-DOLD")
    readings = answer["readings"]["cuda:0"]
    assert readings["temperature"][0] == 59
    assert (readings["throttled_by_heat"][0], readings["throttled_by_power"][0]) == (1, 0)
    assert "pci_bus_id" not in answer["devices"][0]["facts"]


def test_the_link_to_the_host_has_a_generation_and_lanes() -> None:
    links = asked()["links"]
    assert links["cuda:0"] == {"pcie_generation": [5, None], "pcie_width": [16, None]}
    assert links["cuda:1"]["pcie_width"] == [None, "not reported: Not Supported"]


def test_counters_are_joules_and_seconds() -> None:
    before_s = time.monotonic()
    counters = ask()["counters"]["cuda:0"]
    after_s = time.monotonic()
    (energy, joules, _), (heat, seconds, _) = counters["energy"], counters["throttled_by_heat"]
    assert 400 * before_s <= energy <= 400 * after_s
    assert 0.5 * before_s <= heat <= 0.5 * after_s
    assert (joules, seconds) == ("J", "s")
    assert counters["throttled_by_power_cap"] == [7, "s", None]
    assert counters["throttled_by_hot_hardware"] == [None, "s", "not reported: Not Supported"]


def test_a_card_without_counters_says_so() -> None:
    counters = asked()["counters"]
    assert counters["cuda:1"]["energy"] == [None, "J", "not reported: Not Supported"]
    assert "no cuda:9" in counters["cuda:9"]["energy"][2]


def test_an_older_driver_counts_the_time_under_its_older_name() -> None:
    counters = asked("-DOLD")["counters"]["cuda:0"]
    assert counters["throttled_by_power_cap"][0] == 3
    assert counters["throttled_by_heat"][0] == 5
    assert counters["throttled_by_power_brake"][0] is None
    assert counters["energy"][0] is None


def test_other_programs_on_a_gpu_are_listed_with_their_utilisation() -> None:
    processes = asked()["processes"]
    assert processes["cuda:0"] == {"4242": 35, "77": 0}
    assert processes["cuda:1"] == "not reported: Not Supported"
    assert "no cuda:9" in processes["cuda:9"]
    assert asked("-DOLD")["processes"]["cuda:0"] == {"4242": None, "77": None}


def test_cuda_visible_devices_renumbers_the_gpus_as_cuda_does() -> None:
    by_index = ask(CUDA_VISIBLE_DEVICES="1")
    by_uuid = ask(CUDA_VISIBLE_DEVICES="GPU-bbbb,GPU-aaaa")
    assert [(gpu["id"], gpu["name"]) for gpu in by_index["devices"]] == [("cuda:0", "Stub T4")]
    assert [gpu["name"] for gpu in by_uuid["devices"]] == ["Stub T4", "Stub H100"]
    assert by_index["readings"]["cuda:0"]["power"][0] is None


def test_a_gpu_is_read_by_its_uuid_whatever_its_number() -> None:
    answer = ask(CUDA_VISIBLE_DEVICES="0")
    assert answer["readings"]["GPU-bbbb0000-1111-2222-3333-444455556666"]["power"][2].endswith(
        "Not Supported"
    )


def test_a_gpu_that_is_not_there_gives_reasons() -> None:
    readings = asked()["readings"]["cuda:9"]
    assert all(value is None and "no cuda:9" in reason for value, _, reason in readings.values())


@pytest.mark.parametrize(
    ("switch", "environment", "reason"),
    [
        ("-DNO_DRIVER", {}, "installed but not loaded"),
        ("-DNO_GPU", {}, "lists no GPU"),
        ("-DPLAIN", {"CUDA_VISIBLE_DEVICES": ""}, "CUDA_VISIBLE_DEVICES='' hides every GPU"),
    ],
)
def test_absence_has_a_reason(switch: str, environment: dict[str, str], reason: str) -> None:
    answer = ask(switch, **environment)
    assert answer["devices"] == []
    assert reason in answer["absent"]


def test_a_torch_without_cuda_is_distinguished_from_a_missing_driver(tmp_path: Path) -> None:
    build = tmp_path / "torch"
    build.mkdir()
    (build / "__init__.py").write_text("raise ImportError('looking at devices must not import torch')\n")
    (build / "version.py").write_text("cuda: str | None = None\n")
    without = ask(PYTHONPATH=str(tmp_path))["absent"]
    assert without is not None
    assert without.startswith("This torch build")
    assert "no CUDA, though the driver lists Stub H100, Stub T4" in without
    (build / "version.py").write_text("cuda: str | None = '12.8'\n")
    assert ask(PYTHONPATH=str(tmp_path))["absent"] is None


def test_no_uuid_leaves_the_machine_with_a_result() -> None:
    assert "GPU-" not in json.dumps(asked()["gpus"])


UUIDS = ["GPU-aa1", "GPU-aa2", "GPU-bb3"]


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, [0, 1, 2]),
        ("", []),
        ("-1", []),
        ("2,0", [2, 0]),
        ("0,7,1", [0]),  # what follows the first invalid entry does not count
        ("GPU-bb3,GPU-aa1", [2, 0]),
        ("GPU-bb", [2]),
        ("GPU-aa", []),  # names two
        ("1,1", []),
    ],
)
def test_visible_devices_follow_cudas_rules(visible: str | None, expected: list[int]) -> None:
    assert cuda_order(UUIDS, {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}) == expected
