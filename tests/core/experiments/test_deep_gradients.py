"""Gradients through stacks of networks, against autograd and closed forms."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.activations import find
from core.experiments.deep_gradients import dead_fraction, drawn, log10_gradients


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_sizes_are_those_of_autograd(activation: str) -> None:
    networks, gain, function = drawn([5, 6], layers=4, width=7), 1.3, find(activation).function
    found = log10_gradients(networks, activation, gain)
    for number in range(2):
        x, before = networks.x[number], []
        for weight in networks.weights:
            z = (gain * x @ weight[number]).requires_grad_()
            before.append(z)
            x = function(z)
        gradients = torch.autograd.grad((x * networks.last[number]).sum(), before)
        sizes = torch.stack([gradient.square().mean().sqrt() for gradient in gradients])
        torch.testing.assert_close(10 ** found[number], sizes / sizes[-1])


def test_a_network_does_not_depend_on_those_beside_it() -> None:
    together = log10_gradients(drawn([1, 2], layers=3, width=5), "tanh", 1.0)
    alone = log10_gradients(drawn([2], layers=3, width=5), "tanh", 1.0)
    torch.testing.assert_close(together[1:], alone)


def test_a_sigmoid_of_100_layers_and_half_of_xaviers_weights_does_not_underflow() -> None:
    (sizes,) = log10_gradients(drawn([0], layers=100, width=16), "sigmoid", 0.1)
    # With weights that small, each slope is 1/4: a factor of 0.1 / 4 per layer.
    assert sizes[0].item() / 99 == pytest.approx(-1.6, abs=0.05)


def test_a_network_of_silent_units_lets_no_gradient_through() -> None:
    networks = drawn([0], layers=3, width=4)
    networks.weights[1].zero_()
    assert log10_gradients(networks, "relu", 1.0)[0, 0] == -torch.inf
    assert dead_fraction(networks, "relu", 1.0) == 1


def test_as_many_narrow_networks_are_dead_for_one_input_as_coins_would_say() -> None:
    # All n units of a layer are silent with probability 2^-n, as each weight is as often negative.
    networks = drawn(range(8), layers=20, width=4, networks=250)
    expected = 1 - (1 - 2**-4) ** 20
    of_one_input = replace(networks, x=networks.x[:, :1])
    assert dead_fraction(of_one_input, "relu", 1.0) == pytest.approx(expected, abs=3 * 0.5 / 2000**0.5)
    assert dead_fraction(networks, "relu", 1.0) < expected
