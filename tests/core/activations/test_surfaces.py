"""Surfaces over two inputs, against closed forms and torch.nn."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.activations.gated import GATED
from core.activations.surfaces import Surface, gate, network, neuron, to_csv
from core.errors import InvalidRequest

weights = st.floats(-5, 5).map(lambda weight: round(weight, 2))


def places(surface: Surface) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.meshgrid(surface.at.astype(float), surface.at.astype(float))
    return x, y


@settings(max_examples=30, deadline=None)
@given(weights, weights, weights)
def test_a_neuron_is_its_function_of_a_weighted_sum(w1: float, w2: float, bias: float) -> None:
    surface = neuron("tanh", w1, w2, bias, reach=2, points=21)
    x, y = places(surface)
    z = np.tanh(w1 * x + w2 * y + bias)
    assert surface.z == pytest.approx(z, abs=1e-5)
    assert surface.dz_dx == pytest.approx(w1 * (1 - z**2), abs=1e-4)
    assert surface.slope == pytest.approx(np.hypot(w1, w2) * (1 - z**2), abs=1e-4)


def test_a_neuron_is_constant_along_the_line_that_its_weights_do_not_see() -> None:
    surface = neuron("gelu", 1.0, 1.0, 0.0, points=11)
    across = np.fliplr(surface.z)
    for offset in range(-10, 11):
        assert np.ptp(np.diagonal(across, offset)) < 1e-6


def test_zero_is_a_point() -> None:
    for reach in (1.0, 2.5, 3.0, 7.3):
        assert neuron("relu", 1, 0, 0, reach=reach).at[60] == 0


@pytest.mark.parametrize("key", ACTIVATIONS)
def test_every_function_makes_a_finite_landscape(key: str) -> None:
    surface = network(key, (4, 4), points=11)
    for part in (surface.z, surface.dz_dx, surface.dz_dy):
        assert part.shape == (11, 11)
        assert np.isfinite(part).all()


def test_a_network_of_identities_is_a_plane() -> None:
    surface = network("identity", (8, 8, 8), seed=3, points=21)
    assert np.ptp(surface.dz_dx) == pytest.approx(0, abs=1e-4)
    x, y = places(surface)
    plane = surface.z[10, 10] + surface.dz_dx[0, 0] * x + surface.dz_dy[0, 0] * y
    assert surface.z == pytest.approx(plane, abs=1e-4)


def test_a_network_has_the_slopes_that_its_differences_show() -> None:
    surface = network("tanh", (16,), seed=5, points=401)
    along_y, along_x = np.gradient(surface.z.astype(float), surface.at[1] - surface.at[0])
    inside = slice(1, -1)
    assert surface.dz_dx[inside, inside] == pytest.approx(along_x[inside, inside], abs=5e-3)
    assert surface.dz_dy[inside, inside] == pytest.approx(along_y[inside, inside], abs=5e-3)


def test_one_layer_of_relu_has_no_more_facets_than_its_lines_can_cut() -> None:
    # k lines cut the plane into at most 1 + k + k(k - 1)/2 pieces, and the gradient is constant on each.
    surface = network("relu", (4,), seed=2, points=201)
    gradients = np.stack([surface.dz_dx, surface.dz_dy], -1).reshape(-1, 2).round(4)
    assert 1 < len(np.unique(gradients, axis=0)) <= 1 + 4 + 6


def test_a_seed_gives_the_same_network_and_another_one_another() -> None:
    first, again, other = (network("silu", (8,), seed=seed, points=11).z for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_weights_do_not_depend_on_the_function() -> None:
    # SiLU is Swish with β = 1, and PReLU at slope 1 the identity.
    silu, swish = network("silu", points=11), network("swish", points=11, parameters={"beta": 1.0})
    assert silu.z == pytest.approx(swish.z, abs=1e-6)


@pytest.mark.parametrize("key", GATED)
def test_a_gate_is_the_value_times_the_function_of_the_gate(key: str) -> None:
    surface = gate(key, points=11)
    a, b = (torch.from_numpy(part) for part in places(surface))
    assert surface.z == pytest.approx(GATED[key].function(a, b).numpy(), abs=1e-5)
    by_a, by_b = GATED[key].gradients(a, b)
    assert surface.dz_dx == pytest.approx(by_a.numpy(), abs=1e-5)
    assert surface.dz_dy == pytest.approx(by_b.numpy(), abs=1e-5)


def test_glu_is_that_of_torch() -> None:
    surface = gate("glu", points=11)
    a, b = (torch.from_numpy(part) for part in places(surface))
    expected = torch.nn.functional.glu(torch.stack([a, b]), 0)[0]
    assert surface.z == pytest.approx(expected.numpy(), abs=1e-6)


def test_slices_are_rows_of_the_surface() -> None:
    surface = neuron("identity", 1, 10, 0, reach=2, points=21)
    cuts = surface.slices(5)
    assert list(cuts) == [-2, -1, 0, 1, 2]
    for y, line in cuts.items():
        assert line == pytest.approx(surface.at + 10 * y, abs=1e-5)


def test_csv_has_a_row_for_each_point() -> None:
    rows = list(csv.DictReader(to_csv(neuron("relu", 1, -1, 0, points=5), ("a", "b", "f")).splitlines()))
    assert len(rows) == 25
    for row in rows:
        a, b = float(row["a"]), float(row["b"])
        assert float(row["f"]) == max(0, a - b)
        assert float(row["df/db"]) == (-1 if a > b else 0)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: neuron("swoosh", 1, 1, 0),
        lambda: neuron("relu", 1e9, 1, 0),
        lambda: neuron("relu", float("nan"), 1, 0),
        lambda: neuron("relu", 1, 1, 0, reach=0),
        lambda: neuron("relu", 1, 1, 0, points=10_000),
        lambda: neuron("elu", 1, 1, 0, parameters={"alpha": 99}),
        lambda: network("relu", ()),
        lambda: network("relu", (8,) * 4),
        lambda: network("relu", (65,)),
        lambda: network("relu", gain=0),
        lambda: gate("flu"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(ask: object) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ask()  # type: ignore[operator]
    assert str(refused.value)[-1] in ".?"
