"""Properties are found from the function itself; these are known from the papers and from closed forms."""

from __future__ import annotations

import math

import pytest

from core.activations import ACTIVATIONS
from core.activations.properties import SATURATED_SLOPE, Properties, fraction_of_range, properties


def found(key: str, **parameters: float) -> Properties:
    return properties(ACTIVATIONS[key], **ACTIVATIONS[key].with_defaults(parameters))


def test_only_the_self_gated_ones_bumps_and_waves_are_not_monotonic() -> None:
    not_monotonic = {key for key in ACTIVATIONS if not found(key).monotonic}
    self_gated = {"gelu", "gelu_tanh", "silu", "swish", "mish", "hardswish", "logish", "serf", "tanhexp"}
    assert not_monotonic == self_gated | {"elish", "lisht", "gaussian", "sine"}


def test_kinks_are_where_the_pieces_meet() -> None:
    kinks = {key: found(key).kinks for key in ACTIVATIONS if found(key).kinks}
    assert kinks == {
        "relu": (0,),
        "leaky_relu": (0,),
        "selu": (0,),
        "hardswish": (-3, 3),
        "relu6": (0, 6),
        "hardtanh": (-1, 1),
        "hardsigmoid": (-3, 3),
        "threshold": (1,),
        "softshrink": (-0.5, 0.5),
        "hardshrink": (-0.5, 0.5),
        "prelu": (0,),
        "rrelu": (0,),
        "penalized_tanh": (0,),
    }


def test_jumps_are_where_the_value_has_two_limits() -> None:
    jumps = {key: found(key).jumps for key in ACTIVATIONS if found(key).jumps}
    assert jumps == {"threshold": (1,), "hardshrink": (-0.5, 0.5), "binary_step": (0,), "sign": (0,)}
    assert found("threshold", threshold=0).jumps == ()
    assert found("sign").lipschitz == math.inf


def test_bends_are_where_the_second_derivative_jumps_and_the_slope_does_not() -> None:
    bends = {key for key in ACTIVATIONS if found(key).bends}
    assert bends == {"elu", "celu", "softsign", "squared_relu", "star_relu", "symlog", "elish"}
    assert all(found(key).bends == (0,) for key in bends)


def test_derivatives_are_counted_up_to_the_second() -> None:
    counts = {key: found(key).continuous_derivatives for key in ("sign", "relu", "elu", "isrlu", "sine")}
    assert counts == {"sign": -1, "relu": 0, "elu": 1, "isrlu": 2, "sine": 2}
    assert found("elu", alpha=2).continuous_derivatives == 0


def test_dead_zones_are_where_no_gradient_passes_at_all() -> None:
    inf = math.inf
    assert {key: found(key).dead for key in ACTIVATIONS if found(key).dead} == {
        "relu": ((-inf, 0),),
        "relu6": ((-inf, 0), (6, inf)),
        "hardtanh": ((-inf, -1), (1, inf)),
        "hardsigmoid": ((-inf, -3), (3, inf)),
        "hardswish": ((-inf, -3),),
        "threshold": ((-inf, 1),),
        "softshrink": ((-0.5, 0.5),),
        "hardshrink": ((-0.5, 0.5),),
        "squared_relu": ((-inf, 0),),
        "star_relu": ((-inf, 0),),
        "binary_step": ((-inf, inf),),
        "sign": ((-inf, inf),),
    }


def test_kinks_come_and_go_with_the_parameters() -> None:
    assert found("elu", alpha=1).kinks == ()
    assert found("elu", alpha=1.1).kinks == (0,)
    assert found("leaky_relu", negative_slope=0.99).kinks == (0,)
    assert found("leaky_relu", negative_slope=1).kinks == ()


def test_the_s_shaped_ones_bumps_and_waves_are_bounded() -> None:
    s_shaped = {"sigmoid", "tanh", "softsign", "relu6", "hardtanh", "hardsigmoid", "arctan", "isru"}
    s_shaped |= {"lecun_tanh", "penalized_tanh", "binary_step", "sign"}
    assert {key for key in ACTIVATIONS if found(key).bounded} == s_shaped | {"gaussian", "sine"}


def test_minima_are_those_of_the_papers() -> None:
    assert found("gelu").lowest == pytest.approx(-0.16997, abs=1e-5)
    assert found("silu").lowest == pytest.approx(-0.27846, abs=1e-5)
    assert found("mish").lowest == pytest.approx(-0.30884, abs=1e-5)
    assert found("hardswish").lowest == -0.375


def test_zero_centred_means_a_mean_of_zero_over_standard_normal_inputs() -> None:
    centred = {"identity", "tanh", "selu", "softsign", "hardtanh", "tanhshrink", "arctan", "isru"}
    centred |= {"sine", "sign", "softshrink", "hardshrink", "lecun_tanh", "symlog", "star_relu"}
    assert {key for key in ACTIVATIONS if found(key).zero_centred} == centred
    assert found("relu").mean_output == pytest.approx(1 / math.sqrt(2 * math.pi), abs=1e-5)
    assert found("sigmoid").mean_output == pytest.approx(0.5)
    assert found("gelu").mean_output == pytest.approx(1 / (2 * math.sqrt(math.pi)), abs=1e-5)


def test_saturation_begins_where_the_slope_falls_below_the_threshold() -> None:
    s = SATURATED_SLOPE
    sigmoid_at = math.log((1 - math.sqrt(1 - 4 * s)) / (1 + math.sqrt(1 - 4 * s)))  # σ(1-σ) = s
    tanh_at = math.atanh(math.sqrt(1 - s))  # 1 - tanh² = s
    assert found("sigmoid").saturates_below == pytest.approx(sigmoid_at, abs=0.006)
    assert found("sigmoid").saturates_above == pytest.approx(-sigmoid_at, abs=0.006)
    assert found("tanh").saturates_above == pytest.approx(tanh_at, abs=0.006)
    assert found("softplus", beta=0.1).saturates_below == pytest.approx(10 * math.log(s / (1 - s)), abs=0.006)
    assert found("softsign").saturates_above == pytest.approx(1 / math.sqrt(s) - 1, abs=0.006)
    assert found("relu").saturates_below == 0
    assert found("hardswish").saturates_below == -3


def test_what_keeps_a_slope_never_saturates() -> None:
    for key in ("identity", "leaky_relu"):
        assert (found(key).saturates_below, found(key).saturates_above) == (None, None)
    assert found("relu").saturates_above is None


def test_the_steepest_slope_is_the_lipschitz_constant() -> None:
    assert found("sigmoid").largest_slope == 0.25
    assert found("tanh").largest_slope == 1
    assert found("gelu").largest_slope == pytest.approx(1.12890, abs=1e-5)  # at x = √2
    assert found("elu", alpha=3).largest_slope == 3
    assert found("sine", omega=30).lipschitz == pytest.approx(30)
    assert found("squared_relu").lipschitz == math.inf
    assert found("bent_identity").largest_slope == pytest.approx(1.5, abs=1e-4)


def test_saturated_parts_are_clipped_to_what_is_shown() -> None:
    sigmoid, relu = found("sigmoid"), found("relu")
    assert sigmoid.saturated_within(-6, 6) == [(-6, sigmoid.saturates_below), (sigmoid.saturates_above, 6)]
    assert sigmoid.saturated_within(-2, 2) == []
    assert sigmoid.saturated_within(5, 9) == [(5, 9)]
    assert relu.saturated_within(-6, 6) == [(-6, 0)]
    assert found("identity").saturated_within(-6, 6) == []


def fraction(key: str) -> float | None:
    return fraction_of_range(ACTIVATIONS[key], properties(ACTIVATIONS[key]), -4, 4)


def test_sigmoid_covers_96_percent_of_its_range_between_minus_4_and_4() -> None:
    assert fraction("sigmoid") == pytest.approx(0.964, abs=5e-4)
    assert fraction("tanh") == pytest.approx(math.tanh(4))
    assert fraction("relu") is None
    assert fraction("gaussian") is None
