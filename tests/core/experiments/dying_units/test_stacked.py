"""Stacked networks are the same networks as torch.nn's, each learning alone."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.experiments.dying_units.config import DyingUnitsConfig
from core.experiments.dying_units.job import initialised
from core.experiments.dying_units.stacked import Stack, descend, forward, losses, steepest_slopes

MODULES = {"relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "elu": nn.ELU, "gelu": nn.GELU}
CONFIG = DyingUnitsConfig(learning_rates=(0.05, 0.5), biases=(0.0, -1.0), hidden=(6, 5), seeds=2)


def alone(stack: Stack, number: int, module: type[nn.Module]) -> nn.Sequential:
    """One network of a stack as torch.nn builds it."""
    layers: list[nn.Module] = []
    for weight, bias in zip(stack.weights, stack.biases, strict=True):
        linear = nn.Linear(weight.shape[1], weight.shape[2])
        with torch.no_grad():
            linear.weight.copy_(weight[number].T)
            linear.bias.copy_(bias[number, 0])
        layers += [linear, module()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("number", [0, 3, 6, 13, 18, 25, 31])
def test_each_network_of_a_stack_learns_as_it_would_alone(number: int) -> None:
    key = CONFIG.activations[number // (CONFIG.networks // len(CONFIG.activations))]
    rate = CONFIG.learning_rates[number // (len(CONFIG.biases) * CONFIG.seeds) % 2]
    stack = initialised(CONFIG, features=2, classes=3)
    network = alone(stack, number, MODULES[key])
    optimizer = torch.optim.SGD(network.parameters(), lr=rate)
    rates = torch.tensor(CONFIG.learning_rates).view(1, 2, 1, 1).expand(4, 2, 2, 2).reshape(-1, 1, 1)
    generator = torch.Generator().manual_seed(7)
    for _ in range(20):
        x = torch.randn(CONFIG.networks, 10, 2, generator=generator)
        targets = torch.randint(0, 3, (CONFIG.networks, 10), generator=generator)
        descend(stack, x, targets, rates)
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x[number]), targets[number]).backward()
        optimizer.step()
    with torch.no_grad():
        logits, _ = forward(stack, x)
        torch.testing.assert_close(logits[number], network(x[number]), rtol=1e-3, atol=1e-4)
        own = nn.functional.cross_entropy(network(x[number]), targets[number])
        torch.testing.assert_close(losses(logits, targets)[number], own, rtol=1e-3, atol=1e-4)


def test_steepest_slope_of_a_unit_is_the_largest_that_autograd_finds() -> None:
    stack = initialised(CONFIG, features=2, classes=2).group(3)
    x = torch.randn(len(stack.weights[0]), 50, 2, generator=torch.Generator().manual_seed(0))
    _, before = forward(stack, x)
    expected = []
    for sums in before:
        at = sums.detach().requires_grad_()
        nn.functional.gelu(at).sum().backward()
        assert at.grad is not None
        expected.append(at.grad.abs().amax(dim=1))
    _, found = steepest_slopes(stack, x)
    torch.testing.assert_close(found, torch.cat(expected, dim=1), rtol=1e-5, atol=1e-6)
