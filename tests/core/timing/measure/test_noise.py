"""The noise floor of machines that are known exactly, and what a device's floors carry beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.events import Progress
from core.timing.measure import noise
from core.timing.measure.conditions import Conditions
from core.timing.measure.noise import NoiseFloor, measure_noise, noise_floor, paired_floor, unpaired_floor
from core.timing.measure.progress import result_of
from core.timing.results.events import NoiseMeasured
from tests.core.timing.simulated import Machine, fast


def floor_of(machine: Machine) -> NoiseFloor:
    return result_of(noise_floor(fast, machine, 1.0))


def test_a_quiet_machine_has_no_floor_and_a_drifting_one_a_wider_one_between_moments() -> None:
    quiet = floor_of(Machine(1.0))
    assert quiet.paired < 1e-6
    assert quiet.unpaired < 1e-6
    assert quiet.median_s == pytest.approx(1e-4, rel=1e-2)
    drifting = floor_of(Machine(1.0, lambda at_s, block: 1 + 0.3 * at_s))
    assert drifting.paired < 0.01
    assert drifting.unpaired == pytest.approx((1 + 0.3 * 0.9) / (1 + 0.3 * 0.1) - 1, rel=0.1)


def test_the_floor_is_never_less_than_either_half_shows() -> None:
    # The later half finds a difference of 3% that is none, and the median of all hides it.
    assert paired_floor([0.0] * 70 + [math.log(1.03)] * 30) == pytest.approx(0.03)


def test_unpaired_means_the_largest_difference_between_stretches() -> None:
    assert unpaired_floor([1.0] * 50 + [1.3] * 50) == pytest.approx(0.3)


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Other programs: what contaminates each measurement in turn, and whether waiting helps."""

    def given(*contamination: tuple[str, ...], quiet_comes: bool = True) -> None:
        in_turn = iter(contamination)
        monkeypatch.setattr(noise, "timer_for", lambda device: Machine(1.0))
        monkeypatch.setattr(
            noise, "observe", lambda device: lambda: Conditions(device, 1.0, contamination=next(in_turn))
        )

        def wait(device: str, seconds: float) -> Iterator[tuple[str, ...]]:
            yield ("still busy",)
            yield () if quiet_comes else ("still busy",)

        monkeypatch.setattr(noise, "wait_until_quiet", wait)

    return given


def measured(**options: Any) -> tuple[NoiseMeasured, list[Progress]]:
    seen: list[Progress] = []

    def watch() -> Any:
        return (yield from measure_noise("cpu", 1, 0.1, **options))

    steps = watch()
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return end.value, seen


def test_floors_name_the_device_and_what_contaminated_them(surroundings: Callable[..., None]) -> None:
    surroundings(("another program",))
    found, seen = measured()
    assert (found.device, found.threads, found.contamination) == ("cpu", 1, ("another program",))
    assert seen
    assert all(isinstance(one, Progress) for one in seen)


def test_contaminated_floors_are_looked_for_again_once_it_is_quiet(
    surroundings: Callable[..., None],
) -> None:
    surroundings(("another program",), ())
    found, _ = measured(quiet_wait_s=10.0)
    assert found.contamination == ()


def test_where_it_never_is_quiet_the_first_floors_stand(surroundings: Callable[..., None]) -> None:
    surroundings(("another program",), (), quiet_comes=False)
    found, _ = measured(quiet_wait_s=10.0)
    assert found.contamination == ("another program",)
