"""Statement 4: tanh is an extended sigmoid."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from core.experiments import stacked_training
from core.experiments.statement_events import Series
from core.experiments.statements.tanh_sigmoid import as_sigmoids
from core.experiments.verdicts import REFUTED, SUPPORTED
from tests.core.experiments.statements.judged import events_of, verdicts


def test_at_twice_the_input_they_are_one_function() -> None:
    events = events_of("tanh_sigmoid", steps=0)
    assert set(verdicts(events).values()) == {SUPPORTED}
    drawn = {event.name: event for event in events if isinstance(event, Series)}
    stretched = drawn["2 sigmoid(2x) − 1"]
    np.testing.assert_allclose(stretched.y, np.tanh(stretched.x), atol=1e-15)


def test_at_any_other_factor_they_are_not() -> None:
    assert set(verdicts(events_of("tanh_sigmoid", steps=0, factors=(2.01,))).values()) == {REFUTED}


def test_a_rewritten_network_is_one_of_torchs_sigmoids() -> None:
    network = stacked_training.initialised(["tanh"], (3, 5, 4, 2), [1], dtype=torch.float64)
    network.biases[0] += 0.3
    rewritten, layers = as_sigmoids(network), []
    for weight, bias in zip(rewritten.weights, rewritten.biases, strict=True):
        linear = nn.Linear(weight.shape[1], weight.shape[2], dtype=torch.float64)
        linear.weight.data, linear.bias.data = weight[0].T, bias[0, 0]
        layers += [linear, nn.Sigmoid()]
    x = torch.randn(1, 20, 3, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(nn.Sequential(*layers[:-1])(x), stacked_training.outputs_of(network, x))


@pytest.mark.slow
def test_a_quick_test_supports_it_and_finds_that_they_learn_differently() -> None:
    events = events_of("tanh_sigmoid")
    assert verdicts(events)[""] == SUPPORTED
    assert set([*verdicts(events, counting=False).values()][1:]) == {SUPPORTED}
