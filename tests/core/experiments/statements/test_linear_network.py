"""Statement 1: without an activation function a network is a linear one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.experiments import stacked_training
from core.experiments.statement_events import Measured, Series
from core.experiments.verdicts import REFUTED, SUPPORTED
from tests.core.experiments.statements.judged import events_of, verdicts

SMALL = {"layers": 5, "width": 8, "units": 8, "steps": 150, "seeds": 9}


def test_a_network_without_activation_is_one_matrix_and_learns_a_line() -> None:
    events = events_of("linear_network", slopes=(1.0,), **SMALL)
    assert set(verdicts(events).values()) == {SUPPORTED}
    # Geometry: a line has at most two thirds of both rings on their sides, a few test points more or less.
    rings = [e.value for e in events if isinstance(e, Measured) and e.observable == "rings, slope 1"]
    assert max(rings) < 2 / 3 + 0.07
    (series,) = (event for event in events if isinstance(event, Series))
    assert max(series.y) < 1e-20


def test_any_bend_refutes_it() -> None:
    events = events_of("linear_network", slopes=(0.5,), **SMALL)
    assert set(verdicts(events).values()) == {REFUTED}


def test_its_verdict_rests_on_networks_without_activation_alone() -> None:
    events = events_of("linear_network", slopes=(1.0, 0.0), **SMALL)
    assert verdicts(events)[""] == SUPPORTED
    controls = verdicts(events, counting=False)
    assert controls["even squaring is activation enough to learn the rings | f(x) = x²"] == SUPPORTED
    assert controls["what a line can split, it learns | no activation"] == SUPPORTED


@pytest.mark.parametrize("optimizer", stacked_training.OPTIMIZERS)
def test_each_stacked_network_learns_as_torch_trains_it_alone(optimizer: str) -> None:
    stack = stacked_training.initialised(["tanh", "max(x, 0.3*x)"], (2, 5, 1), [3, 4])
    x, targets = torch.randn(4, 20, 2), torch.randint(0, 2, (4, 20, 1)).float()
    networks = []
    for number in range(4):
        layers = [nn.Linear(2, 5), nn.Tanh() if number < 2 else nn.LeakyReLU(0.3), nn.Linear(5, 1)]
        with torch.no_grad():
            for layer, weight, bias in zip(layers[::2], stack.weights, stack.biases, strict=True):
                layer.weight.copy_(weight[number].T)
                layer.bias.copy_(bias[number, 0])
        networks.append(nn.Sequential(*layers))
    losses = stacked_training.train(
        stack, x, targets, stacked_training.binary_cross_entropy, optimizer, learning_rate=0.05
    )
    for _ in range(10):
        next(losses)
    for number, network in enumerate(networks):
        choice = torch.optim.Adam if optimizer == "adam" else torch.optim.SGD
        steps = choice(network.parameters(), lr=0.05)
        for _ in range(10):
            steps.zero_grad()
            nn.functional.binary_cross_entropy_with_logits(network(x[number]), targets[number]).backward()
            steps.step()
        with torch.no_grad():
            torch.testing.assert_close(
                stacked_training.outputs_of(stack, x)[number], network(x[number]), rtol=1e-4, atol=1e-5
            )


@pytest.mark.slow
def test_a_quick_test_supports_it() -> None:
    assert verdicts(events_of("linear_network"))[""] == SUPPORTED
