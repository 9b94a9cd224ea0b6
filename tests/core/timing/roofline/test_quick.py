"""A quick look finds the roof of a device that is known exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from core.events import Progress
from core.timing.measure.progress import result_of
from core.timing.results.events import RoofMeasured
from core.timing.roofline import bandwidth, physical_peak
from core.timing.roofline.quick import quick_roofline
from core.timing.workloads import WORKLOADS
from tests.core.timing.queue_model import Gpu
from tests.core.timing.simulated import Clock


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """A device of 100 GFLOP/s, 10 GB/s and 2 µs a call, that has no float16; what it was asked for."""
    clock = Clock().put_into(monkeypatch)
    asked: list[tuple[str, int]] = []

    def prepare(name: str, seconds: Callable[[int], float]) -> Callable[..., Any]:
        def prepared(size: int, dtype: str, *others: Any) -> Any:
            if dtype == "float16":
                raise RuntimeError("no such format here")
            asked.append((name, size))
            return lambda: clock.go_on(seconds(size))

        return prepared

    times = {"gemm": lambda n: 2 * n**3 / 100e9, "copy": lambda n: 2 * n * 4 / 10e9, "launch": lambda n: 2e-6}
    for name, seconds in times.items():
        monkeypatch.setitem(WORKLOADS, name, replace(WORKLOADS[name], prepare=prepare(name, seconds)))
    return asked


def test_each_roof_is_found(simulated: list[tuple[str, int]]) -> None:
    found = result_of(quick_roofline("cpu", 1, ("float32", "float16"), 1.0))
    assert isinstance(found, RoofMeasured)
    assert found.gflops == {"float32": pytest.approx(100, rel=1e-3)}
    assert found.gbps == pytest.approx(10, rel=1e-3)
    assert found.launch_s == pytest.approx(2e-6, rel=1e-3)


def test_squares_grow_as_far_as_the_time_goes(simulated: list[tuple[str, int]]) -> None:
    result_of(quick_roofline("cpu", 1, ("float32",), 1.0))
    sizes = [size for name, size in simulated if name == "gemm"]
    assert sizes == [64 * 2**power for power in range(len(sizes))]
    assert 512 <= sizes[-1] < 8192


def test_in_a_short_time_the_copy_is_small(simulated: list[tuple[str, int]]) -> None:
    result_of(quick_roofline("cpu", 1, ("float32",), 0.2))
    result_of(quick_roofline("cpu", 1, ("float32",), 1.0))
    short, long = (size for name, size in simulated if name == "copy")
    assert 4 * short == 16 * 2**20
    assert 4 * long >= bandwidth.MIN_COPY_BYTES


def test_it_can_be_watched() -> None:
    steps = list(quick_roofline("cpu", 1, ("float32",), 0.05))
    assert len(steps) == 2
    assert all(isinstance(step, Progress) for step in steps)


def test_an_accelerators_copy_never_fits_its_cache_however_short_the_time(
    simulated: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = Gpu().put_into(monkeypatch)
    l2_bytes = 128 * 2**20
    monkeypatch.setattr(bandwidth, "cache_bytes", lambda device: l2_bytes)
    monkeypatch.setattr(bandwidth.devices, "memory_free_bytes", lambda device: 2**36)
    monkeypatch.setattr(physical_peak, "vendor_of", lambda device: None)
    copied: list[int] = []

    def prepare(size: int, dtype: str, *others: Any) -> Any:
        copied.append(4 * size)
        return lambda: gpu.launch(2 * 4 * size / 1e12, launch_s=5e-6)

    monkeypatch.setitem(WORKLOADS, "copy", replace(WORKLOADS["copy"], prepare=prepare))
    for name in ("gemm", "launch"):
        kernel = replace(WORKLOADS[name], prepare=lambda *_: lambda: gpu.launch(2e-6, launch_s=5e-6))
        monkeypatch.setitem(WORKLOADS, name, kernel)
    found = result_of(quick_roofline("cuda:0", None, ("float32",), 0.05))
    assert copied == [4 * l2_bytes]
    assert found.gbps == pytest.approx(1000, rel=1e-3)
    # What the smallest call costs is what a program waits for it, not the kernel alone.
    assert found.launch_s == pytest.approx(5e-6, rel=0.02)

    monkeypatch.setattr(bandwidth.devices, "memory_free_bytes", lambda device: 2**30)
    assert result_of(quick_roofline("cuda:0", None, ("float32",), 0.05)).gbps is None
    assert "too little memory" in str(bandwidth.hides_in_cache("cuda:0", bandwidth.copy_bytes("cuda:0")))


def test_where_memory_runs_out_the_best_square_so_far_is_the_roof(
    simulated: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = WORKLOADS["gemm"].prepare

    def full(size: int, *others: Any) -> Any:
        if size > 256:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return prepare(size, *others)

    monkeypatch.setitem(WORKLOADS, "gemm", replace(WORKLOADS["gemm"], prepare=full))
    found = result_of(quick_roofline("cpu", 1, ("float32",), 1.0))
    assert found.gflops == {"float32": pytest.approx(100, rel=1e-3)}
