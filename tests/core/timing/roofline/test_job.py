"""The roof is found, and measurements lie where they should under it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core.devices import cpu
from core.errors import InvalidRequest
from core.events import Progress, event_record
from core.timing.results.conclusions import conclusions
from core.timing.results.events import EnvironmentRead, RoofMeasured
from core.timing.results.lines import other_line
from core.timing.roofline import best_matmul, job
from core.timing.roofline.config import RooflineConfig
from core.timing.roofline.events import BandwidthFound, FmaMeasured, FormatAbsent, PeakFound
from core.timing.roofline.job import roofline


@pytest.fixture(scope="module")
def events() -> list[Any]:
    return list(roofline(RooflineConfig(dtypes=("float32", "tf32", "float8"), threads=(1,), max_seconds=3)))


def of(events: list[Any], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_the_environment_comes_first_and_the_roof_last(events: list[Any]) -> None:
    answer = [event for event in events if not isinstance(event, Progress)]
    assert isinstance(answer[0], EnvironmentRead)
    assert isinstance(answer[-1], RoofMeasured)
    assert isinstance(events[-1], Progress)
    assert events[-1].done == events[-1].total == 1


def test_a_peak_is_a_product_that_was_measured(events: list[Any]) -> None:
    peak = next(peak for peak in of(events, PeakFound) if peak.dtype == "float32")
    (roof,) = of(events, RoofMeasured)
    assert roof.gflops["float32"] == peak.gflops > 0
    assert min(peak.rows, peak.inner, peak.columns) > 0
    assert peak.tried >= 1
    (bandwidth,) = of(events, BandwidthFound)
    assert bandwidth.gbps is None or bandwidth.gbps > 0
    assert roof.launch_s > 0


def test_float32_is_compared_with_what_the_cores_can_do(events: list[Any]) -> None:
    (fma,) = of(events, FmaMeasured)
    peak = next(peak for peak in of(events, PeakFound) if peak.dtype == "float32")
    if fma.gflops is None:
        assert fma.reason
        pytest.skip(fma.reason)
    assert peak.fma_share == pytest.approx(peak.gflops / fma.gflops)
    assert (peak.explanation is None) == (peak.fma_share >= 0.85)


def test_a_format_without_hardware_has_a_reason(events: list[Any]) -> None:
    absent = {event.dtype: event.reason for event in of(events, FormatAbsent)}
    assert "tensor cores" in absent["tf32"]


def test_every_event_can_be_stored(events: list[Any]) -> None:
    assert all(event_record(event)["event"] for event in events)


@pytest.mark.parametrize(
    "settings",
    [
        {"devices": ("abacus",)},
        {"dtypes": ("float31",)},
        {"threads": (10_000,)},
        {"max_seconds": 0.2},
        {"dtypes": ()},
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        RooflineConfig(**settings)
    assert str(refused.value).endswith(".")


def searched(monkeypatch: pytest.MonkeyPatch, gflops: float, error: str | None) -> list[Any]:
    """A roofline whose search has found so much when an error ends it."""

    def search(rate: Any, axis: Any, max_seconds: float) -> Any:
        yield best_matmul.Tried(best_matmul.Shape(64, 64, 64), gflops, 6, 0.1)
        if error:
            raise torch.OutOfMemoryError(error)

    monkeypatch.setattr(job.best_matmul, "search", search)
    monkeypatch.setattr(job.bandwidth, "copy_bytes", lambda device: 2**20)
    return list(roofline(RooflineConfig(dtypes=("float32",), threads=(1,), max_seconds=1)))


def test_where_memory_runs_out_the_best_so_far_is_kept_and_said_to_be_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = searched(monkeypatch, 1.0, "CUDA out of memory. Tried to allocate 2 GiB.")
    (peak,) = of(events, PeakFound)
    assert (peak.gflops, peak.tried) == (1.0, 6)
    assert of(events, FormatAbsent) == []
    assert of(events, RoofMeasured)[0].gflops == {"float32": 1.0}
    assert "the search ended early: CUDA out of memory" in str(other_line(event_record(peak)))


def test_a_rate_above_what_the_cores_can_do_is_no_roof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "max_clock_mhz", lambda: 3000.0)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    # 32 operations a clock: 96 GFLOP/s.
    (believed,) = of(searched(monkeypatch, 100.0, None), PeakFound)
    assert believed.not_believed is None
    events = searched(monkeypatch, 110.0, None)
    (doubted,) = of(events, PeakFound)
    assert "more than the device can do (96, the cores at their highest clock)" in doubted.not_believed
    assert of(events, RoofMeasured)[0].gflops == {}
    answer = conclusions([event_record(event) for event in events if not isinstance(event, Progress)])
    assert answer[0].startswith("Not believed, and left out of what follows: cpu, float32:")
    assert not any("Best matrix multiplication" in sentence for sentence in answer)
