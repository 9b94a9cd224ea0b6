"""A 2-2-1 network by hand: its numbers are those of autograd, and its chains multiply to them."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.activations import ACTIVATIONS
from core.backpropagation import (
    EDGES,
    FUNCTIONS,
    LAST,
    MOMENTS,
    Network,
    after,
    backward,
    chain,
    due,
    equation,
    forward,
    seen,
    stepped,
)
from core.errors import InvalidRequest


def some_networks(activation: str) -> list[Network]:
    """The default one and others at random."""
    generator = np.random.default_rng(0)
    drawn = [
        Network(
            *(float(value) for value in generator.normal(size=3)),
            activation=activation,
            rate=float(generator.uniform(0.01, 1)),
            weights=dict(zip(EDGES, map(float, generator.normal(size=9)), strict=True)),
        )
        for _ in range(20)
    ]
    return [Network(activation=activation), *drawn]


def in_torch(network: Network) -> tuple[torch.nn.Module, torch.Tensor]:
    """The same network out of torch's layers, and its loss."""
    f = ACTIVATIONS[network.activation].function
    w = network.weights
    hidden, output = torch.nn.Linear(2, 2).double(), torch.nn.Linear(2, 1).double()
    with torch.no_grad():
        hidden.weight.copy_(exactly([[w["w11"], w["w12"]], [w["w21"], w["w22"]]]))
        hidden.bias.copy_(exactly([w["b1"], w["b2"]]))
        output.weight.copy_(exactly([[w["v1"], w["v2"]]]))
        output.bias.copy_(exactly([w["c"]]))
    o = f(output(f(hidden(exactly([network.x1, network.x2])))))
    return torch.nn.ModuleList([hidden, output]), (o - network.y).square().sum() / 2


def exactly(values: list[Any]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def by_edge(parameters: list[torch.Tensor]) -> dict[str, float]:
    """What torch has for each weight."""
    (w1, b, v, c) = (parameter.detach().flatten().tolist() for parameter in parameters)
    return dict(zip(("w11", "w12", "w21", "w22", "b1", "b2", "v1", "v2", "c"), w1 + b + v + c, strict=True))


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_loss_and_derivatives_are_those_of_autograd(activation: str) -> None:
    for network in some_networks(activation):
        values = forward(network)
        module, loss = in_torch(network)
        loss.backward()
        theirs = by_edge([parameter.grad for parameter in module.parameters()])  # type: ignore[misc]
        assert values.loss == pytest.approx(loss.item(), rel=1e-12, abs=1e-15)
        assert backward(network, values) == pytest.approx(theirs, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_a_step_is_that_of_torchs_sgd(activation: str) -> None:
    for network in some_networks(activation):
        module, loss = in_torch(network)
        loss.backward()
        torch.optim.SGD(module.parameters(), lr=network.rate).step()
        theirs = by_edge([*module.parameters()])
        assert dict(stepped(network).weights) == pytest.approx(theirs, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("edge", EDGES)
def test_the_factors_of_a_chain_multiply_to_the_derivative(activation: str, edge: str) -> None:
    for network in some_networks(activation):
        values = forward(network)
        factors = chain(network, values, edge)
        assert len(factors) == (3 if EDGES[edge].target == "o" else 5)
        product = math.prod(factor.value for factor in factors)
        assert product == pytest.approx(backward(network, values)[edge], rel=1e-12, abs=1e-15)
        assert f"{{\\partial {EDGES[edge].latex}}}" in equation(network, values, edge)


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_the_functions_are_those_of_the_registry(activation: str) -> None:
    entry, ours = ACTIVATIONS[activation], FUNCTIONS[activation]
    assert ours.name == entry.name
    x = torch.tensor([-700.0, -3.0, -0.5, 0.25, 2.0, 700.0], dtype=torch.float64)
    assert [ours.value(z) for z in x.tolist()] == pytest.approx(entry.function(x).tolist(), rel=1e-12)
    assert [ours.slope(z) for z in x.tolist()] == pytest.approx(
        entry.derivative(x).tolist(), rel=1e-6, abs=1e-12
    )


def test_the_loss_falls_over_many_steps() -> None:
    network = Network()
    losses = [forward(network).loss]
    for _ in range(200):
        network = stepped(network)
        losses.append(forward(network).loss)
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))
    assert losses[-1] < losses[0] / 20


def test_numbers_appear_one_after_the_other_and_a_step_begins_anew() -> None:
    moment, shown = 0, []
    for action in ["forward"] * 3 + ["loss"] + ["backward"] * len(EDGES):
        assert due(moment) == action
        moment = after(moment, action)
        shown.append(seen(moment))
    assert [*map(len, shown)] == [*range(1, LAST + 1)]
    assert shown[-1] == {*MOMENTS}
    assert due(LAST) == "step"
    assert after(LAST, "backward") == LAST
    assert after(LAST, "step") == 0
    assert after(LAST, "forward") == 1


def test_an_action_brings_what_it_needs() -> None:
    assert seen(after(0, "loss")) == {"h1", "h2", "o", "loss"}
    assert seen(after(1, "backward")) == {"h1", "h2", "o", "loss", "v1"}


@pytest.mark.parametrize(
    "wrong",
    [{"x1": math.nan}, {"rate": 0.0}, {"activation": "magic"}, {"weights": {"v1": 1.0}}, {"y": 1e6}],
)
def test_what_is_not_possible_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        replace(Network(), **wrong)  # type: ignore[arg-type]


def test_a_step_that_throws_the_weights_away_is_refused() -> None:
    network = Network(x1=100.0, x2=100.0, y=-100.0, activation="identity", rate=10.0)
    with pytest.raises(InvalidRequest, match="smaller rate"):
        stepped(network)
