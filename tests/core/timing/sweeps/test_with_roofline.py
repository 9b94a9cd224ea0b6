"""Roofs come first, measurements lie under them, and progress counts on one scale."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from core.errors import InvalidRequest
from core.events import Progress
from core.jobs import JOBS
from core.records import to_record
from core.timing.results.events import (
    DeviceAbsent,
    EnvironmentRead,
    MeasurementTaken,
    RoofMeasured,
    SweepFinished,
)
from core.timing.roofline.config import RooflineConfig
from core.timing.roofline.events import RooflinePoint
from core.timing.sweeps import with_roofline
from core.timing.sweeps.suites import middle_size, workloads_for_roofline
from core.timing.sweeps.with_roofline import in_seconds, roofline_sweeps, sweeps_with_roofline
from core.timing.workloads import WORKLOADS

ROOF = RoofMeasured("cpu", 1, {"float32": 100.0}, 10.0, 1e-6)
TAKEN = MeasurementTaken(
    "gemm", 64, "float32", "cpu", 1, 1e-3, 1e-3, 1e-3, 6, 1.0, 1.0, 1.0, "target", 1, 1e-3, 0.0, 1.0,
    flops=10**8, bytes_moved=10**6, times_s=(1e-3,) * 6,
)  # fmt: skip
HEAD = [EnvironmentRead(3, "now", {}), DeviceAbsent("mps", "no")]


@pytest.fixture
def known_roofs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Both jobs replaced; the roofs that the sweep was given."""
    given: list[Any] = []

    def sweeps(configs: Any, within_s: Any, roofs: Any) -> Iterator[Any]:
        given.extend(roofs)
        yield from (*HEAD, Progress(0, 1, "points"), TAKEN, SweepFinished(1, 1.0))

    monkeypatch.setattr(with_roofline, "roofline", lambda config: iter([*HEAD, ROOF]))
    monkeypatch.setattr(with_roofline, "sweeps", sweeps)
    return given


def test_roofs_are_handed_on_and_nothing_is_said_twice(known_roofs: list[Any]) -> None:
    events = list(sweeps_with_roofline(RooflineConfig(), ()))
    assert known_roofs == [ROOF]
    kinds = [type(event) for event in events]
    assert kinds == [
        EnvironmentRead, DeviceAbsent, RoofMeasured, Progress, MeasurementTaken, SweepFinished, RooflinePoint
    ]  # fmt: skip
    assert events[-1].percent_of_peak == pytest.approx(100)  # 100 GFLOP/s of 100


def test_points_can_be_left_out(known_roofs: list[Any]) -> None:
    events = list(sweeps_with_roofline(RooflineConfig(), (), with_points=False))
    assert not any(isinstance(event, RooflinePoint) for event in events)


def test_progress_of_roofs_and_points_is_on_one_scale() -> None:
    seen = [Progress(done, 2, unit) for unit in ("roofs", "points") for done in (0, 1, 2)]
    placed = [in_seconds(one, 10.0, 30.0, 40.0) for one in seen]
    assert [one.done for one in placed] == [0, 5, 10, 10, 25, 40]
    assert {one.total for one in placed} == {40.0}


def test_each_workload_is_measured_at_its_middle_size_or_at_the_size_asked_for() -> None:
    (config,) = roofline_sweeps(["softmax"], {"devices": ("cpu",)})
    assert config.sizes == middle_size("softmax")
    assert config.thorough
    (other,) = roofline_sweeps(["softmax"], {"sizes": (16,)})
    assert other.sizes == (16,)
    with pytest.raises(InvalidRequest, match="softmaxx"):
        roofline_sweeps(["softmaxx"], {})


def test_what_computes_nothing_is_not_on_the_roofline() -> None:
    names = workloads_for_roofline()
    assert "gemm" in names
    assert not {"copy", "host_to_device", "activation_relu"} & set(names)
    assert set(names) <= set(WORKLOADS)


def test_the_roofline_of_the_machine_places_what_computes_and_counts_on_one_scale() -> None:
    config = RooflineConfig(dtypes=("float32",), threads=(1,), max_seconds=1)
    seen: list[Progress] = []
    running = JOBS["roofline"].start(to_record(config))
    for event in running:
        if isinstance(event, Progress):
            seen.append(event)
        if isinstance(event, MeasurementTaken):
            break
    assert event.workload == workloads_for_roofline()[0]
    assert event.limit
    assert len({one.total for one in seen[1:]}) == 1
    assert all(one.done <= following.done for one, following in pairwise(seen))
    assert 0 < seen[-1].done < seen[-1].total
