"""The processor and its memory, read through psutil."""

from __future__ import annotations

import math
import os
import platform
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from core.devices import cgroup, system_facts
from core.devices.reading import Device, Reading, by_name, not_reported

# Shortest time over which a utilisation means anything: the kernel counts in ticks of 10 ms.
_MIN_S = 0.1

_INSTRUCTIONS = {
    "avx2": "AVX2",
    "avx512f": "AVX-512",
    "avx512_bf16": "AVX-512 BF16",
    "amx_bf16": "AMX BF16",
    "asimd": "NEON",
    "sve": "SVE",
    "bf16": "BF16",
}


@dataclass(frozen=True)
class Mark:
    """CPU time counters at one moment; two of them give the utilisation in between. All in seconds."""

    at_s: float  # of time.perf_counter()
    busy_s: float  # over all cores
    total_s: float  # busy and idle, over all cores
    own_s: float  # of this process
    steal_s: float = 0.0  # part of busy_s: time that a virtual machine's host gave to other guests


def mark() -> Mark:
    """The counters now, over all cores; own_s is this process alone."""
    times = psutil.cpu_times()
    busy, total = _busy_and_total(times)
    own = psutil.Process().cpu_times()
    steal = getattr(times, "steal", 0.0)
    return Mark(time.perf_counter(), busy, total, own.user + own.system, steal)


def _busy_and_total(times: Any) -> tuple[float, float]:
    # guest and guest_nice are contained in user and nice already.
    total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return total - times.idle - getattr(times, "iowait", 0.0), total


def device() -> Device:
    """This machine's processor."""
    facts: dict[str, str | int | float] = {
        "physical_cores": psutil.cpu_count(logical=False) or 0,
        "logical_cores": psutil.cpu_count(logical=True) or 0,
        "usable_cores": usable_cores(),
        "memory_bytes": memory_total_bytes(),
    }
    if why := why_fewer_cores():
        facts["cores_reason"] = why
    if instructions := _instructions():
        facts["instructions"] = ", ".join(instructions)
    return Device("cpu", model(), "cpu", {name: fact for name, fact in facts.items() if fact})


def read(since: Mark | None = None) -> dict[str, Reading]:
    """The processor's readings now; utilisation is that since the mark, else that of the next 0.1 s."""
    return by_name(
        *_utilisation(since),
        clock(),
        _temperature(),
        *memory(),
        _load_averages()[0],
    )


def monitored(since: Mark) -> dict[str, Reading]:
    """All that may change from second to second; utilisation and steal are those since the mark."""
    now, swap = mark(), psutil.swap_memory()
    return by_name(
        *utilisation(since, now),
        _steal(since, now),
        clock(),
        _temperature(),
        *memory(),
        Reading("swap_used", float(swap.used), "B"),
        Reading("swap_total", float(swap.total), "B"),
        *_load_averages(),
        *(replace(counter, name=f"{counter.name}_s") for counter in counters().values()),
        *_throttled_periods(),
    )


def health() -> dict[str, Reading]:
    """What changes rarely: the limits that a container has, and the machine's own figures beside them."""
    quota, limit, highest = cgroup.cpu_limit(), cgroup.memory_limit_bytes(), max_clock_mhz()
    return by_name(
        Reading("cpu_quota", quota, "")
        if quota is not None
        else not_reported("cpu_quota", "", "no control group limits the CPU time here"),
        Reading("memory_limit", float(limit), "B")
        if limit is not None
        else not_reported("memory_limit", "B", "no control group limits the memory here"),
        Reading("max_clock", highest, "MHz")
        if highest
        else not_reported("max_clock", "MHz", "the system does not report it"),
    )


def core_times() -> list[tuple[float, float]]:
    """Busy and all CPU time of each core so far, in s; two of these lists give each core's utilisation."""
    return [_busy_and_total(times) for times in psutil.cpu_times(percpu=True)]


def core_clocks() -> list[float]:
    """Each core's clock now, MHz; empty where clock() says why there is none."""
    if clock().value is None:
        return []
    try:
        found = [float(one.current) for one in psutil.cpu_freq(percpu=True)]
    except (AttributeError, OSError, NotImplementedError, RuntimeError, TypeError):
        return []
    return found if len(found) == psutil.cpu_count(logical=True) and all(found) else []


def memory() -> tuple[Reading, Reading, Reading]:
    """memory_used, memory_total and memory_free in bytes, within a container's limit where there is one."""
    total, free = memory_total_bytes(), memory_free_bytes()
    return (
        Reading("memory_used", float(max(0, total - free)), "B"),
        Reading("memory_total", float(total), "B"),
        Reading("memory_free", float(free), "B"),
    )


def memory_total_bytes() -> int:
    """Main memory, or a container's limit where that is less."""
    limit = cgroup.memory_limit_bytes()
    total = int(psutil.virtual_memory().total)
    return total if limit is None else min(total, limit)


def memory_free_bytes() -> int:
    """Main memory that a program can allocate now without swapping."""
    left = cgroup.memory_free_bytes()
    available = int(psutil.virtual_memory().available)
    return available if left is None else min(available, left)


def usable_cores() -> int:
    """How many threads may work at once without being stopped now and then. At least 1.

    That is the cores of the process's affinity (its CPU set), cut to the whole cores of a container's quota:
    with a quota of 7.65 cores, eight threads use it up before each period ends and then all stand still.
    """
    allowed, quota = _allowed_cores(), cgroup.cpu_limit()
    return allowed if quota is None else max(1, min(allowed, math.floor(quota)))


def max_threads() -> int:
    """How many threads may be asked for: one more than usable_cores() where a quota is no whole number."""
    allowed, quota = _allowed_cores(), cgroup.cpu_limit()
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def why_fewer_cores() -> str | None:
    """What keeps this process from the machine's other cores; None when nothing does."""
    logical, allowed, quota = psutil.cpu_count(logical=True) or 1, _allowed_cores(), cgroup.cpu_limit()
    if quota is not None and quota < allowed:
        cores, more = f"{quota:.3g} core{'' if quota == 1 else 's'}", math.floor(quota) + 1
        if quota < 1:
            return f"a container's CPU quota of {cores}; even one thread is stopped now and then"
        throttled = "" if quota == more - 1 else f"; {more} threads would be stopped now and then"
        return f"a container's CPU quota of {cores}{throttled}"
    if allowed < logical:
        return "the process's CPU set"
    return None


def _allowed_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return psutil.cpu_count(logical=True) or 1


@cache
def model() -> str:
    """The processor's model name, as it reports it."""
    named = _cpuinfo("model name") or system_facts.processor_name()
    return named or platform.processor() or platform.machine() or "CPU"


def _utilisation(since: Mark | None) -> tuple[Reading, Reading]:
    start = since or mark()
    elapsed = time.perf_counter() - start.at_s
    if elapsed < _MIN_S:
        time.sleep(_MIN_S - elapsed)
    return utilisation(start, mark())


def utilisation(start: Mark, end: Mark) -> tuple[Reading, Reading]:
    """utilisation (% of all cores) between two marks, and others: that of all other processes."""
    total = end.total_s - start.total_s
    if total <= 0:
        why = "the CPU time counters did not move"
        return not_reported("utilisation", "%", why), not_reported("others", "%", why)
    busy = 100 * (end.busy_s - start.busy_s) / total
    own = 100 * (end.own_s - start.own_s) / total
    return (
        Reading("utilisation", min(100.0, max(0.0, busy)), "%"),
        Reading("others", min(100.0, max(0.0, busy - own)), "%"),
    )


def _steal(start: Mark, end: Mark) -> Reading:
    total = end.total_s - start.total_s
    if total <= 0:
        return not_reported("steal", "%", "the CPU time counters did not move")
    return Reading("steal", min(100.0, max(0.0, 100 * (end.steal_s - start.steal_s) / total)), "%")


def _load_averages() -> list[Reading]:
    """Of the last 1, 5 and 15 minutes: programs that run or wait for a core or a disk."""
    names = ("load", "load_5", "load_15")
    if not hasattr(os, "getloadavg"):
        why = f"{platform.system()} has no load average"
        return [not_reported(name, "", why) for name in names]
    return [Reading(name, value, "") for name, value in zip(names, os.getloadavg(), strict=True)]


def counters() -> dict[str, Reading]:
    """Seconds for which this process was throttled, counted since some past moment: use differences.

    throttled_by_quota: a container's CPU quota was used up. throttled_by_heat: the hottest core or package.
    """
    return by_name(_throttled_by_quota(), _throttled_by_heat())


def clock() -> Reading:
    """The cores' clock now, MHz."""
    # Without cpufreq a virtual machine shows the constant rate of its time stamp counter, which is not the
    # cores' clock (2600 MHz was shown where 4000 were measured).
    has_cpufreq = Path("/sys/devices/system/cpu/cpu0/cpufreq").exists()
    if not has_cpufreq and "hypervisor" in _flags():
        return not_reported("clock", "MHz", "a virtual machine does not see its cores' clock")
    try:
        frequency = psutil.cpu_freq()
    except (OSError, NotImplementedError, RuntimeError) as error:
        return not_reported("clock", "MHz", str(error) or type(error).__name__)
    if frequency is None or not frequency.current:
        return not_reported("clock", "MHz", "the system does not report it")
    return Reading("clock", float(frequency.current), "MHz")


@cache
def max_clock_mhz() -> float | None:
    """The highest clock of any core, MHz; None where the system does not say, as in most virtual machines."""
    try:
        clocks = [float(one.max) for one in psutil.cpu_freq(percpu=True)]
    except (AttributeError, OSError, NotImplementedError, RuntimeError, TypeError):
        return None
    return max(clocks, default=0.0) or None


def _throttled_by_quota() -> Reading:
    seconds = cgroup.throttled_s()
    if seconds is None:
        return not_reported("throttled_by_quota", "s", "no control group counts it here")
    return Reading("throttled_by_quota", seconds, "s")


def _throttled_periods() -> list[Reading]:
    """Periods of a container's CPU quota so far, and how many of them ended with the quota used up."""
    found = cgroup.periods()
    if found is None:
        why = "no control group counts it here"
        return [not_reported(name, "", why) for name in ("quota_periods", "throttled_periods")]
    return [Reading("quota_periods", float(found[0]), ""), Reading("throttled_periods", float(found[1]), "")]


def _throttled_by_heat(cores: Path = Path("/sys/devices/system/cpu")) -> Reading:
    # Intel's processors alone count this, and virtual machines do not see it.
    found = [
        int(text)
        for kind in ("core", "package")
        for path in cores.glob(f"cpu[0-9]*/thermal_throttle/{kind}_throttle_total_time_ms")
        if (text := path.read_text(encoding="utf-8", errors="replace").strip()).isdigit()
    ]
    if not found:
        return not_reported("throttled_by_heat", "s", "the system does not count the time")
    return Reading("throttled_by_heat", max(found) / 1e3, "s")


def _temperature() -> Reading:
    if not hasattr(psutil, "sensors_temperatures"):
        return not_reported("temperature", "°C", f"psutil reads no temperatures on {platform.system()}")
    sensors = psutil.sensors_temperatures()
    for chip in ("coretemp", "k10temp", "zenpower", "cpu_thermal"):
        if sensors.get(chip):
            return Reading("temperature", max(float(entry.current) for entry in sensors[chip]), "°C")
    return not_reported("temperature", "°C", "the system shows no CPU temperature sensor")


def _instructions() -> list[str]:
    flags = _flags()
    return [name for flag, name in _INSTRUCTIONS.items() if flag in flags]


@cache
def _flags() -> frozenset[str]:
    return frozenset((_cpuinfo("flags") or _cpuinfo("Features")).split())


def _cpuinfo(field: str) -> str:
    """The first processor's field in /proc/cpuinfo; empty where there is none."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                name, _, value = line.partition(":")
                if name.strip() == field:
                    return value.strip()
    except OSError:
        pass
    return ""
