"""What a sweep is asked to measure, and the points that this makes. Checked before anything allocates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.errors import InvalidRequest
from core.options import Option
from core.settings import check_settings
from core.timing.results.units import in_bytes
from core.timing.workloads import axes, find_workload
from core.timing.workloads.dtypes import DTYPE_BYTES

SETTINGS: dict[str, Option] = {
    "workload": Option("a key of WORKLOADS", kind=str),
    **axes.AXES,
    **axes.LIMITS,
    "thorough": Option("also on cold caches, with energy, true precision and what limits it", kind=bool),
}


@dataclass(frozen=True)
class SweepConfig:
    """One workload over sizes x dtypes x devices x CPU threads x steps x operand fills.

    SETTINGS says what each field may be. Raises InvalidRequest for what cannot be measured, above all for
    more memory than a device has free.
    """

    workload: str = "gemm"
    sizes: tuple[int, ...] = (256, 512, 1024)
    dtypes: tuple[str, ...] = ("float32", "bfloat16")
    devices: tuple[str, ...] = ("cpu",)  # torch's names; one that is not here is reported, not refused
    threads: tuple[int, ...] = (0,)  # CPU threads, 0 for all usable cores; they do not apply to accelerators
    target_ci: float = 0.02  # a point is done when the median's 95% interval is this narrow (relative width)
    max_seconds: float = 2.0  # or when it has taken this long
    seed: int = 0  # of the random operands
    steps: tuple[str, ...] = ("forward",)
    data: tuple[str, ...] = ("random",)  # what operands hold, of OPERAND_FILLS
    # Also the time on cold caches, the precision that really ran, energy, and what limits it; the machine's
    # noise floor comes first.
    thorough: bool = False
    # How long to wait for other programs to end before a contaminated figure is measured again; 0 keeps it.
    quiet_wait_s: float = 0.0

    def __post_init__(self) -> None:
        workload = find_workload(self.workload)
        check_settings(SETTINGS, self)
        object.__setattr__(self, "devices", axes.resolved_devices(self.devices))
        axes.check_threads(self.threads)
        axes.check_steps(self.steps, self.workload, workload.steps)
        self._check_memory()

    def _check_memory(self) -> None:
        """Refuse a size that a device has no room for; one that is full is left to the sweep to report, where
        another one is not.
        """
        full = [device for device in self.devices if without_room(device, (self,))]
        for device in self.devices if len(full) == len(self.devices) else set(self.devices).difference(full):
            free = axes.free_memory_bytes(device)
            largest, widest = max(self.sizes), max(self.dtypes, key=lambda dtype: DTYPE_BYTES[dtype])
            needed = max(memory_bytes(self, largest, widest))
            if free is not None and needed > free:
                raise InvalidRequest(
                    f"A {self.workload} of size {largest} in {widest} needs about {in_bytes(needed)}, "
                    f"and {device} has {in_bytes(free)} free."
                )


def memory_bytes(config: SweepConfig, size: int, dtype: str) -> list[int]:
    """What a size takes in each of a sweep's steps."""
    workload = find_workload(config.workload)
    return [workload.memory_bytes(size, DTYPE_BYTES[dtype], step) for step in config.steps]


def without_room(device: str, configs: Sequence[SweepConfig]) -> str | None:
    """Why a device has no room for even the smallest point of any of these sweeps; None where it has."""
    free = axes.free_memory_bytes(device)
    narrow = [(config, min(config.dtypes, key=lambda dtype: DTYPE_BYTES[dtype])) for config in configs]
    needed = min(min(memory_bytes(config, min(config.sizes), dtype)) for config, dtype in narrow)
    if free is None or needed <= free:
        return None
    return f"It has {in_bytes(free)} of memory free, and the smallest point needs {in_bytes(needed)}"


@dataclass(frozen=True)
class Point:
    """One combination to measure."""

    workload: str
    size: int
    dtype: str
    device: str
    threads: int | None  # None where CPU threads play no part
    step: str = "forward"
    data: str = "random"

    def __str__(self) -> str:
        parts = [self.device, self.dtype, f"size {self.size}"]
        if self.threads is not None:
            parts.append(f"{self.threads} thread{'s' * (self.threads != 1)}")
        parts += [self.step] if self.step != "forward" else []
        parts += [self.data] if self.data != "random" else []
        return ", ".join(parts)


def points(config: SweepConfig, on: Iterable[str]) -> list[Point]:
    """Every combination on these devices, each once: all series grow together, from small to large."""
    every = [
        Point(config.workload, size, dtype, device, threads, step, data)
        for size in sorted(config.sizes)
        for device in on
        for dtype in config.dtypes
        for threads in axes.thread_counts(config.threads, device)
        for step in config.steps
        for data in config.data
    ]
    return list(dict.fromkeys(every))
