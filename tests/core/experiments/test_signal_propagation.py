"""A signal and a gradient through many layers: against mean-field theory, autograd, and what papers say."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.func import vjp

from core.activations import ACTIVATIONS
from core.errors import InvalidRequest
from core.experiments.signal_propagation import (
    BINS,
    INITIALISATIONS,
    DepthConfig,
    best_initialisation,
    critical_gain,
    predict,
    propagate,
)


def stack(activation: str, initialisation: str = "xavier", **settings: Any) -> DepthConfig:
    return DepthConfig(activation, initialisation=initialisation, **({"layers": 100} | settings))


def test_selu_keeps_mean_0_and_variance_1_through_100_layers() -> None:  # Klambauer et al. 2017
    found = propagate(stack("selu", "lecun"))
    assert found.mean == pytest.approx(0, abs=0.1)
    assert found.variance == pytest.approx(1, abs=0.2)


def test_relu_keeps_its_second_moment_and_its_gradient_under_he() -> None:  # He, Zhang, Ren & Sun 2015
    found = propagate(stack("relu", "he", width=512, layers=20))
    assert 0.3 < found.second_moment[-1] / found.second_moment[0] < 3
    assert 0.3 < found.gradient_ratio < 3
    assert found.dead == pytest.approx(0.5, abs=0.1)


def test_under_xavier_relu_halves_the_signals_variance_in_each_layer() -> None:
    found = propagate(stack("relu", layers=30, width=512))
    ratio = (found.second_moment[-1] / found.second_moment[0]) ** (1 / 29)
    assert ratio == pytest.approx(0.5, abs=0.03)


def test_sigmoids_gradient_loses_three_quarters_in_each_layer() -> None:
    found = propagate(stack("sigmoid"))
    assert found.per_layer <= 0.25
    assert found.gradient_ratio < 1e-55


def test_orthogonal_matrices_alone_keep_every_length() -> None:  # Saxe, McClelland & Ganguli 2014
    found = propagate(stack("identity", "orthogonal"))
    assert found.second_moment == pytest.approx(found.second_moment[0], rel=1e-4)
    assert found.gradient_ratio == pytest.approx(1, rel=1e-4)


def test_weights_of_one_size_for_every_width_vanish_or_explode() -> None:
    assert propagate(stack("tanh", "normal", width=64)).gradient_ratio < 1e-20
    assert propagate(stack("tanh", "normal", gain=10.0, width=512)).gradient_ratio > 1e20


@pytest.mark.parametrize(
    ("activation", "initialisation", "gain"),
    [
        *(("tanh", "xavier", 1.0), ("tanh", "xavier", 2.0), ("relu", "he", 1.0), ("selu", "lecun", 1.0)),
        *(("sigmoid", "he", 1.0), ("gelu", "xavier", 1.5), ("sine", "lecun", 1.2)),
    ],
)
def test_theory_predicts_what_wide_layers_do(activation: str, initialisation: str, gain: float) -> None:
    config = stack(activation, initialisation, gain=gain, layers=15, width=512, bias_std=0.2)
    several, theory = [propagate(replace(config, seed=seed)) for seed in range(3)], predict(config)
    second_moment = np.mean([found.second_moment for found in several], 0)
    gradient = np.mean([np.log(found.gradient) for found in several], 0)
    assert second_moment == pytest.approx(theory.second_moment, rel=0.3)
    assert gradient == pytest.approx(np.log(theory.gradient), abs=0.4)


def test_theory_gives_the_closed_forms_of_relu_and_erf() -> None:
    relu = predict(stack("relu", "he", layers=5))
    assert relu.second_moment == pytest.approx(2)
    assert relu.chi == pytest.approx(1)
    assert relu.phase == "critical"
    # Two standard normal sums of one unit: E[Phi(z)^2] = 1/3, so E[(z Phi(z))^2] is GELU's known moment.
    gelu = predict(stack("gelu", layers=2))
    assert gelu.second_moment[1] == pytest.approx(1 / 3 + 1 / (2 * math.pi * math.sqrt(3)), rel=1e-4)


def test_tanh_is_critical_at_1_and_chaotic_above() -> None:  # Poole et al. 2016; Schoenholz et al. 2017
    assert predict(stack("tanh", gain=0.9)).phase == "ordered"
    assert predict(stack("tanh", gain=1.5)).phase == "chaotic"
    assert critical_gain(stack("relu")) == pytest.approx(math.sqrt(2), rel=0.01)
    assert critical_gain(stack("relu", "he")) == pytest.approx(1, rel=0.01)
    assert critical_gain(stack("sign")) is None


def test_the_gradient_is_autograds() -> None:
    config = DepthConfig("tanh", layers=3, width=8, gain=1.3, bias_std=0.5)
    found = propagate(config)
    generator = torch.Generator().manual_seed(config.seed)
    x = torch.randn(128, 8, generator=generator)
    weights, biases = [], []
    for _ in range(3):
        weight = torch.nn.init.xavier_uniform_(torch.empty(8, 8), generator=generator) * 1.3
        weights.append(weight)
        biases.append(0.5 * torch.randn(8, generator=generator))

    def network(first_sums: torch.Tensor) -> torch.Tensor:
        y = torch.tanh(first_sums)
        for weight, bias in zip(weights[1:], biases[1:], strict=True):
            y = torch.tanh(y @ weight.T + bias)
        return y

    outputs, back = vjp(network, x @ weights[0].T + biases[0])[:2]
    (gradient,) = back(torch.randn(outputs.shape, generator=generator))
    assert found.gradient[0] == pytest.approx(gradient.square().mean().sqrt().item(), rel=1e-4)
    assert found.mean[-1] == pytest.approx(outputs.mean().item(), abs=1e-6)
    assert found.variance[-1] == pytest.approx(outputs.var(correction=0).item(), rel=1e-4)


def test_the_initialisation_that_papers_name_is_found_best() -> None:
    assert best_initialisation(stack("relu", layers=50))[0] == "he"
    assert best_initialisation(stack("leaky_relu", layers=50))[0] == "he"
    assert best_initialisation(stack("selu", layers=50))[0] in ("lecun", "xavier", "orthogonal")  # all are 1
    assert best_initialisation(stack("sign", layers=5)) == ("", None)


@pytest.mark.parametrize("typed", ["log(x)", "exp(exp(x))"])
def test_a_typed_function_without_a_number_at_the_first_layer_has_no_figures(typed: str) -> None:
    found = propagate(DepthConfig(typed, layers=5))
    assert found.overflows_at == 1
    assert np.isnan([found.mean, found.variance, found.gradient, found.dead]).all()
    assert found.histogram.shape == (5, BINS)
    assert predict(DepthConfig(typed, layers=5)).gradient.shape == (5,)


def test_a_function_that_overflows_says_where_and_gives_no_figures_after() -> None:
    found = propagate(stack("squared_relu", gain=3.0))
    assert found.overflows_at is not None
    cut = found.overflows_at - 1
    assert np.isfinite(found.variance[:cut]).all()
    assert np.isnan(found.variance[cut:]).all()
    assert np.isnan(found.gradient).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_function_goes_through_with_whole_histograms(activation: str) -> None:
    config = stack(activation, layers=5, width=32)
    found, theory = propagate(config), predict(config)
    assert found.histogram.shape == (5, BINS)
    if not found.overflows_at:
        assert found.histogram.sum(1) == pytest.approx(1)
        assert np.isfinite(found.gradient).all()
    assert np.isfinite(theory.gradient).all()
    assert np.isfinite(theory.second_moment).all()


def test_the_same_seed_gives_the_same_figures() -> None:
    one, other = (propagate(stack("tanh", name, layers=3, seed=5)) for name in ("he", "he"))
    assert (one.gradient == other.gradient).all()


@pytest.mark.parametrize("initialisation", INITIALISATIONS)
def test_typed_functions_go_through_as_well(initialisation: str) -> None:
    typed = propagate(stack("x*tanh(softplus(x))", initialisation, layers=10, width=32))
    entry = propagate(stack("mish", initialisation, layers=10, width=32))
    assert typed.gradient == pytest.approx(entry.gradient, rel=1e-3)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"layers": 101}, "layers 101 .* from 1 to 100"),
        ({"width": 1}, "width 1 .* from 2 to 512"),
        ({"gain": math.nan}, "gain nan .* from 0.1 to 20"),
        ({"initialisation": "hee"}, "Unknown initialisation 'hee'"),
        ({"activation": "swoosh"}, "There is no activation 'swoosh'"),
    ],
)
def test_what_cannot_be_is_said(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence.replace("(", r"\(")):
        DepthConfig(**settings)
