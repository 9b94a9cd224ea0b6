"""NVIDIA GPUs, read through NVML. Reading them opens no CUDA context and needs no torch.

Whatever a call of NVML raises or says, it costs that one figure and has a reason; nothing else fails for it.
Source: https://docs.nvidia.com/deploy/nvml-api/ ; the bindings are the package nvidia-ml-py.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import pynvml

from core.devices import asking
from core.devices.asking import Ask, asked, fact, in_words, text
from core.devices.gpu_processes import GpuProcess
from core.devices.plausible import believed
from core.devices.reading import Device, Reading
from core.devices.visible import VISIBLE, cuda_order, slice_named

# An older driver that lacks a function raises the mismatch error, which is not an NVMLError.
_LACKS_IT = (pynvml.NVMLError_FunctionNotFound, pynvml.NVMLLibraryMismatchError)

_MAX_GPUS = 256  # in one machine; a driver that counts more is not to be believed

_THROTTLING = {
    "throttled_by_power": pynvml.nvmlClocksThrottleReasonSwPowerCap
    | pynvml.nvmlClocksThrottleReasonHwPowerBrakeSlowdown,
    "throttled_by_heat": pynvml.nvmlClocksThrottleReasonSwThermalSlowdown
    | pynvml.nvmlClocksThrottleReasonHwThermalSlowdown,
    "throttled_by_hardware": pynvml.nvmlClocksThrottleReasonHwSlowdown,
}

# Why a clock is not at its highest, by NVML's bits, in words for people.
CLOCK_REASONS = {
    pynvml.nvmlClocksThrottleReasonGpuIdle: "nothing to do",
    pynvml.nvmlClocksThrottleReasonApplicationsClocksSetting: "set by an administrator",
    pynvml.nvmlClocksThrottleReasonSwPowerCap: "the power limit",
    pynvml.nvmlClocksThrottleReasonHwSlowdown: "the hardware: heat, or the power supply",
    pynvml.nvmlClocksThrottleReasonSyncBoost: "another GPU of its group, with which it keeps pace",
    pynvml.nvmlClocksThrottleReasonSwThermalSlowdown: "heat",
    pynvml.nvmlClocksThrottleReasonHwThermalSlowdown: "too much heat (hardware slow-down)",
    pynvml.nvmlClocksThrottleReasonHwPowerBrakeSlowdown: "the power supply of the machine",
    pynvml.nvmlClocksThrottleReasonDisplayClockSetting: "a display",
}

# Counters of nanoseconds: the field of newer drivers, and the policy under which older ones count the same.
_THROTTLE_COUNTERS: dict[str, tuple[int, int | None]] = {
    "throttled_by_power_cap": (pynvml.NVML_FI_DEV_PERF_POLICY_POWER, pynvml.NVML_PERF_POLICY_POWER),
    "throttled_by_power_brake": (pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN, None),
    "throttled_by_heat": (
        pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN,
        pynvml.NVML_PERF_POLICY_THERMAL,
    ),
    "throttled_by_hot_hardware": (pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN, None),
}


def devices() -> list[Device]:
    """The GPUs that CUDA programs see here, in their order; empty when absent_because() says why."""
    try:
        return [_device(f"cuda:{index}", handle) for index, handle in enumerate(_visible_handles())]
    except LookupError:
        return []


def absent_because() -> str | None:
    """Why there is no NVIDIA GPU, or None when there is one."""
    if why := _why_no_library():
        return why
    try:
        found = _handles()
    except LookupError as error:
        return f"The NVIDIA driver does not list its GPUs: {error}"
    if not found:
        return "The NVIDIA driver lists no GPU"
    if all(isinstance(handle, LookupError) for handle in found):
        return f"The NVIDIA driver cannot reach its GPUs: {found[0]}"
    try:
        seen = _visible_handles()
    except LookupError as error:
        return f"{VISIBLE}={os.environ.get(VISIBLE)!r} names a slice that the driver does not give: {error}"
    if not seen:
        return f"{VISIBLE}={os.environ.get(VISIBLE)!r} hides every GPU that the driver lists ({len(found)})"
    return None


def has_library() -> bool:
    """Whether NVML itself is there, with or without a GPU."""
    return _why_no_library() is None


def unreachable() -> list[str]:
    """A sentence for each GPU that the driver lists and cannot reach: lost, or forbidden."""
    try:
        found = _handles() if has_library() else []
    except LookupError:
        return []
    return [
        f"The NVIDIA driver cannot reach its GPU {number}: {handle}"
        for number, handle in enumerate(found)
        if isinstance(handle, LookupError)
    ]


def read(device_id: str) -> dict[str, Reading]:
    """The readings of "cuda:0", "cuda:1", ... or of a GPU named by its UUID ("GPU-...", a slice's "MIG-...").

    throttled_by_* are 1 while the clock is throttled for that reason, else 0. For an absent GPU every reading
    has the reason.
    """
    return asking.read(partial(_handle, device_id), _READINGS)


def counters(device_id: str) -> dict[str, Reading]:
    """What a GPU has counted since its driver started: use differences. Like read() otherwise.

    energy in J; throttled_by_power_cap, _power_brake, _heat and _hot_hardware: seconds for which the clock
    was throttled for that reason.
    """
    return asking.read(partial(_handle, device_id), _COUNTERS)


def link(device_id: str) -> dict[str, Reading]:
    """pcie_generation and pcie_width (lanes) of a GPU's link as it is now: it slows down while it rests."""
    return asking.read(partial(_handle, device_id), _LINK)


def monitored(device_id: str) -> dict[str, Reading]:
    """All that may change from second to second: the readings, the counters, the link, and more.

    Counters of throttling, which read() names alike, have _s behind their names here.
    """
    return asking.read(partial(_handle, device_id), _READINGS | _COUNTED | _LINK | _MORE)


def health(device_id: str) -> dict[str, Reading]:
    """What changes rarely or never: limits, memory errors, modes."""
    return asking.read(partial(_handle, device_id), _HEALTH)


def pcie_rates(device_id: str) -> dict[str, Reading]:
    """Bytes a second over PCIe, of cards that do not count them. Each of the two figures waits for 20 ms."""
    return asking.read(partial(_handle, device_id), _PCIE_RATES)


def processes(device_id: str) -> list[GpuProcess]:
    """The processes on a GPU, those that draw among them. In a container the ids may be the host's.

    Raises LookupError, with the reason, where the list is not reported.
    """
    try:
        handle = _handle(device_id)
        found = {int(one.pid): one for one in fact(_graphics_processes, handle) or ()}
        found |= {int(one.pid): one for one in asked(_compute_processes, handle)}
    except LookupError as error:
        raise LookupError(f"not reported: {in_words(error)}") from None
    utilisation = fact(_recent_utilisation, handle)
    return [
        GpuProcess(
            pid,
            fact(lambda: int(believed("memory", one.usedGpuMemory))),  # noqa: B023  called at once
            None if utilisation is None else utilisation.get(pid, 0),
        )
        for pid, one in sorted(found.items())
        if pid > 0
    ]


def restart() -> None:
    """Start NVML anew: a card that was lost, or a driver that was not loaded, is found after that alone."""
    fact(pynvml.nvmlShutdown)
    _why_no_library.cache_clear()


def compute_processes(device_id: str) -> dict[int, int | None]:
    """Processes that have work or memory on a GPU: process id to the % of its cores used in the last second.

    None where that is not reported. In a container the ids may be the host's.
    Raises LookupError, with the reason, where the list is not reported.
    """
    try:
        handle = _handle(device_id)
        known = [int(process.pid) for process in asked(_compute_processes, handle)]
    except LookupError as error:
        raise LookupError(f"not reported: {in_words(error)}") from None
    utilisation = fact(_recent_utilisation, handle)
    return {pid: None if utilisation is None else utilisation.get(pid, 0) for pid in known}


@cache
def with_uuid(uuid: str) -> str:
    """The name under which read() knows torch's UUID of a device, which lacks what it begins with."""
    bare = uuid.removeprefix("GPU-").removeprefix("MIG-")
    for name in (f"GPU-{bare}", f"MIG-{bare}"):
        if has_library() and fact(pynvml.nvmlDeviceGetHandleByUUID, name) is not None:
            return name
    return f"GPU-{bare}"


def driver() -> dict[str, str]:
    """The driver's version and the newest CUDA that it can run; empty without a driver."""
    if _why_no_library():
        return {}
    facts = {"driver": text(pynvml.nvmlSystemGetDriverVersion)}
    cuda = fact(pynvml.nvmlSystemGetCudaDriverVersion)
    if isinstance(cuda, int) and 1000 <= cuda < 100_000:
        facts["cuda"] = f"{cuda // 1000}.{cuda % 1000 // 10}"
    return {name: fact for name, fact in facts.items() if fact}


@cache
def _why_no_library() -> str | None:
    """Start NVML once in a process; the reason when it does not start."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError_LibraryNotFound:
        library = "nvml.dll" if os.name == "nt" else "libnvidia-ml.so.1"
        return f"No NVIDIA driver: {library} was not found"
    except pynvml.NVMLError_DriverNotLoaded:
        return "The NVIDIA driver is installed but not loaded"
    except Exception as error:
        return f"The NVIDIA driver does not start: {in_words(error)}"
    return None


def _handles() -> list[Any]:
    """NVML's handle of each GPU that it counts, or the LookupError with the reason why it gives none.

    Raises LookupError where it does not count them.
    """
    count = asked(pynvml.nvmlDeviceGetCount)
    if not 0 <= count <= _MAX_GPUS:
        raise LookupError(f"it counts {count}, which cannot be")
    found = []
    for index in range(count):
        try:
            found.append(asked(pynvml.nvmlDeviceGetHandleByIndex, index))
        except LookupError as error:
            found.append(error)
    return found


def _visible_handles() -> list[Any]:
    """The handles of what CUDA shows, in its order: it passes over a GPU that cannot be reached.

    Raises LookupError where the driver lists none, or does not give the slice that is named.
    """
    if why := _why_no_library():
        raise LookupError(why)
    if name := slice_named(os.environ):
        return [asked(pynvml.nvmlDeviceGetHandleByUUID, name)]
    within_reach = [handle for handle in _handles() if not isinstance(handle, LookupError)]
    uuids = [text(pynvml.nvmlDeviceGetUUID, handle) for handle in within_reach]
    return [within_reach[index] for index in cuda_order(uuids, os.environ)]


def _handle(device_id: str) -> Any:
    """NVML's handle; raises LookupError with the reason when there is no such GPU."""
    if why := _why_no_library():
        raise LookupError(why.removeprefix("No NVIDIA driver: "))
    if device_id.startswith(("GPU-", "MIG-")):
        return asked(pynvml.nvmlDeviceGetHandleByUUID, device_id)
    handles, index = _visible_handles(), device_id.removeprefix("cuda").removeprefix(":") or "0"
    if int(index) >= len(handles):
        raise LookupError(f"there is no {device_id}; NVIDIA GPUs that can be seen: {len(handles)}")
    return handles[int(index)]


def _device(device_id: str, handle: Any) -> Device:
    uuid = text(pynvml.nvmlDeviceGetUUID, handle)
    bus = text(lambda: pynvml.nvmlDeviceGetPciInfo(handle).busId)
    facts: dict[str, Any] = {
        "uuid": uuid if re.fullmatch(r"(GPU|MIG)-[\w/-]+", uuid) else None,
        "pci_bus_id": bus if re.fullmatch(r"[0-9A-Fa-f:.]+", bus) else None,
        "compute_capability": fact(_compute_capability, handle),
        "memory_bytes": fact(lambda: int(_memory("total", handle))),
        "max_clock_mhz": fact(lambda: int(_MAX_CLOCK(handle))),
    }
    known = {name: fact for name, fact in facts.items() if fact is not None}
    name = text(pynvml.nvmlDeviceGetName, handle)
    return Device(device_id, name if len(name) > 1 else "NVIDIA GPU", "cuda", known | driver())


def _compute_capability(handle: Any) -> str:
    major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
    if not (1 <= major < 100 and 0 <= minor < 100):
        raise LookupError("the driver gives what cannot be")
    return f"{major}.{minor}"


def _memory(part: str, handle: Any) -> float:
    """Bytes that are "used" or "free", or "total", of which both together cannot be more."""
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    total = believed("memory_total", memory.total)
    found = believed("memory", getattr(memory, part))
    if found > total or memory.used + memory.free > total:
        raise LookupError("the driver gives more than there is")
    return found


def _temperature(handle: Any) -> float:
    try:
        raw = pynvml.nvmlDeviceGetTemperatureV(handle, pynvml.NVML_TEMPERATURE_GPU)
    except _LACKS_IT:  # drivers before 565
        raw = pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU)
    return believed("temperature", raw)


def _throttled(mask: int, handle: Any) -> float:
    try:
        raw = pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle)
    except _LACKS_IT:  # the name before driver 535
        raw = pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)
    return float(bool(int(believed("flags", raw)) & mask))


def _throttled_s(field: int, policy: int | None, handle: Any) -> float:
    """Seconds from a field's counter; from the older violation counter where the driver lacks the field."""
    try:
        return believed("seconds", _field(field, handle), 1e-9)
    except (*_LACKS_IT, pynvml.NVMLError):
        if policy is None:
            raise
    raw = pynvml.nvmlDeviceGetViolationStatus(handle, policy).violationTime
    return believed("seconds", raw, 1e-9)


def _field(field: int | tuple[int, int], handle: Any) -> int:
    """The value of a field, or of (field, scope); raises as its own return code says."""
    (value,) = pynvml.nvmlDeviceGetFieldValues(handle, [field])
    if value.nvmlReturn != pynvml.NVML_SUCCESS:
        raise pynvml.NVMLError(value.nvmlReturn)
    return int(value.value.ullVal)


def _clock_reasons(handle: Any) -> float:
    """The reasons as bits, those alone that have a name."""
    try:
        raw = pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle)
    except _LACKS_IT:  # as in _throttled()
        raw = pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)
    return float(int(believed("flags", raw)) & sum(CLOCK_REASONS))


def _remapped(which: slice, handle: Any) -> float:
    """Of corrected errors, of uncorrectable ones, whether some wait for a reset, whether one failed."""
    rows = pynvml.nvmlDeviceGetRemappedRows(handle)
    return sum(believed("switch" if part > 1 else "rows", rows[part]) for part in range(4)[which])


def _compute_processes(handle: Any) -> Sequence[Any]:
    try:
        return pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
    except _LACKS_IT:  # drivers before 510
        return pynvml.nvmlDeviceGetComputeRunningProcesses_v2(handle)


def _graphics_processes(handle: Any) -> Sequence[Any]:
    return pynvml.nvmlDeviceGetGraphicsRunningProcesses(handle)


def _recent_utilisation(handle: Any) -> dict[int, int]:
    """Utilisation of the GPU's cores by each process (%) over the last second; raises if not recorded."""
    since_us = int((time.time() - 1) * 1e6)
    try:
        samples = pynvml.nvmlDeviceGetProcessUtilization(handle, since_us)
    except pynvml.NVMLError_NotFound:
        return {}  # no process ran
    utilisation: dict[int, int] = {}
    for sample in samples:
        used = int(believed("utilisation", int(sample.smUtil)))
        utilisation[int(sample.pid)] = max(utilisation.get(int(sample.pid), 0), used)
    return utilisation


def _figure(of: str, ask: Callable[[Any], Any], scale: float = 1.0) -> Callable[[Any], float]:
    return lambda handle: believed(of, ask(handle), scale)


_MAX_CLOCK = _figure("clock", lambda h: pynvml.nvmlDeviceGetMaxClockInfo(h, pynvml.NVML_CLOCK_SM))
_READINGS: dict[str, Ask] = {
    "utilisation": ("%", _figure("utilisation", lambda h: pynvml.nvmlDeviceGetUtilizationRates(h).gpu)),
    "clock": ("MHz", _figure("clock", lambda h: pynvml.nvmlDeviceGetClockInfo(h, pynvml.NVML_CLOCK_SM))),
    "memory_clock": (
        "MHz",
        _figure("memory_clock", lambda h: pynvml.nvmlDeviceGetClockInfo(h, pynvml.NVML_CLOCK_MEM)),
    ),
    "temperature": ("°C", _temperature),
    "power": ("W", _figure("power", lambda h: pynvml.nvmlDeviceGetPowerUsage(h), 1e-3)),
    "power_limit": ("W", _figure("power_limit", lambda h: pynvml.nvmlDeviceGetEnforcedPowerLimit(h), 1e-3)),
    "memory_used": ("B", partial(_memory, "used")),
    "memory_total": ("B", partial(_memory, "total")),
    "memory_free": ("B", partial(_memory, "free")),
    **{name: ("", partial(_throttled, mask)) for name, mask in _THROTTLING.items()},
}
# The energy is counted in mJ, on Volta and newer.
_ENERGY = _figure("energy", lambda h: pynvml.nvmlDeviceGetTotalEnergyConsumption(h), 1e-3)
_COUNTERS: dict[str, Ask] = {
    "energy": ("J", _ENERGY),
    **{name: ("s", partial(_throttled_s, *of)) for name, of in _THROTTLE_COUNTERS.items()},
}

_COUNTED = {f"{name}_s" if name.startswith("throttled") else name: ask for name, ask in _COUNTERS.items()}

_LINK: dict[str, Ask] = {
    "pcie_generation": (
        "",
        lambda handle: believed("link", pynvml.nvmlDeviceGetCurrPcieLinkGeneration(handle)),
    ),
    "pcie_width": ("", lambda handle: believed("link", pynvml.nvmlDeviceGetCurrPcieLinkWidth(handle))),
}

# Beside the readings above; the sum over all links is the scope of NVLink's counters, which are in KiB.
_ALL_LINKS = 2**32 - 1
_MORE: dict[str, Ask] = {
    "memory_utilisation": (
        "%",
        _figure("utilisation", lambda h: pynvml.nvmlDeviceGetUtilizationRates(h).memory),
    ),
    "clock_reasons": ("", _clock_reasons),
    "memory_temperature": ("°C", _figure("warm", partial(_field, pynvml.NVML_FI_DEV_MEMORY_TEMP))),
    "fan": ("%", _figure("fan", lambda h: pynvml.nvmlDeviceGetFanSpeed(h))),
    "performance_state": ("", _figure("state", lambda h: pynvml.nvmlDeviceGetPerformanceState(h))),
    "pcie_sent": ("B", _figure("bytes", partial(_field, pynvml.NVML_FI_DEV_PCIE_COUNT_TX_BYTES))),
    "pcie_received": ("B", _figure("bytes", partial(_field, pynvml.NVML_FI_DEV_PCIE_COUNT_RX_BYTES))),
    "nvlink_sent": (
        "B",
        _figure("bytes", partial(_field, (pynvml.NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX, _ALL_LINKS)), 2**10),
    ),
    "nvlink_received": (
        "B",
        _figure("bytes", partial(_field, (pynvml.NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX, _ALL_LINKS)), 2**10),
    ),
}
_PCIE_RATES: dict[str, Ask] = {  # in kB/s
    "pcie_sent_rate": (
        "B/s",
        _figure("rate", lambda h: pynvml.nvmlDeviceGetPcieThroughput(h, pynvml.NVML_PCIE_UTIL_TX_BYTES), 1e3),
    ),
    "pcie_received_rate": (
        "B/s",
        _figure("rate", lambda h: pynvml.nvmlDeviceGetPcieThroughput(h, pynvml.NVML_PCIE_UTIL_RX_BYTES), 1e3),
    ),
}


def _ecc_errors(kind: int, handle: Any) -> float:
    """Since the driver was loaded; the older ones are counted apart."""
    return believed("count", pynvml.nvmlDeviceGetTotalEccErrors(handle, kind, pynvml.NVML_VOLATILE_ECC))


_HEALTH: dict[str, Ask] = {
    "max_clock": ("MHz", _MAX_CLOCK),
    "max_memory_clock": (
        "MHz",
        _figure("memory_clock", lambda h: pynvml.nvmlDeviceGetMaxClockInfo(h, pynvml.NVML_CLOCK_MEM)),
    ),
    "slowdown_temperature": (
        "°C",
        _figure(
            "threshold",
            lambda h: pynvml.nvmlDeviceGetTemperatureThreshold(h, pynvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN),
        ),
    ),
    "max_pcie_generation": ("", _figure("link", lambda h: pynvml.nvmlDeviceGetMaxPcieLinkGeneration(h))),
    "max_pcie_width": ("", _figure("link", lambda h: pynvml.nvmlDeviceGetMaxPcieLinkWidth(h))),
    "pcie_replays": ("", _figure("count", lambda h: pynvml.nvmlDeviceGetPcieReplayCounter(h))),
    "ecc_mode": ("", _figure("switch", lambda h: pynvml.nvmlDeviceGetEccMode(h)[0])),
    "ecc_corrected": ("", partial(_ecc_errors, pynvml.NVML_MEMORY_ERROR_TYPE_CORRECTED)),
    "ecc_uncorrected": ("", partial(_ecc_errors, pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED)),
    "remapped_rows": ("", partial(_remapped, slice(0, 2))),
    "remapping_pending": ("", partial(_remapped, slice(2, 3))),
    "remapping_failed": ("", partial(_remapped, slice(3, 4))),
    "mig_mode": ("", _figure("switch", lambda h: pynvml.nvmlDeviceGetMigMode(h)[0])),
}
