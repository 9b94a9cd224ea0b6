"""The registry of what is monitored: one entry a figure, by the name that core.devices gives its reading.

Page, command, files and history derive from it; a reading without an entry is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

GIB = 2**30


@dataclass(frozen=True)
class Figure:
    """One figure of a device: its heading, its unit, and what it means in one sentence."""

    label: str
    unit: str = ""  # of the reading, as core.devices gives it
    help: str = ""
    history: bool = False  # whether the last hour of it is kept
    limit: str | None = None  # the figure that it is drawn and read against
    states: tuple[str, ...] = ()  # in words: of a switch, by its value


OFF_ON = ("off", "on")

FIGURES: dict[str, Figure] = {
    # Load
    "utilisation": Figure(
        "Utilisation",
        "%",
        "Of a GPU: the share of time in which some kernel ran, however few of its cores that used. Of a CPU: "
        "the share of all cores' time that was used.",
        history=True,
    ),
    "power_share": Figure(
        "Power, of its limit",
        "%",
        "Follows the work that a GPU does where utilisation only says that some kernel ran.",
        history=True,
    ),
    "memory_utilisation": Figure(
        "Memory traffic", "%", "The share of time in which device memory was read or written.", history=True
    ),
    "others": Figure("Other programs", "%", "CPU time of all programs but this server.", history=True),
    "steal": Figure(
        "Steal", "%", "CPU time that a virtual machine's host gave to other machines.", history=True
    ),
    "load": Figure(
        "Load average, 1 min", "", "Programs that run or wait for a core or a disk.", history=True
    ),
    "load_5": Figure("Load average, 5 min"),
    "load_15": Figure("Load average, 15 min"),
    # Memory
    "memory_used": Figure("Memory used", "B", history=True, limit="memory_total"),
    "memory_total": Figure("Memory", "B", "Of a container: its limit, where it has one."),
    "memory_free": Figure("Memory free", "B", "What a program can allocate now."),
    "memory_limit": Figure("Memory limit", "B", "Of the container."),
    "swap_used": Figure("Swap used", "B", history=True, limit="swap_total"),
    "swap_total": Figure("Swap", "B"),
    # Clocks
    "clock": Figure("Clock", "MHz", history=True, limit="max_clock"),
    "max_clock": Figure("Highest clock", "MHz"),
    "memory_clock": Figure("Memory clock", "MHz", history=True, limit="max_memory_clock"),
    "max_memory_clock": Figure("Highest memory clock", "MHz"),
    "performance_state": Figure("Performance state", "", "0 is the fastest, 15 the slowest."),
    "throttled_by_power": Figure("Clock limited by power", states=("no", "yes"), history=True),
    "throttled_by_heat": Figure("Clock limited by heat", states=("no", "yes"), history=True),
    "throttled_by_hardware": Figure("Clock limited by the hardware", states=("no", "yes"), history=True),
    "throttled_share": Figure(
        "Stopped by the CPU quota", "%", "Periods of the quota that ended with all of it used.", history=True
    ),
    "throttled_by_quota_s": Figure("Stopped by the CPU quota so far", "s"),
    "throttled_by_power_cap_s": Figure("Clock limited by power so far", "s"),
    "throttled_by_power_brake_s": Figure("Clock limited by the power supply so far", "s"),
    "throttled_by_heat_s": Figure("Clock limited by heat so far", "s"),
    "throttled_by_hot_hardware_s": Figure("Clock limited by hot hardware so far", "s"),
    "cpu_quota": Figure("CPU quota (cores)", "", "Of the container: cores' worth of CPU time."),
    # Power and heat
    "power": Figure("Power", "W", history=True, limit="power_limit"),
    "power_limit": Figure("Power limit", "W"),
    "energy": Figure("Energy since the driver started", "J"),
    "temperature": Figure("Temperature", "°C", history=True, limit="slowdown_temperature"),
    "memory_temperature": Figure("Memory temperature", "°C", history=True),
    "slowdown_temperature": Figure("Slow-down threshold", "°C", "Above it the clock is lowered."),
    "fan": Figure("Fan", "%", "Of its highest speed.", history=True),
    # Links
    "pcie_generation": Figure("PCIe generation", limit="max_pcie_generation"),
    "max_pcie_generation": Figure("PCIe generation at best"),
    "pcie_width": Figure("PCIe lanes", limit="max_pcie_width"),
    "max_pcie_width": Figure("PCIe lanes at best"),
    "pcie_replays": Figure("PCIe replays", "", "Packets that had to be sent again."),
    "pcie_sent_rate": Figure("PCIe, GPU to host", "B/s", history=True),
    "pcie_received_rate": Figure("PCIe, host to GPU", "B/s", history=True),
    "nvlink_sent_rate": Figure("NVLink sent", "B/s", history=True),
    "nvlink_received_rate": Figure("NVLink received", "B/s", history=True),
    # Health
    "ecc_mode": Figure("ECC", states=OFF_ON),
    "ecc_corrected": Figure("ECC errors corrected", "", "Since the driver was loaded."),
    "ecc_uncorrected": Figure("ECC errors uncorrected", "", "Since the driver was loaded."),
    "remapped_rows": Figure("Remapped memory rows", "", "Faulty rows that spare ones replace."),
    "remapping_pending": Figure("Remapping waits for a reset", states=("no", "yes")),
    "remapping_failed": Figure("Remapping failed", states=("no", "yes")),
    "mig_mode": Figure("MIG mode", states=OFF_ON),
}

HISTORY = tuple(name for name, figure in FIGURES.items() if figure.history)


class Strip(NamedTuple):
    """One chart over time: figures on one axis, and what to see in it in one line."""

    title: str
    figures: tuple[str, ...]
    unit: str
    max: float | str | None = None  # of the axis: a number, or the figure that is the limit; None: the data's
    note: str = ""


CPU_STRIPS = (
    Strip("Load", ("utilisation", "others", "steal"), "%", 100.0),
    Strip("Memory", ("memory_used", "swap_used"), "B", "memory_total"),
    Strip("Load average", ("load",), ""),
    Strip("Clock", ("clock",), "MHz", "max_clock"),
    Strip("Temperature", ("temperature",), "°C"),
    Strip(
        "CPU quota",
        ("throttled_share",),
        "%",
        100.0,
        "How many periods of the container's quota ended with all of it used: then its programs stand still.",
    ),
)
GPU_STRIPS = (
    Strip(
        "Load",
        ("power_share", "utilisation"),
        "%",
        100.0,
        "Utilisation only says that some kernel ran; power against its limit follows the work that it did.",
    ),
    Strip("Memory", ("memory_used",), "B", "memory_total"),
    Strip("Memory traffic", ("memory_utilisation",), "%", 100.0),
    Strip("Power", ("power",), "W", "power_limit"),
    Strip("Temperature", ("temperature", "memory_temperature"), "°C", "slowdown_temperature"),
    Strip("Clock", ("clock",), "MHz", "max_clock", "Shaded where power, heat or the hardware lowered it."),
    Strip("PCIe", ("pcie_received_rate", "pcie_sent_rate"), "B/s"),
    Strip("NVLink", ("nvlink_received_rate", "nvlink_sent_rate"), "B/s"),
    Strip("Fan", ("fan",), "%", 100.0),
)


def strips(kind: str) -> tuple[Strip, ...]:
    """The charts of a kind of device."""
    return CPU_STRIPS if kind == "cpu" else GPU_STRIPS


def in_words(name: str, value: float) -> str:
    """A value as people read it, with its unit."""
    figure = FIGURES[name]
    if figure.states:
        return figure.states[int(value)]
    return quantity(value, figure.unit)


def quantity(value: float, unit: str) -> str:
    """A number with its unit: bytes in GiB, rates of bytes in GB/s or MB/s, energy in kJ."""
    if unit == "B":
        return f"{value / GIB:,.1f} GiB"
    if unit == "B/s":
        return f"{value / 1e9:,.1f} GB/s" if value >= 1e9 else f"{value / 1e6:,.1f} MB/s"
    if unit == "J":
        return f"{value / 1e3:,.1f} kJ" if value >= 1e3 else f"{value:,.0f} J"
    if not unit:
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return f"{value:,.0f} {unit}" if unit != "s" else f"{value:,.1f} s"


def described() -> Mapping[str, Any]:
    """The registry for a browser."""
    return {
        name: {
            "label": figure.label,
            "unit": figure.unit,
            "help": figure.help,
            "limit": figure.limit,
            "states": figure.states,
        }
        for name, figure in FIGURES.items()
    }
