"""The sharpness is that of torch's whole Hessian, and a slice is the loss along what it says."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils import vector_to_parameters

from core.landscape.surroundings import (
    filter_normalized,
    largest_eigenvalue,
    sharpness,
    slice_of_losses,
)


def network_of(units: int) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(2, units), nn.Tanh(), nn.Linear(units, units), nn.Tanh(), nn.Linear(units, 1)
    ).double()


def loss_of(network: nn.Module) -> Callable[[], Tensor]:
    inputs = torch.randn(50, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    targets = (inputs.prod(dim=1) > 0).double()
    return lambda: nn.functional.binary_cross_entropy_with_logits(network(inputs)[:, 0], targets)


def whole_hessian(network: nn.Module) -> Tensor:
    inputs = torch.randn(50, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    targets = (inputs.prod(dim=1) > 0).double()
    names, weights = zip(*network.named_parameters(), strict=True)

    def loss(flat: Tensor) -> Tensor:
        parts = flat.split([weight.numel() for weight in weights])
        shaped = {
            name: part.view_as(weight) for name, part, weight in zip(names, parts, weights, strict=True)
        }
        outputs = functional_call(network, shaped, (inputs,))
        return nn.functional.binary_cross_entropy_with_logits(outputs[:, 0], targets)

    flat = torch.cat([weight.detach().reshape(-1) for weight in weights])
    return torch.autograd.functional.hessian(loss, flat)


@pytest.mark.parametrize("units", [1, 8])  # 7 parameters, and 105
def test_sharpness_is_the_largest_eigenvalue_of_the_whole_hessian(units: int) -> None:
    network = network_of(units)
    largest = torch.linalg.eigvalsh(whole_hessian(network))[-1].item()
    assert sharpness(network, loss_of(network)) == pytest.approx(largest, rel=1e-3)


def test_where_the_most_negative_curvature_is_the_longest_the_largest_is_given_all_the_same() -> None:
    """A power iteration would give the eigenvalue of the largest size."""
    network = nn.Linear(60, 1, bias=False).double()
    curvatures = torch.linspace(-5, 2, 60, dtype=torch.float64)
    assert sharpness(network, lambda: (curvatures * network.weight[0] ** 2).sum() / 2) == pytest.approx(2)


@pytest.mark.parametrize("size", [1, 2, 5, 300])
def test_the_largest_eigenvalue_is_numpys(size: int) -> None:
    matrix = np.random.default_rng(size).normal(size=(size, size))
    matrix += matrix.T
    found = largest_eigenvalue(lambda vector: matrix @ vector, size)
    assert found == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-3)
    assert math.isnan(largest_eigenvalue(lambda vector: vector * math.nan, size))


def test_a_linear_loss_has_no_curvature() -> None:
    network = nn.Linear(3, 1).double()
    assert sharpness(network, lambda: network.weight.sum() + network.bias.sum()) == 0


def test_each_filter_of_a_direction_is_as_long_as_the_networks() -> None:
    network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 3))
    with torch.no_grad():
        network[3].weight[1] = 0  # type: ignore[index, operator]
    directions = filter_normalized(network, torch.Generator().manual_seed(0))
    for parameter, direction in zip(network.parameters(), directions, strict=True):
        assert direction.shape == parameter.shape
        if parameter.dim() < 2:
            assert not direction.any()
        else:
            wanted = parameter.detach().flatten(1).norm(dim=1)
            torch.testing.assert_close(direction.flatten(1).norm(dim=1), wanted)
    other = filter_normalized(network, torch.Generator().manual_seed(1))
    assert not torch.equal(other[0], directions[0])


def test_a_slice_is_the_loss_at_the_moved_weights_which_are_put_back() -> None:
    network = network_of(4)
    loss = loss_of(network)
    before = [weight.detach().clone() for weight in network.parameters()]
    first, second = (filter_normalized(network, torch.Generator().manual_seed(seed)) for seed in (0, 1))
    offsets = [-1.0, 0.0, 0.5]
    rows = list(slice_of_losses(network, loss, first, second, offsets))
    assert all(map(torch.equal, network.parameters(), before))
    assert rows[1][1] == loss().item()
    flat = torch.cat([weight.reshape(-1) for weight in before])
    one, other = (torch.cat([part.reshape(-1) for part in parts]) for parts in (first, second))
    vector_to_parameters(flat + 0.5 * one - 1.0 * other, network.parameters())
    assert rows[0][2] == pytest.approx(loss().item())


def test_a_slice_of_a_quadratic_loss_is_a_parabola_and_what_is_no_number_is_none() -> None:
    network = nn.Linear(5, 1, bias=False).double()
    (along,) = filter_normalized(network, torch.Generator().manual_seed(0))
    offsets = np.linspace(-1, 1, 5).tolist()
    rows = list(slice_of_losses(network, lambda: (network.weight**2).sum(), [along], [0 * along], offsets))
    weight = network.weight.detach()
    expected = [float(((weight + offset * along) ** 2).sum()) for offset in offsets]
    assert rows[0] == pytest.approx(expected)
    infinite = list(
        slice_of_losses(network, lambda: network.weight.sum() * math.inf, [along], [along], [0.0])
    )
    assert infinite == [[None]]
