"""The fastest matrix product of a device in one number format, found by a search over shapes."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from core import devices
from core.timing.measure.timers import QUEUED_CALLS, CudaTimer, Operation
from core.timing.roofline.fastest_call import LOOK_S, MIN_CALLS, fastest_call_s, steady_timer
from core.timing.workloads.matmul import product
from core.timing.workloads.workload import Draw, check_format, torch_dtype
from core.torch_precision import float32_of

# Sides that are tried: the step between them and the largest, by kind of device.
_SIDES = {"cpu": (256, 2048)}
_OTHER_SIDES = (1024, 16384)
# Two operands and the result, at the largest sides, may hold this fraction of the memory that is free.
_MEMORY_FRACTION = 0.3
# The shortest side that tensor cores take in every format.
_MIN_SIDE = 32
# A neighbour must be faster by this much to be gone to, or scatter alone would lead the way.
_BETTER = 1.003
# After the first climb others begin where a random shape comes this near to the best, and all end when this
# fraction of all shapes has been tried.
_PROMISING, _SHAPES_DIVISOR, _MIN_SHAPES = 0.93, 14, 24
# A busy machine can hold up the first small product so long that nothing larger seems to fit: it is looked at
# again so often, in this fraction of the time.
_PROBES, _PROBING = 20, 0.2
# The best few are tried again in the end, so that the best is not the luckiest.
_FINALISTS, _FINAL_LOOKS = 4, 2


class Shape(NamedTuple):
    """(rows, inner) times (inner, columns)."""

    rows: int
    inner: int
    columns: int

    @property
    def flops(self) -> int:
        """Of the product."""
        return 2 * self.rows * self.inner * self.columns


@dataclass(frozen=True)
class Tried:
    """The best product so far."""

    shape: Shape
    gflops: float
    tried: int  # how many shapes, the others included
    elapsed_s: float


Rate = Callable[[Shape], float]


def sides(device: str, dtype_bytes: int) -> tuple[int, ...]:
    """The sides that products on this device are tried with, as far as its free memory goes."""
    step, largest = _SIDES.get(torch.device(device).type, _OTHER_SIDES)
    free = devices.memory_free_bytes(device)
    if free is not None:
        largest = min(largest, math.isqrt(int(_MEMORY_FRACTION * free) // (3 * max(dtype_bytes, 4))))
    return tuple(range(step, largest + 1, step)) or (step // 4,)


def search(rate: Rate, axis: Sequence[int], max_seconds: float) -> Iterator[Tried]:
    """Find the shape of highest rate with sides of an ascending axis; yields the best after each look.

    First a small product, so that a format which a device only imitates, thousands of times slower, does not
    take minutes; it alone is measured where nothing larger would fit. Then squares, each twice as large as
    the one before. Then, from the best of them, one side at a time is made longer or shorter, by half the
    axis, a quarter and so on to the next side, whenever that is faster. When no neighbour is, it continues
    from random shapes that promise as much, until a fourteenth of all shapes have been tried. No trial begins
    that would not fit in max_seconds.
    """
    known: dict[Shape, float] = {}
    late = 1.0  # how many times as long as expected a trial takes of late, on a busy machine
    began = time.perf_counter()

    def affordable(shape: Shape) -> bool:
        return time.perf_counter() - began + late * expected_s(shape) <= max_seconds

    def expected_s(shape: Shape) -> float:
        return max(LOOK_S, (MIN_CALLS + 2) * shape.flops / max(known.values()) / 1e9)

    def measure(shape: Shape) -> Tried:
        nonlocal late
        began = time.perf_counter()
        known[shape] = max(rate(shape), known.get(shape, 0.0))
        late = max(1.0, (late + (time.perf_counter() - began) / expected_s(shape)) / 2)
        best = max(known, key=known.__getitem__)
        return Tried(best, known[best], len(known), time.perf_counter() - began)

    def climb(here: Shape) -> Iterator[Tried]:
        step = max(1, len(axis) // 2)
        while step:
            moved = False
            for neighbour in _neighbours(here, axis, step):
                if neighbour not in known and affordable(neighbour):
                    yield measure(neighbour)
                    if known[neighbour] > _BETTER * known[here]:
                        here, moved = neighbour, True
                        break
            if not moved:
                step //= 2

    probe, smallest = (Shape(side, side, side) for side in (max(_MIN_SIDE, axis[0] // 8), axis[0]))
    yield measure(probe)
    for _ in range(_PROBES):
        if affordable(smallest) or time.perf_counter() - began > _PROBING * max_seconds:
            break
        yield measure(probe)
    for place in _doubling(len(axis)):
        square = Shape(axis[place], axis[place], axis[place])
        if affordable(square):
            yield measure(square)
    if set(known) == {probe}:
        return
    yield from climb(max(set(known) - {probe}, key=known.__getitem__))
    for start in _anywhere(axis):
        if len(known) >= max(_MIN_SHAPES, len(axis) ** 3 // _SHAPES_DIVISOR):
            break
        if start not in known and affordable(start):
            yield measure(start)
            if known[start] > _PROMISING * max(known.values()):
                yield from climb(start)
    finalists = sorted(known, key=known.__getitem__, reverse=True)[:_FINALISTS]
    for shape in finalists * _FINAL_LOOKS:
        if affordable(shape):
            yield measure(shape)


def every_shape(axis: Sequence[int]) -> Iterator[Shape]:
    """All shapes with sides of an axis: what a search by brute force tries."""
    return (Shape(*three) for three in itertools.product(axis, repeat=3))


def measured_rate(device: str, dtype: str, largest: int, seed: int = 0) -> Rate:
    """A function that measures a product of random matrices, in GFLOP/s: the fastest of a few calls.

    largest is the longest side that it will be asked for. It holds no operation of an earlier shape. Raises
    RuntimeError where the device lacks the format.
    """
    return rate_of(operations(device, dtype, largest, seed), device, dtype)


def rate_of(operation_of: Callable[[Shape], Operation], device: str, dtype: str) -> Rate:
    """A function that measures the product of a shape in GFLOP/s, as operation_of makes it."""
    timer = steady_timer(device)

    def rate(shape: Shape) -> float:
        operation = operation_of(shape)
        with float32_of(dtype, device):
            call_s = timer(operation, 1)  # pays for set-up
            if isinstance(timer, CudaTimer):
                calls = max(1, min(QUEUED_CALLS, int(LOOK_S / 2 / max(call_s, 1e-9))))
                return shape.flops / min(timer(operation, calls) / calls for _ in range(MIN_CALLS)) / 1e9
            return shape.flops / fastest_call_s(operation, timer) / 1e9

    return rate


def operations(
    device: str, dtype: str, largest: int, seed: int = 0, fast_accumulation: bool = False
) -> Callable[[Shape], Operation]:
    """A function that makes the product of a shape; all its products share random operands and a result."""
    check_format(dtype, device)
    draw = Draw(dtype, device, torch.Generator(device).manual_seed(seed))
    # Drawn once, since drawing takes longer than multiplying; operands and results are parts of these.
    pools = draw(2, largest * largest)
    results = torch.empty(
        # float8's result is torch's own, and gone after the call.
        0 if dtype == "float8" else largest * largest,
        dtype=torch.int32 if dtype == "int8" else torch_dtype(draw.kind),
        device=device,
    )
    return lambda shape: product(*shape, _Part(draw, pools, results), fast_accumulation).call


class _Part(Draw):
    """Draws from numbers that were drawn before, one operand from the one pool, the next from the other.

    Results lie in a third pool, each over the one before.
    """

    def __init__(self, draw: Draw, pools: torch.Tensor, results: torch.Tensor) -> None:
        super().__init__(draw.dtype, draw.device, draw.generator)
        object.__setattr__(self, "_pools", itertools.cycle(pools))
        object.__setattr__(self, "_results", results)

    def __call__(self, *shape: int) -> torch.Tensor:
        pool: torch.Tensor = next(self._pools)  # type: ignore[attr-defined]
        return pool[: math.prod(shape)].view(shape)

    def result(self, rows: int, columns: int, dtype: torch.dtype) -> torch.Tensor:
        results: torch.Tensor = self._results  # type: ignore[attr-defined]
        return results[: rows * columns].view(rows, columns)


def _anywhere(axis: Sequence[int]) -> Iterator[Shape]:
    """Shapes in random order, always the same; each once or more."""
    drawn = random.Random(0)
    for _ in range(len(axis) ** 3):
        yield Shape(*drawn.choices(axis, k=3))


def _doubling(count: int) -> list[int]:
    """Places 0, 1, 3, 7 ... of an axis, and the last one."""
    places = [2**power - 1 for power in range(count.bit_length())]
    return [place for place in places if place < count - 1] + [count - 1]


def _neighbours(shape: Shape, axis: Sequence[int], step: int) -> Iterator[Shape]:
    for side, direction in itertools.product(range(3), (1, -1)):
        place = axis.index(shape[side]) + direction * step
        if 0 <= place < len(axis):
            yield Shape(*(axis[place] if each == side else length for each, length in enumerate(shape)))
