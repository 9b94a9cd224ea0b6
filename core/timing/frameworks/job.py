"""Compare frameworks: one process each, the same work, in turns with the baseline's."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import devices
from core.errors import InvalidRequest, UnwritableFolder
from core.events import Progress
from core.lazy import LazyModule
from core.paths import data_folder
from core.records import to_record
from core.timing.frameworks.config import FrameworksConfig
from core.timing.frameworks.environment import Found, Missing, look
from core.timing.frameworks.events import (
    FloorMeasured,
    FrameworkAbsent,
    FrameworkFinished,
    FrameworksFinished,
    FrameworkStarted,
    WorkCompared,
    WorkFailed,
    WorkMeasured,
)
from core.timing.frameworks.registry import ENTRIES, LIBRARIES, Entry, selected
from core.timing.frameworks.work.catalogue import WORKS
from core.timing.results.events import SCHEMA, EnvironmentRead

if TYPE_CHECKING:
    from core.timing.frameworks import process as processes
    from core.timing.measure import clock, comparison, conditions, noise, precision
else:  # these import torch
    processes = LazyModule("core.timing.frameworks.process")
    clock, comparison, conditions, noise, precision = (
        LazyModule(f"core.timing.measure.{name}")
        for name in ("clock", "comparison", "conditions", "noise", "precision")
    )

DTYPE = "float32"
UNIT = "figures"
_TARGET_CI = 0.01


@dataclass
class _Running:
    """A framework's process, and the pieces of work that it has done well."""

    key: str
    process: processes.FrameworkProcess
    works: dict[str, WorkMeasured]


class _Comparison:
    """What is known during one comparison."""

    def __init__(self, config: FrameworksConfig, cache: Path) -> None:
        self.config, self.cache = config, cache
        self.threads = processes.thread_count(config.threads)
        self.cpus = processes.chosen_cpus(self.threads)
        self.floors: dict[str, float] = {}
        self.done, self.total, self.measured = 0.0, 1, 0

    def progress(self, between: bool = False) -> Progress:
        """How far it is."""
        return Progress(min(self.done, self.total), self.total, UNIT, between=between)


def compare_frameworks(config: FrameworksConfig) -> Iterator[Any]:
    """Yields EnvironmentRead; FrameworkAbsent for each that is not here; for each framework, the baseline
    first, FrameworkStarted, WorkMeasured (or WorkFailed) and WorkCompared for each piece of work, and
    FrameworkFinished; FloorMeasured after the baseline's; FrameworksFinished. Progress in between.
    """
    began = time.perf_counter()
    yield EnvironmentRead(SCHEMA, datetime.now(UTC).isoformat(timespec="seconds"), devices.environment())
    yield Progress(0, 1, UNIT)
    keys = selected(config.only)
    # The baseline is measured even where it was not asked for: without it there is nothing to compare with.
    found = look(dict.fromkeys(ENTRIES[key].library for key in (config.baseline, *keys)))
    for library, place in found.items():
        if isinstance(place, Missing):
            yield FrameworkAbsent(library, LIBRARIES[library].name, place.reason, place.install)
    places = {library: place for library, place in found.items() if isinstance(place, Found)}
    present = [key for key in dict.fromkeys([config.baseline, *keys]) if ENTRIES[key].library in places]
    if not present:
        raise InvalidRequest(f"None of {', '.join(keys)} is here; {_how(found)}.")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory()) if config.fresh else ""
        cache = Path(folder) if folder else _kept_cache()
        if cache is None:
            cache = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        state = _Comparison(config, cache)
        state.total = len(present) * len(config.works)
        yield from _all(state, present, places, stack)
    yield Progress(state.total, state.total, UNIT)
    yield FrameworksFinished(state.measured, time.perf_counter() - began)


def _all(
    state: _Comparison, present: Sequence[str], places: Mapping[str, Found], stack: ExitStack
) -> Iterator[Any]:
    """The baseline, which lives to the end, and one framework after another beside it."""
    baseline: _Running | None = None
    for key in present:
        with ExitStack() as own:
            running = yield from _started(state, key, places, stack if baseline is None else own)
            if running is None:
                state.done += len(state.config.works)
                continue
            for work in state.config.works:
                before = state.done
                yield from _one(state, running, work, baseline)
                state.done = before + 1
                yield state.progress(between=True)
            if baseline is None and running.works:
                yield from _floors(state, running, places)
                baseline = running
            else:
                yield from _finished(running)
    if baseline:
        yield from _finished(baseline)


def _started(
    state: _Comparison, key: str, places: Mapping[str, Found], stack: ExitStack
) -> Generator[Any, None, _Running | None]:
    """Start the process of a framework, which ends with the stack; None where it cannot be imported."""
    entry = ENTRIES[key]
    python = places[entry.library].python
    cache = state.cache / key
    cache.mkdir(exist_ok=True)
    compiled_before = LIBRARIES[entry.library].keeps_compiled and any(cache.iterdir())
    process = _process(state, entry, python)
    stack.callback(process.end)
    try:
        said = yield from _reporting(state, process.ready(), 0.0)
    except processes.FrameworkFailed as failure:
        library = LIBRARIES[entry.library]
        yield FrameworkAbsent(entry.library, entry.title, f"it did not start: {failure}", library.install)
        return None
    own = processes.variables(entry.library, python, state.threads, cache)
    shown = {
        name: own[name]
        for name in (
            "OMP_NUM_THREADS",
            "OMP_WAIT_POLICY",
            "CUDA_VISIBLE_DEVICES",
            *LIBRARIES[entry.library].variables,
        )
    }
    yield FrameworkStarted(
        key,
        entry.title,
        said["versions"],
        python,
        said["import_s"],
        said["now_bytes"],
        state.threads,
        state.cpus,
        shown,
        compiled_before,
    )
    return _Running(key, process, {})


def _process(state: _Comparison, entry: Entry, python: str) -> processes.FrameworkProcess:
    return processes.FrameworkProcess(
        entry.library, entry.variant, python, state.threads, state.cpus, state.cache / entry.key
    )


def _one(state: _Comparison, running: _Running, work: str, baseline: _Running | None) -> Iterator[Any]:
    """One piece of work: its figure, and where it agrees with NumPy its verdict against the baseline."""
    try:
        taken = yield from _measured(state, running, work)
        yield taken
        state.measured += 1
        if not taken.agrees:
            return
        running.works[work] = taken
        if baseline is not None and work in baseline.works:
            yield (yield from _compared(state, running, baseline, work))
    except processes.FrameworkFailed as failure:
        yield WorkFailed(running.key, ENTRIES[running.key].title, work, str(failure))


def _measured(state: _Comparison, running: _Running, work: str) -> Generator[Any, None, WorkMeasured]:
    config, process = state.config, running.process
    first = yield from _reporting(state, process.prepare(work, config.seed), 0.0)
    finish = conditions.observe("cpu", lambda: processes.used_by(process))
    known = yield from _reporting(
        state,
        _last(
            clock.measure(
                processes.RemoteWork(process, work),
                processes.remote_timer,
                _TARGET_CI,
                config.max_seconds,
                config.seed,
            )
        ),
        0.3,
    )
    happened = finish()
    low, high = known.interval_s or (known.median_s, known.median_s)
    entry, errors = WORKS[work], [float(error) for error in first["errors"].values()]
    error = max(errors, key=lambda error: math.inf if math.isnan(error) else error)
    ran = precision.format_of(errors[0], DTYPE).ran if work == "matmul" else None
    finite = math.isfinite(error)
    return WorkMeasured(
        framework=running.key,
        title=ENTRIES[running.key].title,
        work=work,
        size=entry.size,
        dtype=DTYPE,
        threads=state.threads,
        first_call_s=first["first_call_s"],
        median_s=known.median_s,
        ci_low_s=low,
        ci_high_s=high,
        samples=len(known.times_s),
        times_s=known.times_s,
        stopped_by=known.stopped_by or clock.TIME_LIMIT,
        repeats=known.repeats,
        flops=entry.flops,
        gflops=entry.flops / known.median_s / 1e9,
        relative_error=error if finite else 1e300,
        tolerance=entry.tolerance,
        agrees=finite and error <= entry.tolerance,
        precision=ran,
        losses=tuple(first["losses"]),
        conditions=to_record(happened),
        contamination=happened.contamination,
    )


def _compared(
    state: _Comparison, running: _Running, baseline: _Running, work: str
) -> Generator[Any, None, WorkCompared]:
    """Both in turns, A B B A, until the verdict is confirmed or the time is up."""
    config, both = state.config, (running.process, baseline.process)
    finish = conditions.observe("cpu", lambda: processes.used_by(*both))
    found = yield from _reporting(
        state,
        _last(
            comparison.compare(
                processes.RemoteWork(baseline.process, work),
                processes.RemoteWork(running.process, work),
                processes.remote_timer,
                state.floors.get(work, 0.0),
                config.max_seconds,
                config.seed,
                lambda: processes.used_by(*both).interruptions,
            )
        ),
        0.6,
    )
    return WorkCompared(
        running.key,
        ENTRIES[running.key].title,
        work,
        baseline.key,
        found.ratio,
        found.low,
        found.high,
        found.floor,
        found.verdict or comparison.UNSURE,
        sum(len(series.rounds) for series in found.series),
        finish().contamination,
    )


def _floors(state: _Comparison, baseline: _Running, places: Mapping[str, Found]) -> Iterator[Any]:
    """How far a second process of the baseline differs from the first: where its memory lies, and chance."""
    entry = ENTRIES[baseline.key]
    twin = _process(state, entry, places[entry.library].python)
    try:
        yield from _reporting(state, twin.ready(), 0.0)
        for work in baseline.works:
            yield from _reporting(state, twin.prepare(work, state.config.seed), 0.0)
            both = (baseline.process, twin)
            floor = yield from _reporting(
                state,
                noise.noise_floor(
                    processes.RemoteWork(baseline.process, work),
                    processes.remote_timer,
                    state.config.max_seconds,
                    state.config.seed,
                    processes.RemoteWork(twin, work),
                    lambda both=both: processes.used_by(*both).interruptions,  # type: ignore[misc]
                ),
                0.0,
            )
            state.floors[work] = floor.paired
            yield FloorMeasured(baseline.key, work, floor.paired, floor.unpaired, floor.rounds)
    finally:
        twin.end()


def _finished(running: _Running) -> Iterator[Any]:
    try:
        yield FrameworkFinished(running.key, running.process.memory()["peak_bytes"])
    except processes.FrameworkFailed:
        yield FrameworkFinished(running.key, None)


def _last(steps: Iterator[Any]) -> Generator[None, None, Any]:
    """Run an iterator to its end; yields after each step, and returns the last."""
    last = None
    for last in steps:  # noqa: B007
        yield
    return last


def _reporting(
    state: _Comparison, steps: Generator[Any, None, Any], fraction: float
) -> Generator[Any, None, Any]:
    """Progress for each step; returns what they return."""
    state.done = math.floor(state.done) + fraction
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
        yield state.progress()


def _kept_cache() -> Path | None:
    """Where compiled code stays for the next run; None where nothing can be kept."""
    try:
        folder = data_folder() / "frameworks"
        folder.mkdir(exist_ok=True)
    except (ImportError, OSError, UnwritableFolder):  # without platformdirs, too, all else works
        return None
    return folder


def _how(found: Mapping[str, Found | Missing]) -> str:
    return next((place.install for place in found.values() if isinstance(place, Missing)), "")
