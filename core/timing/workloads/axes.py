"""The axes that workloads are measured over, checked without torch: devices, formats, threads, data, time.

Each check raises InvalidRequest, which says what is allowed.
"""

from __future__ import annotations

import re
from typing import Any

from core import devices
from core.checks import integer, number, one_of
from core.errors import InvalidRequest
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.operand_fill import OPERAND_FILLS
from core.torch_devices import resolve

# Matrix libraries count rows in 32 bits.
_MAX_SIZE = 2**31 - 1


def resolved_devices(names: Any) -> tuple[str, ...]:
    """torch's full names of devices ("cuda" is "cuda:0"), checked; one that is not here is no error."""
    _not_empty("devices", names)
    for name in names:
        _known_device(name)
    return tuple(resolve(name) for name in names)


def check_sizes(sizes: Any) -> None:
    """At least one size, each from 1 on."""
    _not_empty("sizes", sizes)
    for size in sizes:
        integer("size", size, low=1, high=_MAX_SIZE)


def check_dtypes(dtypes: Any) -> None:
    """At least one number format, each of DTYPE_BYTES."""
    _not_empty("dtypes", dtypes)
    for dtype in dtypes:
        one_of("dtype", dtype, list(DTYPE_BYTES))


def check_threads(threads: Any) -> None:
    """At least one number of CPU threads, each 0 (all usable cores) or up to that many."""
    _not_empty("threads", threads)
    for count in threads:
        integer("number of threads", count, low=0, high=devices.usable_cores())


def check_data(data: Any) -> None:
    """At least one way to fill operands, each of OPERAND_FILLS."""
    _not_empty("data", data)
    for fill in data:
        one_of("operand fill", fill, OPERAND_FILLS)


def check_steps(steps: Any, of: str, allowed: tuple[str, ...]) -> None:
    """At least one step, each of those that a workload has."""
    _not_empty("steps", steps)
    for step in steps:
        one_of(f"step of {of}", step, allowed)


def check_seed(seed: Any) -> None:
    """A whole number that torch's generators take."""
    integer("seed", seed, low=0, high=2**63 - 1)


def check_max_seconds(seconds: Any, low: float = 0.05) -> None:
    """From a fraction of a second to ten minutes."""
    number("max-seconds", seconds, low, 600.0)


def thread_counts(threads: tuple[int, ...], device: str) -> list[int | None]:
    """CPU threads to measure with on a device: 0 becomes all usable cores; [None] on an accelerator."""
    return [count or devices.usable_cores() for count in threads] if device == "cpu" else [None]


def free_memory_bytes(device: str) -> int | None:
    """What is free on a device that this machine has; None where nothing tells."""
    here = {found.id for found in devices.devices()}
    return devices.memory_free_bytes(device) if device in here else None


def _known_device(device: Any) -> None:
    kinds = "|".join(devices.KINDS)
    if not isinstance(device, str) or not re.fullmatch(rf"{kinds}|(cuda|xpu):(0|[1-9]\d?)", device):
        names = ", ".join(devices.KINDS)
        raise InvalidRequest(f"Unknown device {device!r}; the devices are {names}, and cuda:N or xpu:N.")


def _not_empty(what: str, given: Any) -> None:
    if not isinstance(given, tuple) or not given:
        raise InvalidRequest(f"No {what} given; at least one is needed.")
