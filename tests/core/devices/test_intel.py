"""An Intel GPU as Linux' drivers show it in /sys, each in its own way."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.devices import intel

XE = {
    "device/vendor": "0x8086",
    "device/tile0/gt0/freq0/act_freq": "2400",
    "device/tile0/gt0/freq0/max_freq": "2850",
    "device/hwmon/hwmon3/energy1_input": "123456789",  # microjoules
    "device/hwmon/hwmon3/power1_max": "190000000",  # microwatts
    "device/hwmon/hwmon3/temp2_input": "57000",  # thousandths of a degree
    "device/current_link_speed": "16.0 GT/s PCIe",
    "device/current_link_width": "8",
    "device/max_link_speed": "16.0 GT/s PCIe",
    "device/max_link_width": "8",
}
I915 = {"device/vendor": "0x8086", "gt_act_freq_mhz": "350", "gt_max_freq_mhz": "1300"}


def card(folder: Path, files: dict[str, str], name: str = "card0") -> None:
    """Put a card's files into a folder as /sys/class/drm has them."""
    for path, text in files.items():
        (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / name / path).write_text(text + "\n")


@pytest.fixture(autouse=True)
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")


def values(folder: Path) -> dict[str, float]:
    found = intel.monitored(folder) | intel.health(folder)
    return {name: reading.value for name, reading in found.items() if reading.value is not None}


def test_the_newer_driver_shows_clock_energy_limit_heat_and_link(tmp_path: Path) -> None:
    card(tmp_path, XE)
    card(tmp_path, {"status": "connected"}, "card0-DP-1")  # a screen
    card(tmp_path, {"device/vendor": "0x1a03"}, "card1")  # the board's own
    assert values(tmp_path) == {
        "clock": 2400,
        "max_clock": 2850,
        "energy": pytest.approx(123.456789),
        "power_limit": 190,
        "temperature": 57,
        "pcie_generation": 4,
        "pcie_width": 8,
        "max_pcie_generation": 4,
        "max_pcie_width": 8,
    }


def test_what_an_older_driver_does_not_show_has_its_reason(tmp_path: Path) -> None:
    card(tmp_path, I915)
    assert values(tmp_path) == {"clock": 350, "max_clock": 1300}
    reasons = {name: reading.reason for name, reading in intel.monitored(tmp_path).items()}
    assert reasons["energy"] == "not reported: the driver does not show it for this GPU"
    assert reasons["pcie_generation"] == "not reported: the system does not show it"


def test_a_limit_of_nothing_and_impossible_figures_are_not_shown(tmp_path: Path) -> None:
    card(tmp_path, XE | {"device/hwmon/hwmon3/power1_max": "0", "device/hwmon/hwmon3/temp2_input": "999000"})
    assert not {"power_limit", "temperature"} & values(tmp_path).keys()


def test_of_several_or_none_it_is_said_that_none_is_read(tmp_path: Path) -> None:
    assert "show no Intel GPU" in str(intel.monitored(tmp_path)["clock"].reason)
    card(tmp_path, XE)
    card(tmp_path, I915, "card1")
    assert "which of 2 Intel GPUs" in str(intel.monitored(tmp_path)["clock"].reason)
