"""The search finds the top of made-up landscapes, and keeps to its time."""

from __future__ import annotations

import gc
import math
import weakref
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core import torch_devices
from core.timing.measure.timers import CudaTimer
from core.timing.roofline import best_matmul
from core.timing.roofline.best_matmul import Shape, every_shape, measured_rate, operations, search, sides
from core.timing.workloads import matmul
from core.timing.workloads.workload import Built
from tests.core.timing.queue_model import Gpu
from tests.core.timing.simulated import Clock

AXIS = tuple(range(256, 2049, 256))


def found(rate, axis=AXIS, seconds=1e9):
    *_, last = search(rate, axis, seconds)
    return last


def brute(rate, axis=AXIS) -> float:
    return max(rate(shape) for shape in every_shape(axis))


def saturating(rows: float, inner: float, columns: float):
    """Each side costs a fixed overhead that longer sides hide, as caches, tiles and launches do."""
    return lambda s: 400 / (1 + rows / s.rows) / (1 + inner / s.inner) / (1 + columns / s.columns)


def tiled(shape: Shape) -> float:
    """A GPU with 132 multiprocessors and tiles of 128 x 256: the last wave is partly empty."""
    tiles = math.ceil(shape.rows / 128) * math.ceil(shape.columns / 256)
    waves = math.ceil(tiles / 132)
    return 900 * tiles / (132 * waves) / (1 + 400 / shape.inner)


def throttled(shape: Shape) -> float:
    """Large products heat the card and lower its clock; long inner sides pay off."""
    return 800 / (1 + 300 / shape.inner) / (1 + 200 / shape.rows) / (1 + (shape.flops / 3e10) ** 2)


@given(st.floats(1, 500), st.floats(1, 500), st.floats(1, 500))
@settings(max_examples=40, deadline=None)
def test_where_longer_sides_are_faster_the_best_is_found(rows: float, inner: float, columns: float) -> None:
    rate = saturating(rows, inner, columns)
    assert found(rate).gflops >= 0.98 * brute(rate)


@pytest.mark.parametrize("rate", [tiled, throttled])
def test_quantised_and_throttled_devices_are_searched_well(rate) -> None:
    best = found(rate)
    assert best.gflops >= 0.98 * brute(rate)


@pytest.mark.parametrize("rate", [saturating(200, 50, 90), tiled, throttled])
def test_it_tries_a_tenth_of_the_shapes_at_most(rate) -> None:
    assert found(rate).tried <= len(AXIS) ** 3 / 10


def test_the_best_only_ever_gets_better() -> None:
    rates = [tried.gflops for tried in search(tiled, AXIS, 1e9)]
    assert rates == sorted(rates)


def test_a_first_product_that_was_held_up_does_not_end_the_search() -> None:
    looks = iter([0.002, 0.002, 0.002])
    best = found(lambda shape: next(looks, tiled(shape)), seconds=10.0)
    assert best.gflops >= 0.9 * brute(tiled)


def test_a_format_that_is_only_imitated_does_not_take_minutes() -> None:
    def imitated(shape: Shape) -> float:
        assert shape.rows < 100, "a large product at a thousandth of a GFLOP/s"
        return 0.001

    assert found(imitated, seconds=2).tried == 1


def test_no_trial_begins_that_would_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock().put_into(monkeypatch)

    def slow(shape: Shape) -> float:
        clock.go_on(0.02)
        return 1000.0 + shape.inner

    assert found(slow, seconds=0.3).elapsed_s <= 0.3
    assert clock.now_s <= 0.3


@pytest.mark.parametrize("threads", [1, 2])
def test_a_real_product_is_measured_in_gflops(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # 2 * 256**3 operations in 0.1 ms are 336 GFLOP/s, whichever clock is read.
    clock = Clock().put_into(monkeypatch)
    multiply, calls = torch.mm, 0

    def timed(*operands: Any, out: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += 1
        clock.go_on(1e-4)
        return multiply(*operands, out=out)

    monkeypatch.setattr(matmul.torch, "mm", timed)
    with torch_devices.threads(threads):
        rate = measured_rate("cpu", "float32", 256)(Shape(256, 256, 256))
    assert calls > 2
    assert rate == pytest.approx(2 * 256**3 / 1e-4 / 1e9, rel=1e-3)


def test_formats_that_are_not_there_are_refused_in_words() -> None:
    with pytest.raises(RuntimeError, match="tensor cores"):
        measured_rate("cpu", "tf32", 64)


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "int8"])
def test_every_real_format_of_the_cpu_has_a_rate(dtype: str) -> None:
    assert measured_rate("cpu", dtype, 64)(Shape(64, 32, 64)) > 0


def test_the_sides_of_a_cpu_ascend() -> None:
    axis = sides("cpu", 4)
    assert list(axis) == sorted(set(axis))
    assert axis[0] > 0


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_every_product_of_a_search_writes_its_result_to_the_same_memory(dtype: str) -> None:
    of = operations("cpu", dtype, 128)
    places = set()
    for shape in (Shape(128, 32, 64), Shape(64, 128, 128), Shape(128, 128, 128)):
        result = of(shape)()
        assert result.shape == (shape.rows, shape.columns)
        places.add(result.data_ptr())
    assert len(places) == 1


def test_a_search_keeps_no_product_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[Any]] = []
    multiply = best_matmul.product

    gpu = Gpu().put_into(monkeypatch)

    def product(*arguments: Any) -> Built:
        built = multiply(*arguments)
        on_gpu = Built(lambda: (gpu.launch(1e-5), built.call())[1])
        made.append(weakref.ref(on_gpu.call))
        return on_gpu

    monkeypatch.setattr(best_matmul, "product", product)
    timer = CudaTimer(torch.device("cuda:0"))
    monkeypatch.setattr(best_matmul, "steady_timer", lambda device: timer)
    rate = measured_rate("cpu", "float32", 64)
    for side in (16, 32, 48, 64):
        rate(Shape(side, side, side))
    gc.collect()
    assert len(made) == 4
    assert sum(each() is not None for each in made) == 0
