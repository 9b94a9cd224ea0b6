"""What amdsmi says of an AMD GPU, in plain units; what it does not say or cannot be has its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.core.devices.stand_ins import run, torch_package

AMDSMI = """
from types import SimpleNamespace as Record
AmdSmiClkType = Record(GFX=0, MEM=4)
AmdSmiTemperatureType, AmdSmiTemperatureMetric = Record(EDGE=0, HOTSPOT=1), Record(CURRENT=0, CRITICAL=1)
def amdsmi_init(): ...
def amdsmi_get_processor_handles(): return ["0000:03:00.0"]
def amdsmi_get_gpu_device_bdf(handle): return handle
def amdsmi_get_gpu_asic_info(handle): return {"market_name": "Instinct"}
def amdsmi_get_gpu_activity(handle): return {"gfx_activity": 42, "umc_activity": 7}
def amdsmi_get_clock_info(handle, kind): return {"clk": 2100}
def amdsmi_get_temp_metric(handle, sensor, metric): return 55 if metric == 0 else 110
def amdsmi_get_power_info(handle): return {"current_socket_power": 310}
def amdsmi_get_power_cap_info(handle): return {"power_cap": 750_000_000}
def amdsmi_get_gpu_vram_usage(handle): return {"vram_total": 196608, "vram_used": 1024}
def amdsmi_get_energy_count(handle): return {"energy_accumulator": 10**9, "counter_resolution": 15.25}
def amdsmi_get_gpu_fan_speed_max(handle, fan): return 255
def amdsmi_get_gpu_fan_speed(handle, fan): return 51
def amdsmi_get_pcie_info(handle):
    return {"pcie_static": {"max_pcie_width": 16, "max_pcie_speed": 32000},
            "pcie_metric": {"pcie_width": 8, "pcie_speed": 16000}}
def amdsmi_get_gpu_total_ecc_count(handle): return {"correctable_count": 2, "uncorrectable_count": 0}
def amdsmi_get_gpu_process_list(handle):
    return [{"pid": 4242, "memory_usage": {"vram_mem": 3 << 30}},
            {"pid": 77, "memory_usage": {"vram_mem": "N/A"}}]
"""
ASK = """
import json
from core.devices import amd
def plain(readings): return {name: [r.value, r.reason] for name, r in readings.items()}
try:
    processes = [[one.pid, one.memory_bytes] for one in amd.processes("cuda:0")]
except LookupError as error:
    processes = str(error)
print(json.dumps({
    "monitored": plain(amd.monitored("cuda:0")),
    "health": plain(amd.health("cuda:0")),
    "processes": processes,
}))
"""


@pytest.fixture
def ask(tmp_path: Path) -> Any:
    """What core.devices.amd says where this amdsmi is installed."""

    def asked(amdsmi: str) -> Any:
        folder = torch_package(tmp_path, cuda=None, hip="6.4")
        (tmp_path / "amdsmi.py").write_text(amdsmi)
        return run(ASK, PYTHONPATH=folder)

    return asked


def test_a_card_is_monitored_in_plain_units(ask: Any) -> None:
    found = ask(AMDSMI)
    values = {name: value for name, (value, _) in (found["monitored"] | found["health"]).items()}
    assert values == {
        "utilisation": 42,
        "memory_utilisation": 7,
        "clock": 2100,
        "memory_clock": 2100,
        "temperature": 55,
        "slowdown_temperature": 110,
        "power": 310,
        "power_limit": 750,  # given in microwatts
        "energy": pytest.approx(15_250),  # 1e9 steps of 15.25 microjoules
        "memory_used": 1 << 30,
        "memory_total": 192 << 30,
        "memory_free": 191 << 30,
        "fan": pytest.approx(20),  # 51 of 255
        "pcie_generation": 4,
        "pcie_width": 8,
        "max_pcie_generation": 5,
        "max_pcie_width": 16,
        "ecc_corrected": 2,
        "ecc_uncorrected": 0,
    }
    assert found["processes"] == [[4242, 3 << 30], [77, None]]


def test_an_older_amdsmi_and_one_that_knows_nothing_cost_their_own_figures(ask: Any) -> None:
    lacks = AMDSMI.replace("def amdsmi_get_pcie_info", "def older").replace("750_000_000", '"N/A"')
    found = ask(lacks.replace('"pid": 4242', '"name": "x"'))
    assert found["monitored"]["pcie_width"][1].startswith("not reported: ")
    assert found["monitored"]["power_limit"] == [
        None,
        "not reported: the driver gives 'N/A', which is no number",
    ]
    assert found["monitored"]["power"][0] == 310
    assert found["processes"] == "not reported: pid"
