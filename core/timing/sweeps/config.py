"""What a sweep is asked to measure: checked where it is made, without torch, before anything allocates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from core import devices
from core.checks import integer, number, one_of
from core.errors import InvalidRequest
from core.timing.workloads import find_workload
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.operand_fill import OPERAND_FILLS

# Matrix libraries count rows in 32 bits.
_MAX_SIZE = 2**31 - 1


@dataclass(frozen=True)
class SweepConfig:
    """One workload over sizes x dtypes x devices x CPU threads x steps x data regimes.

    devices: torch's names; "cuda" is the first GPU. One that this machine lacks is reported, not refused.
    threads: CPU threads, 0 for all usable cores; they do not apply to accelerators.
    target_ci: a point is done when the 95% confidence interval of its median is this narrow (relative width).
    max_seconds: or when it has taken this long.
    thorough: also the time on cold caches, the precision that really ran, energy, and what limits it, with
    the machine's noise floor first. quiet_wait_s: how long to wait for other programs to rest before a
    figure that they spoilt is measured again; 0 keeps it with its mark.
    Raises InvalidRequest for what cannot be measured, above all for more memory than a device has free.
    """

    workload: str = "gemm"
    sizes: tuple[int, ...] = (256, 512, 1024)
    dtypes: tuple[str, ...] = ("float32", "bfloat16")
    devices: tuple[str, ...] = ("cpu",)
    threads: tuple[int, ...] = (0,)
    target_ci: float = 0.02
    max_seconds: float = 2.0
    seed: int = 0
    steps: tuple[str, ...] = ("forward",)
    data: tuple[str, ...] = ("random",)
    thorough: bool = False
    quiet_wait_s: float = 0.0

    def __post_init__(self) -> None:
        workload = find_workload(self.workload)
        for name in ("sizes", "dtypes", "devices", "threads", "steps", "data"):
            _not_empty(name, getattr(self, name))
        for size in self.sizes:
            integer("size", size, low=1, high=_MAX_SIZE)
        for dtype in self.dtypes:
            one_of("dtype", dtype, list(DTYPE_BYTES))
        for device in self.devices:
            _known_device(device)
        for count in self.threads:
            integer("number of threads", count, low=0, high=devices.usable_cores())
        number("target-ci", self.target_ci, 0.001, 1.0)
        number("max-seconds", self.max_seconds, 0.05, 600.0)
        integer("seed", self.seed, low=0, high=2**63 - 1)
        for step in self.steps:
            one_of(f"step of {self.workload}", step, workload.steps)
        for data in self.data:
            one_of("data regime", data, OPERAND_FILLS)
        if not isinstance(self.thorough, bool):
            raise InvalidRequest(f"thorough {self.thorough!r} is not possible; it must be True or False.")
        number("quiet-wait", self.quiet_wait_s, 0.0, 86_400.0)
        self._check_memory()

    def _check_memory(self) -> None:
        largest, widest = max(self.sizes), max(self.dtypes, key=lambda dtype: DTYPE_BYTES[dtype])
        workload = find_workload(self.workload)
        needed = max(workload.memory_bytes(largest, DTYPE_BYTES[widest], step) for step in self.steps)
        present = {device.id for device in devices.devices()}
        for name in (_with_index(device) for device in self.devices):
            free = devices.memory_free_bytes(name) if name in present else None
            if free is not None and needed > free:
                raise InvalidRequest(
                    f"A {self.workload} of size {largest} in {widest} needs about {in_bytes(needed)}, "
                    f"and {name} has {in_bytes(free)} free."
                )


def in_bytes(count: float) -> str:
    """A number of bytes for people: 1536 is "1.5 KiB"."""
    units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    power = min(len(units) - 1, max(0, int(count).bit_length() - 1) // 10)
    value = count / 1024**power
    return f"{value:.0f} {units[power]}" if 100 <= value < 1e6 else f"{value:.3g} {units[power]}"


def _with_index(device: str) -> str:
    return "cuda:0" if device == "cuda" else device


def _known_device(device: Any) -> None:
    kinds = "|".join(devices.KINDS)
    if not isinstance(device, str) or not re.fullmatch(rf"{kinds}|(cuda|xpu):(0|[1-9]\d?)", device):
        names = ", ".join(devices.KINDS)
        raise InvalidRequest(f"Unknown device {device!r}; the devices are {names}, and cuda:N or xpu:N.")


def _not_empty(what: str, given: Any) -> None:
    if not isinstance(given, tuple) or not given:
        raise InvalidRequest(f"No {what} given; at least one is needed.")
