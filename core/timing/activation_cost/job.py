"""What activation functions cost on this machine: time, bandwidth, fusion, and memory kept for backward.

Measured in one run, so that figures can be set against each other: first the roof, then each function forward
and backward under it, then torch's one call against the same formula written out, in pairs. Importing this
never imports torch.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from core import devices
from core.activations import ACTIVATIONS, find
from core.activations.expressions.expression import is_expression
from core.errors import InvalidRequest
from core.events import Progress, event_record
from core.timing.activation_cost.unfused import UNFUSED
from core.timing.results.events import DeviceAbsent, MeasurementTaken, NoiseMeasured, SweepFinished
from core.timing.results.table import Record, measurements
from core.timing.roofline.job import RooflineConfig
from core.timing.sweeps.config import SweepConfig, in_bytes
from core.timing.workloads import find_workload
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.workload import BACKWARD, FLOATS, FORWARD, Built, Draw

if TYPE_CHECKING:
    import torch

    from core.timing.activation_cost import saved_for_backward
    from core.timing.measure import clock, comparison, timers
    from core.timing.sweeps import sweep, with_roofline
    from core.timing.workloads import workload
else:
    from core.lazy import LazyModule

    torch = LazyModule("torch")
    clock = LazyModule("core.timing.measure.clock")
    comparison = LazyModule("core.timing.measure.comparison")
    saved_for_backward = LazyModule("core.timing.activation_cost.saved_for_backward")
    sweep = LazyModule("core.timing.sweeps.sweep")
    timers = LazyModule("core.timing.measure.timers")
    with_roofline = LazyModule("core.timing.sweeps.with_roofline")
    workload = LazyModule("core.timing.workloads.workload")

STEPS = (FORWARD, BACKWARD)
ONE_CALL, FORMULA = "one call", "formula"

_MAX_SIZE = 2**26
# Vectors that a formula written out holds at once, at most.
_VECTORS = 12
_ROOF_S = 2.0
# What is asked besides the time itself (cold caches, energy) makes a point last longer than its limit.
_POINT_SHARE = 2.0
# Bytes kept are counted on so many elements; each keeps the same.
_COUNTED = 2**14


@dataclass(frozen=True)
class CostConfig:
    """Which functions, by their keys, over how many elements of which format, on one device.

    threads: CPU threads, 0 for all usable cores; one thread is what other programs disturb least, so that
    functions can be told apart. max_seconds bounds a point, and each of the two cycles of a
    comparison. composed: also set torch's one call against the formula written out, where there are both.
    Raises InvalidRequest for what cannot be measured.
    """

    activations: tuple[str, ...]
    size: int = 2**20
    dtype: str = "float32"
    device: str = "cpu"
    threads: int = 1
    max_seconds: float = 0.3
    composed: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.activations:
            raise InvalidRequest("No activation given; at least one is needed.")
        for key in self.activations:
            if key not in ACTIVATIONS and not is_expression(key):
                raise InvalidRequest(f"Unknown activation {key!r}; {len(ACTIVATIONS)} are in the catalogue.")
        if self.dtype not in FLOATS:
            raise InvalidRequest(
                f"Number format {self.dtype!r} is not possible; it must be one of {', '.join(FLOATS)}."
            )
        if not isinstance(self.size, int) or not 1 <= self.size <= _MAX_SIZE:
            raise InvalidRequest(
                f"The size {self.size!r} is not possible; it must be a whole number of elements, "
                f"from 1 to {_MAX_SIZE:,}."
            )
        sweeps_of(self)
        self._check_memory()

    def _check_memory(self) -> None:
        names = [device.id for device in devices.devices()]
        name = "cuda:0" if self.device == "cuda" else self.device
        free = devices.memory_free_bytes(name) if name in names else None
        needed = _VECTORS * self.size * DTYPE_BYTES[self.dtype]
        if free is not None and needed > free:
            raise InvalidRequest(
                f"{self.size:,} elements in {self.dtype} need up to {in_bytes(needed)}, "
                f"and {name} has {in_bytes(free)} free."
            )


@dataclass(frozen=True)
class FusedCompared:
    """torch's one call of a function against its formula written out, measured in turns.

    times_as_fast is the formula's time over the one call's, low and high bound it (99%). floor is the least
    relative difference that is called one. verdict tells of the one call: FASTER, SLOWER, SAME or UNSURE.
    """

    activation: str
    step: str
    size: int
    dtype: str
    device: str
    threads: int | None
    times_as_fast: float
    low: float
    high: float
    floor: float
    verdict: str
    elapsed_s: float


@dataclass(frozen=True)
class MemoryKept:
    """Bytes an element that autograd keeps from the forward pass to the backward one.

    form is "one call" or "formula". Those of the input and of the result are often alive anyway, since the
    neighbouring layers need them; the others are what this function adds.
    """

    activation: str
    form: str
    dtype: str
    input_bytes: float
    result_bytes: float
    other_bytes: float


@dataclass(frozen=True)
class CostPlace:
    """A function's place by time. times_as_long is over the fastest, with its interval (99%).

    tied: no certain difference to the fastest, by the noise of this machine.
    """

    activation: str
    median_s: float
    times_as_long: float
    low: float
    high: float
    tied: bool


@dataclass(frozen=True)
class CostRanked:
    """All functions in one step, the fastest first; floor is the least difference that is called one."""

    step: str
    floor: float
    places: tuple[CostPlace, ...]


def cost(config: CostConfig) -> Iterator[Any]:
    """Yields the events of under_roof() for the roof and for each function forward and backward, MemoryKept
    and FusedCompared, CostRanked for each step, and SweepFinished. Progress counts expected seconds.
    """
    keys = tuple(dict.fromkeys(config.activations))
    pairs = [(key, step) for key in keys if key in UNFUSED for step in STEPS] if config.composed else []
    point_s, pair_s = _POINT_SHARE * config.max_seconds, 2 * config.max_seconds
    measured_s = _ROOF_S + len(keys) * len(STEPS) * point_s
    total_s = measured_s + len(pairs) * pair_s

    floor, absent, finished = 0.0, False, None
    records: list[Record] = []
    yield Progress(0, total_s, "s of work")
    for event in with_roofline.under_roof(_roof_of(config), sweeps_of(config)):
        if isinstance(event, Progress):
            yield with_roofline.in_seconds(event, _ROOF_S, measured_s - _ROOF_S, total_s)
            continue
        floor = event.paired if isinstance(event, NoiseMeasured) else floor
        absent = absent or isinstance(event, DeviceAbsent)
        if isinstance(event, MeasurementTaken):
            records.append(event_record(event))
        if isinstance(event, SweepFinished):
            finished = event  # it comes last
        else:
            yield event
    if not absent:
        yield from _memory(config, keys)
        for number, (key, step) in enumerate(pairs):
            for found in _compared(config, key, step, floor):
                if isinstance(found, FusedCompared):
                    yield found
                else:
                    yield Progress(measured_s + (number + found) * pair_s, total_s, "s of work")
        yield from ranked(records)
    yield Progress(total_s, total_s, "s of work")
    if finished is not None:
        yield finished


def sweeps_of(config: CostConfig) -> tuple[SweepConfig, ...]:
    """One thorough sweep for each function, forward and backward."""
    return tuple(
        SweepConfig(
            workload=f"activation_{key}",
            sizes=(config.size,),
            dtypes=(config.dtype,),
            devices=(config.device,),
            threads=(config.threads,),
            steps=tuple(step for step in STEPS if step in find_workload(f"activation_{key}").steps),
            target_ci=0.01,
            max_seconds=config.max_seconds,
            seed=config.seed,
            thorough=True,
        )
        for key in dict.fromkeys(config.activations)
    )


def ranked(records: Sequence[Record]) -> Iterator[CostRanked]:
    """The places of measured activations for each step; records hold MeasurementTaken.

    Figures were taken one after another, so a difference must be larger than the noise between moments.
    """
    taken = [record for record in measurements(records) if record["workload"].startswith("activation_")]
    for step in dict.fromkeys(record["step"] for record in taken):
        of_step = sorted((r for r in taken if r["step"] == step), key=lambda record: record["median_s"])
        first = of_step[0]
        floor = max((record["noise_unpaired"] or 0.0 for record in of_step), default=0.0)
        places = []
        for record in of_step:
            apart = comparison.compare_unpaired(first["times_s"], record["times_s"], floor)
            tied = record is first or apart.verdict != comparison.SLOWER
            name = record["workload"].removeprefix("activation_")
            places.append(CostPlace(name, record["median_s"], apart.ratio, apart.low, apart.high, tied))
        yield CostRanked(step, max(floor, comparison.MIN_DIFFERENCE), tuple(places))


def _roof_of(config: CostConfig) -> RooflineConfig:
    return RooflineConfig(
        devices=(config.device,),
        dtypes=(config.dtype,),
        threads=(config.threads,),
        max_seconds=_ROOF_S,
        seed=config.seed,
    )


def _memory(config: CostConfig, keys: Sequence[str]) -> Iterator[MemoryKept]:
    """What each function keeps, and its formula where it is asked for; the same on every device."""
    x = torch.randn(_COUNTED, generator=torch.Generator().manual_seed(config.seed))
    x = x.to(workload.torch_dtype(config.dtype))
    for key in keys:
        forms = {ONE_CALL: find(key).function}
        if config.composed and key in UNFUSED:
            forms[FORMULA] = UNFUSED[key]
        for form, function in forms.items():
            found = saved_for_backward.saved_for_backward(function, x)
            counted = (getattr(found, field.name) / _COUNTED for field in fields(found))
            yield MemoryKept(key, form, config.dtype, *counted)


def _compared(
    config: CostConfig, key: str, step: str, floor: float
) -> Generator[float | FusedCompared, None, None]:
    """Yields the share done, and last what was found; nothing where the device cannot do it."""
    device = "cuda:0" if config.device == "cuda" else config.device
    threads = (config.threads or devices.usable_cores()) if device == "cpu" else None
    with sweep.plain_torch(), clock.torch_threads(threads):
        try:
            formula, one_call = (
                _operation(config, device, step, function)
                for function in (UNFUSED[key], ACTIVATIONS[key].function)
            )
            timer = timers.timer_for(device)
            for found in comparison.compare(formula, one_call, timer, floor, config.max_seconds, config.seed):
                yield min(0.99, found.elapsed_s / (2 * config.max_seconds))
        # What torch raises for a format or an amount that a device cannot do; the sweep told of it before.
        except (RuntimeError, TypeError, NotImplementedError):
            return
    ratio, low, high = (1 / value for value in (found.ratio, found.high, found.low))
    yield FusedCompared(
        key,
        step,
        config.size,
        config.dtype,
        device,
        threads,
        ratio,
        low,
        high,
        found.floor,
        str(found.verdict),
        found.elapsed_s,
    )


def _operation(
    config: CostConfig, device: str, step: str, function: Callable[[torch.Tensor], torch.Tensor]
) -> Callable[[], Any]:
    """One pass of a function over random numbers, ready to be timed; the same numbers for each function."""
    draw = Draw(config.dtype, device, torch.Generator(device).manual_seed(config.seed))
    x, upstream = draw(config.size), draw(config.size)
    built = Built(lambda: function(x), (x,), upstream)
    return built.call if step == FORWARD else workload.backward_step(built)
