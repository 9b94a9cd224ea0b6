"""The RBM against sums over all states and against autograd."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from core.models.rbm import RBM, build


@pytest.fixture
def tiny() -> RBM:
    """4 visible and 3 hidden units with weights that matter."""
    rbm = RBM(4, 3)
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in rbm.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=random))
    return rbm


def states(units: int) -> torch.Tensor:
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=units)))


def joint(rbm: RBM) -> torch.Tensor:
    """p(v, h) of every pair of states, (16, 8), out of the energy's definition, one pair at a time."""
    visible, hidden = states(4), states(3)
    energy = [
        [-(v @ rbm.weights @ h + rbm.visible_bias @ v + rbm.hidden_bias @ h).item() for h in hidden]
        for v in visible
    ]
    unnormalised = torch.tensor(energy, dtype=torch.float64).neg().exp()
    return unnormalised / unnormalised.sum()


def test_free_energy_and_partition_give_the_probability_of_every_state(tiny: RBM) -> None:
    expected = joint(tiny).sum(1)
    found = torch.exp(-tiny.free_energy(states(4)).double() - tiny.log_partition())
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)


def test_exact_log_likelihood_is_that_of_enumeration(tiny: RBM) -> None:
    data = states(4)[[0, 3, 3, 9, 15]]
    expected = joint(tiny).sum(1)[[0, 3, 3, 9, 15]].log().mean().item()
    assert tiny.log_likelihood(data) == pytest.approx(expected, abs=1e-6)


def test_partition_is_the_same_from_either_side() -> None:
    torch.manual_seed(1)
    wide = RBM(3, 5)
    turned = RBM(5, 3)
    with torch.no_grad():
        turned.weights.copy_(wide.weights.T)
    assert wide.log_partition() == pytest.approx(turned.log_partition(), abs=1e-9)


def test_partition_of_two_large_layers_is_refused() -> None:
    with pytest.raises(ValueError, match="smaller layer has 21 units"):
        RBM(30, 21).log_partition()


def test_conditional_probabilities_follow_from_the_joint(tiny: RBM) -> None:
    table = joint(tiny)
    hidden_given_visible = (table @ states(3).double()) / table.sum(1, keepdim=True)
    visible_given_hidden = (table.T @ states(4).double()) / table.sum(0)[:, None]
    torch.testing.assert_close(tiny.hidden_probability(states(4)).double(), hidden_given_visible)
    torch.testing.assert_close(tiny.visible_probability(states(3)).double(), visible_given_hidden)


def test_long_chains_visit_states_as_often_as_they_are_likely(tiny: RBM) -> None:
    random = torch.Generator().manual_seed(0)
    chains = tiny.gibbs(torch.zeros(20_000, 4), 50, random)
    codes = (chains @ torch.tensor([8.0, 4.0, 2.0, 1.0])).long()
    frequency = torch.bincount(codes, minlength=16).double() / len(chains)
    assert (frequency - joint(tiny).sum(1)).abs().max() < 0.015  # over four standard errors


def test_gradient_is_that_of_the_difference_of_free_energies(tiny: RBM) -> None:
    data, model = torch.rand(6, 4), states(4)[:8]
    (tiny.free_energy(data).mean() - tiny.free_energy(model).mean()).backward()
    expected = [parameter.grad.clone() for parameter in tiny.parameters()]
    tiny.set_gradients(data, model)
    for parameter, gradient in zip(tiny.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_following_the_exact_gradient_raises_the_exact_likelihood(tiny: RBM) -> None:
    data = states(4)[[0, 15, 15, 5]]
    before = tiny.log_likelihood(data)
    for _ in range(50):
        model = states(4).repeat_interleave((joint(tiny).sum(1) * 10_000).round().long(), dim=0)
        tiny.set_gradients(data, model)
        with torch.no_grad():
            for parameter in tiny.parameters():
                parameter -= 0.1 * parameter.grad
    assert tiny.log_likelihood(data) > before + 0.1
    assert tiny.log_likelihood(data) <= -1.5 * math.log(2) + 1e-9  # the entropy of the data is the limit


def test_images_give_one_visible_unit_a_pixel() -> None:
    rbm = build((1, 8, 8), 64)
    assert rbm.weights.shape == (64, 64)
    assert rbm(torch.rand(5, 1, 8, 8)).shape == (5, 64)


def test_hidden_probabilities_that_are_known_change_no_bit(tiny: RBM) -> None:
    data = torch.rand(6, 4, generator=torch.Generator().manual_seed(1))
    hidden, gradients = tiny.hidden_probability(data), []
    for known in (None, hidden):
        random = torch.Generator().manual_seed(0)
        tiny.set_gradients(data, tiny.gibbs(data, 3, random, known), known)
        gradients.append([parameter.grad.clone() for parameter in tiny.parameters()])
    for one, other in zip(*gradients, strict=True):
        assert torch.equal(one, other)
