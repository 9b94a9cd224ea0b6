"""What number formats cost, against casts, logarithms and known overflows."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.activations.formats import FORMATS
from core.activations.precision import (
    Rounding,
    Stretch,
    envelope,
    numbers,
    precision,
    staircase,
    table,
    to_csv,
    worst,
)
from core.errors import InvalidRequest

HALVES = ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]


@pytest.mark.parametrize(("key", "finite"), [("float16", 63_487), ("bfloat16", 65_279)])
def test_every_finite_number_of_a_small_format_is_tried_once(key: str, finite: int) -> None:
    # IEEE 754: 2^16 patterns, less those with the largest exponent, less one of the two zeros.
    found = numbers(key)
    assert len(found) == finite
    assert (found.double().diff() > 0).all()


@pytest.mark.parametrize("key", HALVES)
def test_rounding_alone_costs_at_most_half_a_step(key: str) -> None:
    # Identity and ReLU compute nothing that is not a number of the format already.
    for function in ("identity", "relu"):
        result = precision(function, key)
        assert result.value.absolute.max() == 0
        assert result.slope.absolute.max() == 0
    # Functions that torch computes in float32 and rounds once: half a step, and what float32 adds.
    for function in ("tanh", "silu", "gelu"):
        found = worst(precision(function, key).value, 2.0)
        assert found is not None
        assert found.ulps <= 0.51
        assert found.relative <= FORMATS[key].epsilon / 2 * 1.02


def test_float16_sigmoid_underflows_where_its_exponential_is_under_half_the_smallest_number() -> None:
    (stretch,) = precision("sigmoid", "float16").value.lost()
    assert (stretch.what, stretch.low, stretch.avoidable) == ("zero", -math.inf, False)
    assert stretch.high == pytest.approx(-25 * math.log(2), abs=0.02)  # e^x = 2^-25


def test_squared_relu_overflows_float16_at_the_root_of_its_largest_number() -> None:
    infinite = [stretch for stretch in precision("squared_relu", "float16").value.lost() if stretch.low > 1]
    assert infinite == [Stretch("infinite", 256.0, math.inf, avoidable=False)]  # 256² = 65,536 > 65,504


def test_a_square_on_the_way_loses_results_that_would_fit() -> None:
    # ISRU nears ±1, but computes x²; StarReLU's 0.8944 x² fits up to x = 270.6.
    left, right = precision("isru", "float16").value.lost()
    assert left == Stretch("zero", -math.inf, -256.0, avoidable=True)
    assert right == Stretch("zero", 256.0, math.inf, avoidable=True)
    avoidable = [s for s in precision("star_relu", "float16").value.lost() if s.avoidable and s.low > 1]
    (star,) = avoidable
    assert (star.what, star.low) == ("infinite", 256.0)
    assert star.high == pytest.approx(math.sqrt((65_520 + 0.4472) / 0.8944), abs=0.25)


def test_a_slope_of_infinity_times_zero_is_nan() -> None:
    # -2x overflows before it is multiplied by e^(-x²) = 0.
    lost = [stretch for stretch in precision("gaussian", "float16").slope.lost() if stretch.what == "NaN"]
    assert [(s.low, s.high) for s in lost] == [(-math.inf, -32_768.0), (32_768.0, math.inf)]


def test_tanh_loses_its_slope_where_tanh_rounds_to_one() -> None:
    # The slope 1 - t² is 0 from where t rounds to 1, 2e^(-2x) = 2^-12, though float16 holds 4e^(-2x) there.
    avoidable = [s for s in precision("tanh", "float16").slope.lost() if s.avoidable and s.low > 0]
    assert avoidable[0].what == "zero"
    assert avoidable[0].low == pytest.approx(math.log(2**13) / 2, abs=0.01)


def test_float8_without_infinity_clips() -> None:
    lost = precision("squared_relu", "float8_e4m3fn").value.lost()
    assert [stretch.what for stretch in lost if stretch.low > 1] == ["clipped"]
    assert precision("squared_relu", "float8_e4m3fn").value.largest == 448


@pytest.mark.parametrize("key", FORMATS)
def test_float64_is_a_yardstick_for_every_function_at_every_number(key: str) -> None:
    for function in ACTIVATIONS:
        result = precision(function, key)
        assert np.isfinite(result.value.exact).all(), function
        assert np.isfinite(result.slope.exact).all(), function


@pytest.mark.parametrize("key", FORMATS)
def test_what_is_computed_is_what_torch_computes_in_that_format(key: str) -> None:
    result, x = precision("softplus", key, {"beta": 2.0}), numbers(key)
    wide = x.to(getattr(torch, FORMATS[key].arithmetic))
    expected = torch.nn.functional.softplus(wide, 2.0).to(x.dtype).double().numpy()
    assert (result.value.computed == expected).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=50, unique=True), st.booleans())
def test_the_envelope_has_the_largest_error_of_each_stretch(found: list[float], logarithmic: bool) -> None:
    x = np.array(sorted(found))
    computed = x + np.sin(x) / 100
    rounding = Rounding(FORMATS["float16"], x, x, computed)
    at, errors = envelope(rounding, "absolute", 1e4, logarithmic, bins=10)
    assert len(at) <= 10
    assert set(at) <= set(x)
    assert (np.diff(at) > 0).all()
    assert errors.max() == rounding.absolute.max()


def test_an_envelope_can_cover_a_range_of_x() -> None:
    at, _ = envelope(precision("gelu", "float32").value, "ulps", 10.0)
    assert np.abs(at).max() <= 10
    assert len(at) == 240  # float32's numbers are dense enough for every stretch


def test_a_staircase_uses_the_nearest_number() -> None:
    rounding = precision("identity", "float8_e5m2").value
    assert staircase(rounding, np.array([1.0, 1.1, 1.13, 1e9])).tolist() == [1.0, 1.0, 1.25, 57344.0]


def test_where_everything_is_lost_there_is_no_worst() -> None:
    x = np.array([1.0, 2.0])
    assert worst(Rounding(FORMATS["float16"], x, x, np.full(2, np.nan)), 10.0) is None


def test_csv_has_a_row_for_each_function_format_and_point() -> None:
    formats = ("float16", "float8_e5m2")
    text = to_csv({"tanh": {key: table(precision("tanh", key), 4.0, points=9) for key in formats}})
    rows = list(csv.DictReader(text.splitlines()))
    assert {row["format"] for row in rows} == {"float16", "float8_e5m2"}
    for row in rows:
        x = float(row["x"])
        assert abs(x) <= 4
        assert float(row["value exact"]) == pytest.approx(math.tanh(x))
        assert float(row["slope computed"]) == pytest.approx(1 - math.tanh(x) ** 2, rel=0.25, abs=0.001)


@pytest.mark.parametrize(("function", "format"), [("swoosh", "float16"), ("relu", "float4")])
def test_unknown_names_are_rejected_in_one_sentence(function: str, format: str) -> None:
    with pytest.raises(InvalidRequest, match="There is no"):
        precision(function, format)
