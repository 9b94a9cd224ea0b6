"""What the runs of this runner's workers take, read while they work."""

from __future__ import annotations

from dataclasses import dataclass, field

import psutil

from core.runs.retention import footprint_bytes
from core.runs.runners.limits import Limits, Usage
from core.runs.store import Run, RunStore

CHILDREN_EVERY_S = 1.0  # to look for programs that a worker has started; every look goes over all processes
DISK_EVERY_S = 5.0


@dataclass
class Watch:
    """One run under way."""

    worker: psutil.Process
    children: list[psutil.Process] = field(default_factory=list)
    children_at: float = float("-inf")
    disk_bytes: int | None = None
    disk_at: float = float("-inf")

    def usage(self, run: Run, limits: Limits, store: RunStore, now: float) -> Usage:
        """What it takes now; what is not limited is not read."""
        memory = None if limits.memory_bytes is None else self._memory_bytes(now)
        if limits.disk_bytes is not None and now - self.disk_at >= DISK_EVERY_S:
            self.disk_at, self.disk_bytes = now, footprint_bytes(store, run.id)
        return Usage(run.worked(now), memory, self.disk_bytes)

    def _memory_bytes(self, now: float) -> int | None:
        try:
            if now - self.children_at >= CHILDREN_EVERY_S:
                self.children_at, self.children = now, self.worker.children(recursive=True)
            own = self.worker.memory_info().rss
        except psutil.Error:  # it has just ended
            return None
        return own + sum(map(_resident_bytes, self.children))


class UsageMeter:
    """Reads what each run takes, a run from the moment on that it is first asked about."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._watches: dict[str, Watch] = {}

    def reached(self, run: Run, pid: int, limits: Limits, now: float) -> str | None:
        """Which of these limits this run, at work in this process, has reached; in words."""
        watch = self._watches.get(run.id)
        if watch is None or watch.worker.pid != pid:
            try:
                watch = self._watches[run.id] = Watch(psutil.Process(pid))
            except psutil.Error:
                return None
        return limits.reached(watch.usage(run, limits, self._store, now))

    def forget_all_but(self, run_ids: set[str]) -> None:
        """The others are no longer at work."""
        for run_id in self._watches.keys() - run_ids:
            del self._watches[run_id]


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
