"""The process of one framework, from the side of the one that measures: started, asked, timed and ended."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import psutil

from core import devices
from core.timing.frameworks.environment import CORE, search_path
from core.timing.frameworks.registry import LIBRARIES
from core.timing.measure.calls import seconds_of_calls
from core.timing.measure.conditions import Used
from core.timing.measure.timers import Operation

# How long an answer may take: importing, or compiling and running for the first time; a block of calls.
_SLOW_S, _BLOCK_S = 900.0, 300.0
_POLL_S = 0.2
_END_S = 5.0
_BUSY_S = 0.5

# The child finds this program's own files under the name `core`, and nothing else of this environment.
_BOOTSTRAP = """
import importlib.util, sys
folder = sys.argv[1]
spec = importlib.util.spec_from_file_location(
    "core", folder + "/__init__.py", submodule_search_locations=[folder])
sys.modules["core"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["core"])
from core.timing.frameworks.child.__main__ import main
main(*sys.argv[2:])
"""


class FrameworkFailed(Exception):
    """A framework's process could not do something, or ended; the sentence says why."""


class FrameworkProcess:
    """One framework at work in a process of its own. Leave it with end(), whatever happened."""

    def __init__(
        self, library: str, variant: str, python: str, threads: int, cpus: tuple[int, ...], cache: Path
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._answers: queue.Queue[str | None] = queue.Queue()
        self.cpu_s = 0.0
        self.interruptions: int | None = None
        command = [python, "-I", "-c", _BOOTSTRAP, str(CORE), library, variant, ",".join(map(str, cpus))]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=variables(library, python, threads, cache),
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for the parent
        )
        self._reader = threading.Thread(target=self._read, daemon=True, name=f"answers of {library}")
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put(None)

    def ready(self) -> Generator[None, None, Mapping[str, Any]]:
        """Wait until it has imported its framework; yields meanwhile, and returns what it says of itself."""
        return (yield from self._waited())

    def prepare(self, work: str, seed: int) -> Generator[None, None, Mapping[str, Any]]:
        """Do a piece of work for the first time, and check it; yields meanwhile."""
        self._send({"do": "prepare", "work": work, "seed": seed})
        return self._noted((yield from self._waited()))

    def block(self, work: str, repeats: int) -> float:
        """Seconds of so many calls."""
        self._send({"do": "block", "work": work, "repeats": repeats})
        return float(self._noted(self._answer(_BLOCK_S))["seconds"])

    def memory(self) -> Mapping[str, Any]:
        """now_bytes and peak_bytes of the process."""
        self._send({"do": "memory"})
        return self._answer(_BLOCK_S)

    def end(self) -> None:
        """Close the pipe, and make sure that the process is gone."""
        with contextlib.suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(_END_S)  # what it may have started itself could still hold the pipe
        if self._process.stdout and not self._reader.is_alive():
            self._process.stdout.close()
        self._errors.close()

    def _send(self, request: Mapping[str, Any]) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except OSError:
            raise FrameworkFailed(self._last_words()) from None

    def _noted(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        self.cpu_s, self.interruptions = answer["cpu_s"], answer["interruptions"]
        return answer

    def _waited(self) -> Generator[None, None, Mapping[str, Any]]:
        ends = time.perf_counter() + _SLOW_S
        while True:
            try:
                return self._answer(_POLL_S)
            except queue.Empty:
                if time.perf_counter() > ends:
                    raise FrameworkFailed(f"no answer within {_SLOW_S:.0f} s") from None
                yield

    def _answer(self, seconds: float) -> Mapping[str, Any]:
        """The next answer. Raises queue.Empty without one, FrameworkFailed where it is an error or none."""
        line = self._answers.get(timeout=seconds)
        if line is None:
            self._answers.put(None)
            raise FrameworkFailed(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise FrameworkFailed(str(answer["error"]))
        return answer

    def _last_words(self) -> str:
        """How the process ended, with the last line that it wrote."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self._errors.seek(max(0, os.fstat(self._errors.fileno()).st_size - 4096))
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        said = f": {lines[-1].strip()[:300]}" if lines else ""
        return f"its process ended with code {self._process.returncode}{said}"


class RemoteWork:
    """A piece of work in a framework's process, as an operation for the clock; remote_timer() times it."""

    def __init__(self, process: FrameworkProcess, work: str) -> None:
        self._process, self._work = process, work

    def block(self, repeats: int) -> float:
        """Seconds of so many calls, as the process itself measured them."""
        try:
            return self._process.block(self._work, repeats)
        except queue.Empty:
            raise FrameworkFailed(f"no answer within {_BLOCK_S:.0f} s") from None

    def __call__(self) -> None:
        self.block(1)


def remote_timer(operation: Operation, repeats: int) -> float:
    """A timer for work in other processes; the clock's own overhead, with no calls, is the same here."""
    if isinstance(operation, RemoteWork) and repeats:
        return operation.block(repeats)
    return seconds_of_calls(operation, repeats)


def used_by(*processes: FrameworkProcess) -> Used:
    """What processes have used so far, as of their last answers."""
    counted = [process.interruptions for process in processes]
    known = [count for count in counted if count is not None]
    return Used(sum(process.cpu_s for process in processes), sum(known) if known else None)


def chosen_cpus(threads: int) -> tuple[int, ...]:
    """Processors to keep to, as many as threads: those that were least busy in the last moment.

    Of equals the last ones, since systems do their own work on the first. Empty where this system lets nobody
    choose.
    """
    if not hasattr(os, "sched_getaffinity"):
        return ()
    usable = sorted(os.sched_getaffinity(0))
    busy = psutil.cpu_percent(_BUSY_S, percpu=True) if threads < len(usable) else []
    by_load = sorted(usable, key=lambda cpu: (busy[cpu] if cpu < len(busy) else 0.0, -cpu))
    return tuple(sorted(by_load[:threads]))


def thread_count(threads: int) -> int:
    """Threads of a setting in which 0 stands for all usable cores."""
    return threads or devices.usable_cores()


def variables(library: str, python: str, threads: int, cache: Path) -> dict[str, str]:
    """What the process of a framework finds in its environment: the same threads, no GPU, its own caches."""
    count = str(threads)
    own = {
        name: value.format(threads=count, many="true" if threads > 1 else "false")
        for name, value in LIBRARIES[library].variables.items()
    }
    caches = {
        "TORCHINDUCTOR_CACHE_DIR": cache / "torchinductor",
        "KERAS_HOME": cache / "keras",
        "NUMBA_CACHE_DIR": cache / "numba",
        "CACHEDB": cache / "tinygrad.db",
    }
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        **dict.fromkeys(THREAD_VARIABLES, count),
        # A thread that waits sleeps: the other framework's turn is its own.
        "OMP_WAIT_POLICY": "PASSIVE",
        "CUDA_VISIBLE_DEVICES": "-1",
        "PATH": search_path(python),
        "PYTENSOR_FLAGS": f"base_compiledir={cache / 'pytensor'}",
        **{name: str(path) for name, path in caches.items()},
        **own,
    }


THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
