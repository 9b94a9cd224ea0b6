"""Weights are drawn as their papers say."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from core.errors import InvalidRequest
from core.models.initialisation import INITIALISATIONS, initialise
from core.models.mlp import MLP
from core.training.config import default_config
from core.training.learners.building import build

FAN_IN, FAN_OUT = 300, 200
STANDARD_DEVIATIONS = {
    "xavier": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "he": math.sqrt(2 / FAN_IN),
    "lecun": math.sqrt(1 / FAN_IN),
    "normal": 0.05,
    "orthogonal": math.sqrt(1 / FAN_IN),
    "default": math.sqrt(1 / (3 * FAN_IN)),  # uniform within 1 / sqrt(inputs)
}


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_spread_is_that_of_the_paper(name: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = nn.Linear(FAN_IN, FAN_OUT)
        initialise(layer, name)
    assert layer.weight.std().item() == pytest.approx(STANDARD_DEVIATIONS[name], rel=0.02)
    assert layer.weight.mean().item() == pytest.approx(0, abs=0.002)
    assert bool((layer.bias == 0).all()) == (name != "default")


def test_orthogonal_rows_stand_at_right_angles() -> None:
    layer = nn.Linear(20, 10)
    initialise(layer, "orthogonal")
    torch.testing.assert_close(layer.weight @ layer.weight.T, torch.eye(10), atol=1e-5, rtol=0)


def test_scales_of_normalisation_stay_one() -> None:
    model = MLP((4,), 2, (8,), torch.tanh, norm="layer")
    initialise(model, "he")
    assert model.norms is not None
    assert bool((model.norms[0].weight == 1).all())


def test_same_seed_same_weights_and_nothing_outside_changes() -> None:
    config = default_config("mlp", initialisation="he")
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first, second = (build(config, (2,), 1).state_dict() for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_an_unknown_one_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="Unknown initialisation 'best'; choose from default, xavier"):
        default_config("mlp", initialisation="best")
