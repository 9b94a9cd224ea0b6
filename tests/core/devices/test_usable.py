"""What torch can use is what torch says, joined with the driver's list; a card that nothing reads is one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.core.devices.stand_ins import FIRST, SECOND, SLICE, card, library, run, torch_package

ASK = """
import dataclasses, json, sys
from core import devices
from core.devices import amd, gpus, nvidia
from core.timing.results.labels import environment_line
{before}
usable = devices.usable()
assert "torch" not in sys.modules
print(json.dumps({{
    "usable": [[device.id, device.name, device.facts.get("uuid")] for device in usable[1:]],
    "devices": [[device.id, device.name] for device in devices.devices()[1:]],
    "absent": devices.absent().get("cuda"),
    "warnings": devices.warnings(),
    "kind": devices.kind_name("cuda"),
    "machine": environment_line(devices.environment()),
    "read": {{device.id: {{n: [r.value, r.reason] for n, r in devices.read(device.id).items()}}
             for device in usable[1:]}},
    "free": [devices.memory_free_bytes(device.id) for device in usable[1:]],
}}))
"""


def asked(
    folder: Path,
    says: dict[str, Any],
    build: dict[str, str | None] | None = None,
    before: str = "",
    **more: str,
) -> Any:
    path = torch_package(folder, **(build or {}))
    return run(ASK.format(before=before), PYTHONPATH=path, STAND_IN_TORCH=json.dumps(says), **more)


def test_cards_are_matched_by_uuid_whatever_their_order(tmp_path: Path) -> None:
    cards = [card("Stub T4", SECOND.removeprefix("GPU-")), card("Stub H100", FIRST.removeprefix("GPU-"))]
    found = asked(tmp_path, {"cuda": cards}, LD_LIBRARY_PATH=library())
    assert found["usable"] == [["cuda:0", "Stub T4", SECOND], ["cuda:1", "Stub H100", FIRST]]
    assert found["read"]["cuda:0"]["power"] == [None, "not reported: Not Supported"]  # the T4's
    assert found["read"]["cuda:1"]["power"][0] == pytest.approx(654.321)


def test_a_card_that_torch_does_not_list_is_shown_and_not_offered(tmp_path: Path) -> None:
    says = {"cuda": [card("Stub T4", SECOND.removeprefix("GPU-"))]}
    found = asked(tmp_path, says, LD_LIBRARY_PATH=library())
    assert [name for _, name, _ in found["usable"]] == ["Stub T4"]
    assert [FIRST, "Stub H100"] in found["devices"]
    assert f"PyTorch does not list Stub H100 ({FIRST}), so it cannot use it." in found["warnings"]


def test_a_card_that_the_driver_cannot_reach_is_one_when_torch_uses_it(tmp_path: Path) -> None:
    says = {"cuda": [card("A GPU", FIRST.removeprefix("GPU-")), None]}
    orders = "nvmlDeviceGetHandleByIndex_v2=!4 nvmlDeviceGetHandleByUUID=!4"
    found = asked(tmp_path, says, LD_LIBRARY_PATH=library(), NVML_STUB=orders)
    assert [one[:2] for one in found["usable"]] == [["cuda:0", "A GPU"], ["cuda:1", "NVIDIA GPU"]]
    assert found["absent"] is None
    assert found["read"]["cuda:0"]["power"] == [None, "not reported: Insufficient Permissions"]


def test_cuda_without_nvml_is_a_gpu_and_its_readings_say_what_is_missing(tmp_path: Path) -> None:
    before = "gpus._has_cuda = lambda: True"  # libcuda.so.1 cannot be built here
    found = asked(tmp_path, {"cuda": [card("Orin")]}, before=before)
    assert [one[:2] for one in found["usable"]] == [["cuda:0", "Orin"]]
    assert found["read"]["cuda:0"]["power"] == [None, "not reported: libnvidia-ml.so.1 was not found"]
    assert (found["absent"], found["free"]) == (None, [None])


def test_a_slice_is_matched_to_its_own_memory_and_not_to_the_whole_cards(tmp_path: Path) -> None:
    says = {"cuda": [card("Stub H100 MIG 1g.10gb", SLICE.removeprefix("MIG-"), total_memory=10 << 30)]}
    environment = {"LD_LIBRARY_PATH": library(), "CUDA_VISIBLE_DEVICES": SLICE}
    found = asked(tmp_path, says, **environment)
    assert found["usable"] == [["cuda:0", "Stub H100 MIG 1g.10gb", SLICE]]
    assert found["free"] == [8 << 30]


def test_no_gpu_that_torch_can_use_has_torchs_reason(tmp_path: Path) -> None:
    says = {"why": "CUDA unknown error"}
    found = asked(tmp_path, says, LD_LIBRARY_PATH=library())
    assert found["usable"] == []
    assert found["absent"].endswith("finds no NVIDIA GPU that it can use: CUDA unknown error")
    assert f"{found['absent']}, so PyTorch cannot use it." in found["warnings"]


def test_a_torch_that_does_not_answer_leaves_the_drivers_list(tmp_path: Path) -> None:
    found = asked(tmp_path, {"crash": True}, LD_LIBRARY_PATH=library())
    assert [one[:2] for one in found["usable"]] == [["cuda:0", "Stub H100"], ["cuda:1", "Stub T4"]]
    missing = asked(tmp_path, {"crash": True}, before="gpus._has_cuda = lambda: True")
    assert missing["absent"] == (
        "No NVIDIA driver: libnvidia-ml.so.1 was not found; "
        "PyTorch did not answer: ImportError: libcudart.so.13 is not there"
    )


ROCM: dict[str, str | None] = {"cuda": None, "hip": "7.0"}


def test_amds_gpus_are_listed_under_their_name_and_say_why_they_are_not_read(tmp_path: Path) -> None:
    says = {"hip": "7.0", "cuda": [card("AMD Instinct MI300X"), card("")]}
    found = asked(tmp_path, says, ROCM)
    assert [one[:2] for one in found["usable"]] == [["cuda:0", "AMD Instinct MI300X"], ["cuda:1", "AMD GPU"]]
    assert (found["kind"], found["absent"]) == ("AMD GPU", None)
    assert "; AMD Instinct MI300X, AMD GPU; " in found["machine"]
    why = "not reported: amdsmi, which reads AMD's GPUs, is not installed"
    assert all(reading == [None, why] for reading in found["read"]["cuda:0"].values())
    none = asked(tmp_path, {"hip": "7.0", "why": "HIP error 100"}, ROCM)
    absent = none["absent"]
    assert absent.startswith("No AMD driver: /dev/kfd") or absent.endswith("can use: HIP error 100")
    assert "; no GPU listed; " in none["machine"]


AMDSMI = """
from types import SimpleNamespace as Record
AmdSmiClkType = Record(GFX=0, MEM=4)
AmdSmiTemperatureType, AmdSmiTemperatureMetric = Record(EDGE=0, HOTSPOT=1), Record(CURRENT=0)
def amdsmi_init(): ...
def amdsmi_get_processor_handles(): return ["0000:03:00.0", "0000:83:00.0"]
def amdsmi_get_gpu_device_bdf(handle): return handle
def amdsmi_get_gpu_asic_info(handle): return {"market_name": "Instinct " + handle[5:7]}
def amdsmi_get_gpu_activity(handle): return {"gfx_activity": 42 if handle[5:7] == "83" else "N/A"}
def amdsmi_get_clock_info(handle, kind): return {"clk": 2100 if kind == 0 else 4294967295}
def amdsmi_get_temp_metric(handle, sensor, metric):
    if sensor == 1:
        raise ValueError("AMDSMI_STATUS_NOT_SUPPORTED")
    return 55
def amdsmi_get_power_info(handle): return {"current_socket_power": "N/A", "average_socket_power": 310}
def amdsmi_get_gpu_vram_usage(handle): return {"vram_total": 196608, "vram_used": 1024}
"""


def test_amds_gpus_are_read_where_amdsmi_is_and_found_by_their_place(tmp_path: Path) -> None:
    (tmp_path / "amdsmi.py").write_text(AMDSMI)
    place = {"pci_domain_id": 0, "pci_bus_id": 0x83, "pci_device_id": 0}
    found = asked(tmp_path, {"hip": "7.0", "cuda": [card("MI300X", **place)]}, ROCM)
    assert found["usable"][0][:2] == ["cuda:0", "Instinct 83"]
    values = {name: value for name, (value, _) in found["read"]["cuda:0"].items() if value is not None}
    assert values == {
        "utilisation": 42,
        "clock": 2100,
        "temperature": 55,
        "power": 310,
        "memory_used": 1 << 30,
        "memory_total": 192 << 30,
        "memory_free": 191 << 30,
    }
