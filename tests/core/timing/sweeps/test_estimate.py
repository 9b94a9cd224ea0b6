"""The estimate of a measurement's time is a sum over its points, and never more than the time it is given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core import devices
from core.jobs import JOBS
from core.records import to_record
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.estimate import THOROUGH_FACTOR, Estimate, estimate
from core.timing.sweeps.suites import SUITES, SuiteConfig
from core.timing.sweeps.with_roofline import estimate_suite

QUICK = SweepConfig("gemm", (32, 64), ("float32", "bfloat16"), threads=(1,), max_seconds=0.5)


def test_each_point_takes_its_time_limit_and_thorough_ones_longer() -> None:
    assert estimate([QUICK]) == Estimate(4, pytest.approx(4 * 0.5))
    assert estimate([QUICK], roofs_s=3.0).seconds == pytest.approx(4 * 0.5 + 3.0)
    assert estimate([replace(QUICK, thorough=True)]).seconds > THOROUGH_FACTOR * 4 * 0.5


def test_a_time_for_all_points_bounds_them_but_not_the_roofs() -> None:
    assert estimate([QUICK], within_s=1.0, roofs_s=3.0) == Estimate(4, pytest.approx(4.0))


def test_an_operation_of_minutes_is_not_called_a_second() -> None:
    large = SweepConfig("resnet18_step", (64,), ("float32",), threads=(1,), steps=("training",))
    # One image is 1.8 GMAC forward (He et al. 2016), and a training step three times that.
    flops = 64 * 3 * 2 * 1.8e9
    assert estimate([large]).seconds > 4 * flops / 100e9  # a core does less than 100 GFLOP/s


@pytest.mark.parametrize("name", list(SUITES))
def test_every_suite_is_a_job_with_an_estimate(name: str) -> None:
    config = SuiteConfig(name)
    assert estimate_suite(config).points == sum(
        len(one.sizes) * len(one.dtypes) * len(one.steps) * len(one.data)
        * len({count or devices.usable_cores() for count in one.threads})
        for one in config.sweeps()
    )  # fmt: skip
    assert JOBS["suite"].exclusive
    if config.limit_s() is not None:
        assert estimate_suite(config).seconds <= config.limit_s() + config.roofs().max_seconds
    assert to_record(config)["suite"] == name


def test_axes_that_are_given_replace_those_of_a_suite() -> None:
    config = SuiteConfig("quick", dtypes=("float64",), threads=(1,), max_seconds=0.1)
    assert {one.dtypes for one in config.sweeps()} == {("float64",)}
    assert {one.max_seconds for one in config.sweeps()} == {0.1}
    assert config.roofs().dtypes == ("float64",)
