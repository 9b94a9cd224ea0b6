"""One point carries all that makes its figure a result, and is measured again where it was contaminated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.events import Progress
from core.timing.measure.conditions import Conditions
from core.timing.measure.progress import result_of
from core.timing.results.events import MeasurementTaken, NoiseMeasured, RoofMeasured
from core.timing.roofline.physical_peak import PhysicalPeak
from core.timing.sweeps import point as measuring
from core.timing.sweeps.config import Point, SweepConfig
from core.timing.sweeps.point import WAITING, measure_point
from core.timing.sweeps.profile import DeviceProfile

POINT = Point("gemm", 32, "float32", "cpu", 1)
PROFILE = DeviceProfile(
    NoiseMeasured("cpu", 1, 0.01, 0.2, 1e-4, 10, 1.0),
    RoofMeasured("cpu", 1, {"float32": 100.0}, 10.0, 1e-6),
    "not here",
)


def config(**settings: Any) -> SweepConfig:
    return SweepConfig(
        **{"sizes": (32,), "dtypes": ("float32",), "threads": (1,), "max_seconds": 0.05} | settings
    )


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What contaminates each measurement in turn, and whether waiting helps."""

    def given(*contamination: tuple[str, ...], quiet_comes: bool = True) -> None:
        in_turn = iter(contamination)
        monkeypatch.setattr(
            measuring, "observe", lambda device: lambda: Conditions(device, 1.0, contamination=next(in_turn))
        )

        def wait(device: str, seconds: float) -> Iterator[tuple[str, ...]]:
            yield ("still busy",)
            yield () if quiet_comes else ("still busy",)

        monkeypatch.setattr(measuring, "wait_until_quiet", wait)

    return given


def test_figures_follow_from_the_median(surroundings: Callable[..., None]) -> None:
    surroundings(())
    taken = result_of(measure_point(config(), POINT, None))
    assert isinstance(taken, MeasurementTaken)
    assert taken.gflops == pytest.approx(2 * 32**3 / taken.median_s / 1e9)
    assert taken.gbps == pytest.approx(3 * 32**2 * 4 / taken.median_s / 1e9)
    assert taken.arithmetic_intensity == pytest.approx(2 * 32**3 / (3 * 32**2 * 4))
    assert taken.conditions is not None
    assert taken.cold_reason
    # Without a profile of the device nothing else is looked for.
    assert taken.limit is taken.precision is taken.joules is taken.noise_paired is None


def test_with_a_profile_it_has_a_limit_a_precision_and_the_noise(surroundings: Callable[..., None]) -> None:
    surroundings(())
    taken = result_of(measure_point(config(thorough=True), POINT, PROFILE))
    assert (taken.noise_paired, taken.noise_unpaired) == (0.01, 0.2)
    assert taken.limit
    assert taken.precision == "float32"
    assert taken.cold_reason == "not here"
    assert (taken.joules is None) == (taken.energy_reason is not None)


def test_progress_is_that_of_one_point_with_its_rate(surroundings: Callable[..., None]) -> None:
    surroundings(())
    seen = list(measure_point(config(), POINT, None))
    assert seen
    for one in seen:
        assert isinstance(one, Progress)
        assert 0 <= one.done <= one.total == 1
        assert one.rate_unit == "GFLOP"
        assert one.rate_per_s
        assert one.rate_per_s > 0


def test_a_contaminated_figure_is_retaken_once_it_is_quiet(surroundings: Callable[..., None]) -> None:
    surroundings(("another program",), ())
    taken = result_of(measure_point(config(quiet_wait_s=10.0), POINT, None))
    assert (taken.retaken, taken.contamination) == (1, ())


def test_while_it_waits_it_says_so(surroundings: Callable[..., None]) -> None:
    surroundings(("another program",), ())
    waiting = [one.done for one in measure_point(config(quiet_wait_s=10.0), POINT, None)]
    assert WAITING in waiting


@pytest.mark.parametrize(("quiet_wait_s", "quiet_comes"), [(0.0, True), (10.0, False)])
def test_where_nobody_waits_or_it_never_is_quiet_it_keeps_its_mark(
    surroundings: Callable[..., None], quiet_wait_s: float, quiet_comes: bool
) -> None:
    surroundings(("another program",), (), quiet_comes=quiet_comes)
    taken = result_of(measure_point(config(quiet_wait_s=quiet_wait_s), POINT, None))
    assert (taken.retaken, taken.contamination) == (0, ("another program",))


@pytest.mark.parametrize(
    ("cache", "peak_gbps", "doubted"),
    [(1 << 10, 1e-6, True), (1 << 10, 1e6, False), (1 << 30, 1e-6, False), (None, 1e-6, False)],
)
def test_what_no_cache_holds_and_moves_faster_than_the_memory_can_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, cache: int | None, peak_gbps: float, doubted: bool
) -> None:
    monkeypatch.setattr(measuring, "peak_gbps", lambda device: PhysicalPeak(peak_gbps, "the vendor's figure"))
    monkeypatch.setattr(measuring, "cache_bytes", lambda device: cache)
    copy = Point("copy", 4096, "float32", "cpu", 1)
    taken = result_of(measure_point(config(), copy, None))
    assert (taken.not_believed is not None) == doubted
    if doubted:
        assert "GB/s beyond its cache is more than the device can do" in str(taken.not_believed)
