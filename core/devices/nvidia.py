"""NVIDIA GPUs, read through NVML. Reading them opens no CUDA context and needs no torch.

Source: https://docs.nvidia.com/deploy/nvml-api/ ; the bindings are the package nvidia-ml-py.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import pynvml

from core.devices.reading import Device, Reading, by_name, not_reported

# An older driver that lacks a function raises the mismatch error, which is not an NVMLError.
_ERRORS = (pynvml.NVMLError, pynvml.NVMLLibraryMismatchError)

_THROTTLING = {
    "throttled_by_power": pynvml.nvmlClocksThrottleReasonSwPowerCap
    | pynvml.nvmlClocksThrottleReasonHwPowerBrakeSlowdown,
    "throttled_by_heat": pynvml.nvmlClocksThrottleReasonSwThermalSlowdown
    | pynvml.nvmlClocksThrottleReasonHwThermalSlowdown,
    "throttled_by_hardware": pynvml.nvmlClocksThrottleReasonHwSlowdown,
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
    """The GPUs that CUDA programs see here, in their order; empty when not_reported() says why."""
    if _why_no_library():
        return []
    return [_device(f"cuda:{index}", handle) for index, handle in enumerate(_visible_handles())]


def absent_because() -> str | None:
    """Why there is no NVIDIA GPU, or None when there is one."""
    if why := _why_no_library():
        return why
    try:
        count = pynvml.nvmlDeviceGetCount()
    except _ERRORS as error:
        return f"The NVIDIA driver does not list its GPUs: {error}"
    if not count:
        return "The NVIDIA driver lists no GPU"
    if not _visible_handles():
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        return f"CUDA_VISIBLE_DEVICES={visible!r} hides every GPU that the driver lists ({count})"
    return None


def read(device_id: str) -> dict[str, Reading]:
    """The readings of "cuda:0", "cuda:1", ... or of a GPU named by its UUID ("GPU-...").

    throttled_by_* are 1 while the clock is throttled for that reason, else 0. For an absent GPU every reading
    has the reason.
    """
    return by_name(*(_reading(name, unit, device_id, ask) for name, (unit, ask) in _READINGS.items()))


def counters(device_id: str) -> dict[str, Reading]:
    """What a GPU has counted since its driver started: use differences. Like read() otherwise.

    energy in J; throttled_by_power_cap, _power_brake, _heat and _hot_hardware: seconds for which the clock
    was throttled for that reason.
    """
    energy = _reading("energy", "J", device_id, _energy_j)
    throttled = (
        _reading(name, "s", device_id, partial(_throttled_s, *of)) for name, of in _THROTTLE_COUNTERS.items()
    )
    return by_name(energy, *throttled)


def link(device_id: str) -> dict[str, Reading]:
    """pcie_generation and pcie_width (lanes) of a GPU's link as it is now: it slows down while it rests."""
    return by_name(
        _reading("pcie_generation", "", device_id, pynvml.nvmlDeviceGetCurrPcieLinkGeneration),
        _reading("pcie_width", "", device_id, pynvml.nvmlDeviceGetCurrPcieLinkWidth),
    )


def compute_processes(device_id: str) -> dict[int, int | None]:
    """Processes that have work or memory on a GPU: process id to the % of its cores used in the last second.

    None where that is not reported. In a container the ids may be the host's.
    Raises LookupError, with the reason, where the list is not reported.
    """
    try:
        handle = _handle(device_id)
        known = [int(process.pid) for process in _compute_processes(handle)]
    except _ERRORS as error:
        raise LookupError(f"not reported: {error}") from None
    utilisation = _recent_utilisation(handle)
    return {pid: None if utilisation is None else utilisation.get(pid, 0) for pid in known}


def driver() -> dict[str, str]:
    """The driver's version and the newest CUDA that it can run; empty without a driver."""
    if _why_no_library():
        return {}
    facts = {"driver": _fact(pynvml.nvmlSystemGetDriverVersion)}
    cuda = _fact(pynvml.nvmlSystemGetCudaDriverVersion)
    if isinstance(cuda, int):
        facts["cuda"] = f"{cuda // 1000}.{cuda % 1000 // 10}"
    return {name: str(fact) for name, fact in facts.items() if fact is not None}


def cuda_order(uuids: Sequence[str], environment: Mapping[str, str]) -> list[int]:
    """Which of NVML's GPUs CUDA shows as 0, 1, ..., as indices into uuids.

    CUDA_VISIBLE_DEVICES lists indices or the beginnings of UUIDs; the first entry that names nothing ends the
    list, and an entry given twice empties it. Indices count in NVML's order only for CUDA_DEVICE_ORDER=
    PCI_BUS_ID or like GPUs; a process that has a CUDA context knows each UUID and can read by that.
    Source: CUDA C++ Programming Guide, "CUDA Environment Variables".
    """
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return list(range(len(uuids)))
    order: list[int] = []
    for entry in (part.strip() for part in visible.split(",")):
        if entry.isdigit():
            matches = [int(entry)] if int(entry) < len(uuids) else []
        else:
            matches = [index for index, uuid in enumerate(uuids) if entry and uuid.startswith(entry)]
        if len(matches) != 1:
            break
        order += matches
    return order if len(set(order)) == len(order) else []


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
    except _ERRORS as error:
        return f"The NVIDIA driver does not start: {error}"
    return None


def _visible_handles() -> list[Any]:
    try:
        every = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    except _ERRORS:
        return []  # absent_because() says why
    uuids = [str(_fact(partial(pynvml.nvmlDeviceGetUUID, handle)) or "") for handle in every]
    return [every[index] for index in cuda_order(uuids, os.environ)]


def _handle(device_id: str) -> Any:
    """NVML's handle; raises LookupError with the reason when there is no such GPU."""
    if why := _why_no_library():
        raise LookupError(why)
    if device_id.startswith("GPU-"):
        return pynvml.nvmlDeviceGetHandleByUUID(device_id)
    handles, index = _visible_handles(), device_id.removeprefix("cuda").removeprefix(":") or "0"
    if int(index) >= len(handles):
        raise LookupError(f"there is no {device_id}; NVIDIA GPUs that can be seen: {len(handles)}")
    return handles[int(index)]


def _device(device_id: str, handle: Any) -> Device:
    queries: dict[str, Callable[[], Any]] = {
        "uuid": lambda: pynvml.nvmlDeviceGetUUID(handle),
        "pci_bus_id": lambda: _text(pynvml.nvmlDeviceGetPciInfo(handle).busId),
        "compute_capability": lambda: "{}.{}".format(*pynvml.nvmlDeviceGetCudaComputeCapability(handle)),
        "memory_bytes": lambda: int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
        "max_clock_mhz": lambda: int(pynvml.nvmlDeviceGetMaxClockInfo(handle, pynvml.NVML_CLOCK_SM)),
    }
    facts = {name: _fact(ask) for name, ask in queries.items()}
    known = {name: fact for name, fact in facts.items() if fact is not None}
    name = _fact(lambda: pynvml.nvmlDeviceGetName(handle)) or "NVIDIA GPU"
    return Device(device_id, str(name), "cuda", known | driver())


def _temperature(handle: Any) -> float:
    try:
        return float(pynvml.nvmlDeviceGetTemperatureV(handle, pynvml.NVML_TEMPERATURE_GPU))
    except (pynvml.NVMLError_FunctionNotFound, pynvml.NVMLLibraryMismatchError):  # drivers before 565
        return float(pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU))


def _throttled(mask: int, handle: Any) -> float:
    return float(bool(_event_reasons(handle) & mask))


def _event_reasons(handle: Any) -> int:
    try:
        return int(pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle))
    except (pynvml.NVMLError_FunctionNotFound, pynvml.NVMLLibraryMismatchError):  # the name before driver 535
        return int(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle))


def _energy_j(handle: Any) -> float:
    return pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1000  # mJ; Volta and newer


def _throttled_s(field: int, policy: int | None, handle: Any) -> float:
    """Seconds from a field's counter; from the older violation counter where the driver lacks the field."""
    try:
        (value,) = pynvml.nvmlDeviceGetFieldValues(handle, [field])
        if value.nvmlReturn == pynvml.NVML_SUCCESS:
            return value.value.ullVal / 1e9
        refused = pynvml.NVMLError(value.nvmlReturn)
    except _ERRORS as error:
        refused = error
    if policy is None:
        raise refused
    return pynvml.nvmlDeviceGetViolationStatus(handle, policy).violationTime / 1e9


def _compute_processes(handle: Any) -> Sequence[Any]:
    try:
        return pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
    except (pynvml.NVMLError_FunctionNotFound, pynvml.NVMLLibraryMismatchError):  # drivers before 510
        return pynvml.nvmlDeviceGetComputeRunningProcesses_v2(handle)


def _recent_utilisation(handle: Any) -> dict[int, int] | None:
    """Utilisation of the GPU's cores by each process (%) over the last second; None if not recorded."""
    since_us = int((time.time() - 1) * 1e6)
    try:
        samples = pynvml.nvmlDeviceGetProcessUtilization(handle, since_us)
    except pynvml.NVMLError_NotFound:
        return {}  # no process ran
    except _ERRORS:
        return None
    utilisation: dict[int, int] = {}
    for sample in samples:
        utilisation[int(sample.pid)] = max(utilisation.get(int(sample.pid), 0), int(sample.smUtil))
    return utilisation


def _reading(name: str, unit: str, device_id: str, ask: Callable[[Any], float]) -> Reading:
    try:
        return Reading(name, float(ask(_handle(device_id))), unit)
    except (*_ERRORS, LookupError) as error:
        return not_reported(name, unit, str(error.args[0]) if isinstance(error, LookupError) else str(error))


def _fact(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except _ERRORS:
        return None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


_READINGS: dict[str, tuple[str, Callable[[Any], float]]] = {
    "utilisation": ("%", lambda handle: pynvml.nvmlDeviceGetUtilizationRates(handle).gpu),
    "clock": ("MHz", lambda handle: pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM)),
    "memory_clock": ("MHz", lambda handle: pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_MEM)),
    "temperature": ("°C", _temperature),
    "power": ("W", lambda handle: pynvml.nvmlDeviceGetPowerUsage(handle) / 1000),
    "power_limit": ("W", lambda handle: pynvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000),
    "memory_used": ("B", lambda handle: pynvml.nvmlDeviceGetMemoryInfo(handle).used),
    "memory_total": ("B", lambda handle: pynvml.nvmlDeviceGetMemoryInfo(handle).total),
    "memory_free": ("B", lambda handle: pynvml.nvmlDeviceGetMemoryInfo(handle).free),
    **{name: ("", partial(_throttled, mask)) for name, mask in _THROTTLING.items()},
}
