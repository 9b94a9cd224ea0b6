"""What a load test says of what it has found."""

from __future__ import annotations

import math

from tests.load.report import Found, Sample, Timing, broken, percentile, table


def found(move_ms: float = 100.0, age_s: float = 0.5, cores: float = 0.5, growth: float = 0.0) -> Found:
    """Two minutes of which the first ten seconds are the opening."""
    seconds = range(121)
    memory = [int(2**28 * (1 + growth * max(0, second - 65) / 55)) for second in seconds]
    return Found(
        steady_at=10.0,
        sessions=10,
        timings=[Timing(5.0, "slider", "move", 9999.0), Timing(5.0, "slider", "visit", 300.0)]
        + [Timing(20.0, "slider", "move", move_ms)] * 50,
        samples=[Sample(float(second), cores * second, memory[second]) for second in seconds],
        ages_s=[(5.0, 99.0), *[(20.0, age_s)] * 50],
    )


def test_all_is_well() -> None:
    assert broken(found()) == []
    assert "0.50 cores, 50.0 ms" in table(found())


def test_each_promise_can_be_broken() -> None:
    assert "a slider took 251 ms" in broken(found(move_ms=251))[0]
    assert "frames were 1.60 s old" in broken(found(age_s=1.6))[0]
    assert "took 1.20 cores" in broken(found(cores=1.2))[0]
    assert "memory grew by" in broken(found(growth=0.08))[0]
    assert broken(found(growth=0.04)) == []
    failed = found()
    failed.timings.append(Timing(3.0, "starter", "start", 1.0, "Broken: 503"))  # also while pages are opened
    assert broken(failed) == ["1 errors, the first of a starter: Broken: 503"]


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([3, 1, 2, 4], 0.5) == 2
    assert percentile([*range(1, 101)], 0.95) == 95
    assert percentile([7.0], 0.95) == 7.0
    assert math.isnan(percentile([], 0.5))
