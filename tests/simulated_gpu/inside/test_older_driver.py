"""A card whose driver lacks newer calls: what it cannot count comes from what it can."""

from __future__ import annotations

import pytest
import torch

from core import devices
from core.devices import nvidia
from core.monitor.sources import AcceleratorSource
from core.timing.measure.conditions import observe
from core.timing.measure.energy import POWER, meter, per_operation
from core.torch_devices import readable_id

DEVICE = "cuda:0"


def test_energy_comes_from_power_over_time() -> None:
    x = torch.ones(8, device=DEVICE)
    *_, found = per_operation(lambda: x.add_(1), DEVICE, 2e-3, 0.2)
    assert found.source == POWER
    assert found.joules == pytest.approx(654.321 * found.elapsed_s, rel=0.2)


def test_a_device_without_a_meter_says_why() -> None:
    found = meter("cpu").read()
    assert found.joules is not None or "not reported" in str(found.reason)


def test_what_the_driver_lacks_is_read_by_its_older_name_or_has_a_reason() -> None:
    readings = devices.read(readable_id(DEVICE))
    assert (readings["temperature"].value, readings["throttled_by_heat"].value) == (59, 1)
    counters = devices.counters(readable_id(DEVICE))
    assert counters["throttled_by_power_cap"].value == 3
    assert "not" in counters["energy"].reason.lower()
    assert nvidia.compute_processes(readable_id(DEVICE)) == {4242: None, 77: None}
    assert devices.clock(DEVICE).value == 1980


def test_the_monitor_has_a_reason_for_what_the_driver_lacks() -> None:
    source = AcceleratorSource()
    source.read(0.0)
    (card,) = source.read(20.0)
    assert card.readings["temperature"].value == 59
    assert all(reading.reason for reading in card.readings.values() if reading.value is None)


def test_conditions_are_told_all_the_same() -> None:
    found = observe(DEVICE)()
    assert found.temperature_c == 59
    assert "the clock was held down by heat" in found.contamination


def test_gpus_are_counted_as_cuda_counts_them() -> None:
    uuids = ["GPU-aa", "GPU-bb"]
    assert nvidia.cuda_order(uuids, {}) == [0, 1]
    assert nvidia.cuda_order(uuids, {"CUDA_VISIBLE_DEVICES": "GPU-b,0,7,1"}) == [1, 0]
    assert nvidia.cuda_order(uuids, {"CUDA_VISIBLE_DEVICES": "0,0"}) == []


def test_a_gpu_that_is_not_there_has_a_reason_for_each_reading() -> None:
    assert all(reading.reason for reading in devices.read("cuda:9").values())
    with pytest.raises(LookupError):
        nvidia.compute_processes("cuda:9")
    assert "cuda" not in devices.absent()
    assert [device.name for device in nvidia.devices()] == ["Stub H100"]


@pytest.mark.parametrize(
    ("said", "visible", "words"),
    [
        ("nvmlDeviceGetCount_v2=!999", "0", "does not list its GPUs"),
        ("nvmlDeviceGetCount_v2=1000000", "0", "which cannot be"),
        ("nvmlDeviceGetCount_v2=0", "0", "lists no GPU"),
        ("nvmlDeviceGetHandleByIndex_v2=!15", "0", "cannot reach its GPUs"),
        ("", "7", "hides every GPU"),
        ("", "MIG-0000", "names a slice that the driver does not give"),
    ],
)
def test_why_no_gpu_of_the_driver_can_be_used(
    monkeypatch: pytest.MonkeyPatch, said: str, visible: str, words: str
) -> None:
    monkeypatch.setenv("NVML_STUB", said)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert words in str(nvidia.absent_because())
    lost = ["The NVIDIA driver cannot reach its GPU"] if "cannot reach" in words else []
    assert [sentence.partition(" 0")[0] for sentence in nvidia.unreachable()][:1] == lost
