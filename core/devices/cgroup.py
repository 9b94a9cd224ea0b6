"""Limits that a container puts on CPU time and memory, from Linux control groups, versions 1 and 2.

Source: https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max, cpu.stat, memory.max) and
https://docs.kernel.org/scheduler/sched-bwc.html (cpu.cfs_quota_us).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")

# Version 1 writes "no limit" as the largest whole page that fits 63 bits.
_NO_LIMIT_BYTES = 1 << 60
_THROTTLED_UNIT_S = {"throttled_usec": 1e-6, "throttled_time": 1e-9}


def cpu_limit(root: Path = ROOT, membership: Path = MEMBERSHIP) -> float | None:
    """CPU cores' worth of time that this process may use, or None when there is no quota."""
    limits = []
    for folder in _folders("cpu", root, membership):
        words = _text(folder / "cpu.max").split()  # "max 100000" or "150000 100000"
        if not words:
            words = [_text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")]
        if words[0].isdigit() and words[1].isdigit():  # version 1 writes -1 for no quota
            limits.append(int(words[0]) / int(words[1]))
    return min(limits, default=None)


def throttled_s(root: Path = ROOT, membership: Path = MEMBERSHIP) -> float | None:
    """Seconds for which a CPU quota has stopped this process's group so far; None where nothing counts them.

    Source: cpu.stat, "throttled_usec" in version 2 and "throttled_time" (ns) in version 1.
    """
    counted = []
    for folder in _folders("cpu", root, membership):
        for line in _text(folder / "cpu.stat").splitlines():
            name, _, value = line.partition(" ")
            if name in _THROTTLED_UNIT_S:
                counted.append(int(value) * _THROTTLED_UNIT_S[name])
    return max(counted, default=None)


def periods(root: Path = ROOT, membership: Path = MEMBERSHIP) -> tuple[int, int] | None:
    """Periods of the CPU quota so far, and how many of them this process's group was stopped in.

    Of the group that was stopped most, as in throttled_s(). Source: cpu.stat, nr_periods and nr_throttled.
    """
    found = []
    for folder in _folders("cpu", root, membership):
        lines = (line.partition(" ") for line in _text(folder / "cpu.stat").splitlines())
        counted = {name: int(value) for name, _, value in lines if name in ("nr_periods", "nr_throttled")}
        if len(counted) == 2:
            found.append((counted["nr_throttled"], counted["nr_periods"]))
    return max(found)[::-1] if found else None


def memory_limit_bytes(root: Path = ROOT, membership: Path = MEMBERSHIP) -> int | None:
    """The tightest memory limit over this process, or None."""
    return min((limit for _, limit in _memory_limits(root, membership)), default=None)


def memory_free_bytes(root: Path = ROOT, membership: Path = MEMBERSHIP) -> int | None:
    """Free memory under the tightest limit, or None without a limit.

    File cache that the kernel can reclaim immediately counts as free.
    """
    free = []
    for folder, limit in _memory_limits(root, membership):
        used = _text(folder / "memory.current") or _text(folder / "memory.usage_in_bytes")
        if used.isdigit():
            free.append(max(0, limit - int(used) + _reclaimable_bytes(folder)))
    return min(free, default=None)


def _memory_limits(root: Path, membership: Path) -> Iterator[tuple[Path, int]]:
    for folder in _folders("memory", root, membership):
        limit = _text(folder / "memory.max") or _text(folder / "memory.limit_in_bytes")
        if limit.isdigit() and int(limit) < _NO_LIMIT_BYTES:
            yield folder, int(limit)


def _reclaimable_bytes(folder: Path) -> int:
    for line in _text(folder / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file"):
            return int(value)
    return 0


def _folders(controller: str, root: Path, membership: Path) -> Iterator[Path]:
    """This process's folders for a controller, from its own up to the root: limits of parents apply too.

    Inside a container its own path may name folders of the host; then only the root remains, which is the
    container's own.
    """
    for line in _text(membership).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top = root  # version 2: one tree for all
        elif controller in controllers.split(","):
            top = root / controller
        else:
            continue
        own = top / path.lstrip("/")
        for folder in [own, *own.parents]:
            if folder.is_dir():
                yield folder
            if folder == top:
                break


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
