"""What one run may take of a server whose operator bounds it: seconds of work, memory, disk.

What is expected to take more is refused before it starts; what takes more, as its worker is watched, is ended
with what it has recorded. The command line has no such limits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidRequest
from core.jobs import JOBS
from core.operator_settings import operator_settings, variable
from core.timing.results.units import in_bytes

# On a shared server, where the operator has set nothing else.
SHARED_MINUTES, SHARED_MEMORY_MIB, SHARED_DISK_MIB = 60.0, 4096, 512
IDLE_WORKER_BYTES = 400 * 2**20  # of a worker with PyTorch and nothing to do, about
LIMIT_GRACE_S = 5.0  # a run that has reached a limit may end its step; then its worker is killed
LEAST_MEMORY_BYTES = 512 * 2**20


class AboveLimit(InvalidRequest):
    """What a run is expected to take is more than one may take here."""


@dataclass(frozen=True)
class Usage:
    """What a run has taken so far, or is expected to take; None where that is not known.

    seconds: of work, without waits and pauses. memory_bytes: of its worker, resident. disk_bytes: of events,
    film, pictures and checkpoint.
    """

    seconds: float | None = None
    memory_bytes: float | None = None
    disk_bytes: float | None = None


@dataclass(frozen=True)
class Limits:
    """The most that a run may take of each; None is no limit."""

    seconds: float | None = None
    memory_bytes: int | None = None
    disk_bytes: int | None = None

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self != NO_LIMITS

    def __str__(self) -> str:
        """All of them: "60 min of work, 4 GiB of memory and 512 MiB of disk"."""
        parts = [_of_time(self.seconds)] if self.seconds is not None else []
        parts += [_of_memory(self.memory_bytes)] if self.memory_bytes is not None else []
        parts += [_of_disk(self.disk_bytes)] if self.disk_bytes is not None else []
        return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)

    def reached(self, usage: Usage) -> str | None:
        """Which of them this reaches, in words; memory first, since it alone is urgent."""
        if is_reached(usage.memory_bytes, self.memory_bytes):
            return _of_memory(self.memory_bytes or 0)
        if is_reached(usage.seconds, self.seconds):
            return _of_time(self.seconds or 0)
        return _of_disk(self.disk_bytes or 0) if is_reached(usage.disk_bytes, self.disk_bytes) else None

    def check(self, job: str, config: Mapping[str, Any]) -> None:
        """Raise AboveLimit where a run is expected to take more, before it is queued."""
        if not self:
            return
        expected = expected_usage(job, config)
        limit, about = self.seconds, expected.seconds
        if limit is not None and about is not None and about > limit:
            less = "choose less of it"
            if "max_seconds" in config and job == "training":
                less = f"choose fewer epochs or samples, or let it end after {limit:g} seconds at most"
            raise AboveLimit(
                f"It would take about {_in_time(about)} of work, and this server allows {_in_time(limit)} "
                f"for a run: {less}."
            )
        if is_reached(expected.memory_bytes, self.memory_bytes):
            raise AboveLimit(
                f"It would take about {in_bytes(expected.memory_bytes or 0)} of memory, and this server "
                f"allows {in_bytes(self.memory_bytes or 0)} for a run, of which "
                f"{in_bytes(IDLE_WORKER_BYTES)} are PyTorch’s own: choose smaller sizes."
            )
        if is_reached(expected.disk_bytes, self.disk_bytes):
            raise AboveLimit(
                f"It would take about {in_bytes(expected.disk_bytes or 0)} of disk, and this server allows "
                f"{in_bytes(self.disk_bytes or 0)} for a run: choose fewer epochs or a smaller network."
            )


NO_LIMITS = Limits()


def is_reached(used: float | None, limit: float | None) -> bool:
    """Whether both are known and the limit is reached."""
    return used is not None and limit is not None and used >= limit


def operator_limits() -> Limits:
    """What the operator has set. Raises InvalidRequest for what would end every run."""
    known = operator_settings()
    minutes = _set_or(known.max_run_minutes, SHARED_MINUTES if known.shared else 0)
    memory = _set_or(known.max_run_memory_mib, SHARED_MEMORY_MIB if known.shared else 0)
    disk = _set_or(known.max_run_disk_mib, SHARED_DISK_MIB if known.shared else 0)
    if 0 < memory * 2**20 < LEAST_MEMORY_BYTES:
        raise InvalidRequest(
            f"{variable('max_run_memory_mib')} {memory} is not possible; it must be 0, for no limit, or at "
            f"least {LEAST_MEMORY_BYTES // 2**20}, since PyTorch alone takes {in_bytes(IDLE_WORKER_BYTES)}."
        )
    return Limits(60 * minutes or None, int(memory) * 2**20 or None, int(disk) * 2**20 or None)


def expected_usage(job: str, config: Mapping[str, Any]) -> Usage:
    """What a run is expected to take, as far as it is known: a GPU's time is not."""
    kind = JOBS[job]
    seconds = kind.expected_s(config) if config.get("device", "cpu") == "cpu" else math.inf
    memory = kind.memory_bytes(config)
    return Usage(
        seconds if math.isfinite(seconds) else None,
        None if memory is None else IDLE_WORKER_BYTES + memory,
        kind.disk_bytes(config),
    )


def ended_by(reached: str, progress: Mapping[str, Any] | None) -> str:
    """What is kept with a run that a limit has ended."""
    where = f" {_where(progress)}" if progress else ""
    return f"Ended by this server’s limit of {reached}{where}; what it recorded is kept."


def _where(progress: Mapping[str, Any]) -> str:
    if progress["unit"] == "epochs":
        return f"at epoch {progress['done']:.0f}"
    return f"after {progress['done']:,.0f} of {progress['total']:,.0f} {progress['unit']}"


def _set_or(given: float | None, default: float) -> float:
    return default if given is None else given


def _of_time(seconds: float) -> str:
    return f"{_in_time(seconds)} of work"


def _of_memory(count: float) -> str:
    return f"{in_bytes(count)} of memory"


def _of_disk(count: float) -> str:
    return f"{in_bytes(count)} of disk"


def _in_time(seconds: float) -> str:
    """A limit is given to the second: "90 s", "90 min", "36 h"."""
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 120 * 60 else f"{seconds / 3600:.3g} h"
