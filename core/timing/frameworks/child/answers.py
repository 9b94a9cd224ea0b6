"""What a framework's process answers: one JSON object a line, each to one request; the first unasked.

    (unasked)                          {"event": "ready", import_s, works, versions, memory}
    {"do": "prepare", "work": KEY}     {"first_call_s", "errors", "losses"}: the first call, then the check
    {"do": "block", "work", "repeats"} {"seconds", "cpu_s", "interruptions"}
    {"do": "memory"}                   {"now_bytes", "peak_bytes"}

Whatever goes wrong is {"error": sentence}. The process ends when its input does.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Mapping
from types import ModuleType
from typing import IO, Any

from core.timing.frameworks.work.arrays import arrays_of
from core.timing.frameworks.work.catalogue import CHECKED_STEPS, TRAINING, WORKS
from core.timing.frameworks.work.library import Library, Prepared
from core.timing.frameworks.work.reference import relative_errors
from core.timing.measure.calls import seconds_of_calls

_resource: ModuleType | None
try:
    _resource = importlib.import_module("resource")
except ImportError:  # Windows
    _resource = None


def serve(name: str, variant: str, requests: IO[str], answers: IO[str]) -> None:
    """Import the framework, and answer until there are no more requests."""

    def answer(record: Mapping[str, Any]) -> None:
        answers.write(json.dumps(record) + "\n")
        answers.flush()

    library: Library = importlib.import_module(f"core.timing.frameworks.libraries.{name}").LIBRARY
    try:
        importlib.import_module("numpy")  # which each of them needs: not a part of its import
        start = time.perf_counter()
        prepare = library.start(variant)
        import_s = time.perf_counter() - start
    except Exception as error:
        answer({"error": _sentence(error)})
        return
    answer(
        {
            "event": "ready",
            "import_s": import_s,
            "works": [*prepare],
            "versions": _versions(library),
            **memory(),
        }
    )
    ready: dict[str, Prepared] = {}
    for line in requests:
        request = json.loads(line)
        try:
            answer(_answered(request, prepare, ready))
        except Exception as error:
            answer({"error": _sentence(error)})


def _answered(
    request: Mapping[str, Any], prepare: Mapping[str, Any], ready: dict[str, Prepared]
) -> dict[str, Any]:
    if request["do"] == "memory":
        return memory()
    work = request["work"]
    if request["do"] == "prepare":
        if work not in prepare:
            raise LookupError(f"it has no {WORKS[work].title} here")
        return _prepared(work, request["seed"], prepare[work], ready)
    # One call that does not count: between two blocks another process had the caches.
    ready[work].call()
    seconds = seconds_of_calls(ready[work].call, request["repeats"])
    return {"seconds": seconds, **_used()}


def _prepared(work: str, seed: int, prepare: Any, ready: dict[str, Prepared]) -> dict[str, Any]:
    """The first call, which compiles where that is done, and what the first ones come to."""
    start = time.perf_counter()
    ready[work] = prepare(arrays_of(work, seed))
    loss = ready[work].call()
    first_call_s = time.perf_counter() - start
    losses = []
    if WORKS[work].step == TRAINING:
        losses = [loss, *(ready[work].call() for _ in range(CHECKED_STEPS - 1))]
    return {
        "first_call_s": first_call_s,
        "errors": relative_errors(work, ready[work].result(), seed),
        "losses": losses,
        **_used(),
    }


def _versions(library: Library) -> dict[str, str]:
    found = {}
    for name in library.distributions:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def memory() -> dict[str, int | None]:
    """Bytes of this process in memory now and at most; None where that is not reported.

    Linux reports them in /proc; getrusage() is no use there, since it begins with what the parent had.
    """
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            lines = dict(line.split(":", 1) for line in status if ":" in line)
        return {
            name: 1024 * int(lines[field].split()[0])
            for name, field in (("now_bytes", "VmRSS"), ("peak_bytes", "VmHWM"))
        }
    except (OSError, KeyError, ValueError):
        peak = _resource.getrusage(_resource.RUSAGE_SELF).ru_maxrss if _resource else None
        return {"now_bytes": None, "peak_bytes": peak}


def _used() -> dict[str, Any]:
    """CPU seconds of this process, and how often it lost its core."""
    times = os.times()
    counted = _resource.getrusage(_resource.RUSAGE_SELF).ru_nivcsw if _resource else None
    return {"cpu_s": times.user + times.system, "interruptions": counted}


def _sentence(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    kind = "" if isinstance(error, RuntimeError | LookupError) else f"{type(error).__name__}: "
    return f"{kind}{text[:300]}"


def pinned(cpus: list[int]) -> None:
    """Keep this process, and all that it starts, to these processors where the system can."""
    if cpus and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cpus)


def own_output() -> IO[str]:
    """The pipe to the parent. What a framework prints goes to stderr instead."""
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return pipe
