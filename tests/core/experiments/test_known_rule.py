"""Networks that learn a known rule, and what their gradients say of it."""

from __future__ import annotations

import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.metrics import roc_auc_score

from core.activations import ACTIVATIONS
from core.experiments import known_rule
from core.experiments.dying_units.stacked import Stack, forward, he_weights

SEEDS = [0, 1]
SIZES = (known_rule.INPUTS, *known_rule.HIDDEN, 2)


def untrained() -> Stack:
    weights = [torch.stack(layer) for layer in zip(*(he_weights(SIZES, seed) for seed in SEEDS), strict=True)]
    return Stack(weights, [torch.zeros(2, 1, size) for size in SIZES[1:]], [ACTIVATIONS["relu"]])


def test_the_rule_uses_the_true_inputs_alone_and_halves_the_data() -> None:
    straight = known_rule.drawn(SEEDS, 3, 0.0, 501)
    assert torch.equal(straight.classes.sum(1), torch.tensor([250, 250]))
    sums = straight.x[:, :, :3].sum(2)
    assert sums[straight.classes == 1].reshape(2, -1).min(1).values[0] > sums[0].median() - 1e-6
    curved = known_rule.drawn(SEEDS, 1, 1.0, 501)
    assert torch.equal(
        curved.classes == 1, curved.x[:, :, 0].abs() > curved.x[:, :, 0].abs().median(1, keepdim=True).values
    )


def test_a_ranking_is_the_area_under_the_roc_curve() -> None:
    scores = torch.rand(3, known_rule.INPUTS)
    scores[:, 7] = scores[:, 1]  # a tie
    truth = [True] * 4 + [False] * (known_rule.INPUTS - 4)
    expected = [roc_auc_score(truth, row.tolist()) for row in scores]
    assert known_rule.ranking(scores, 4) == pytest.approx(expected)


def test_saliency_of_one_linear_layer_is_its_weights() -> None:
    weight = torch.randn(2, known_rule.INPUTS, 2)
    stack = Stack([weight], [torch.zeros(2, 1, 2)], [ACTIVATIONS["relu"]])
    expected = (weight[:, :, 1] - weight[:, :, 0]).abs()
    torch.testing.assert_close(known_rule.saliency(stack, known_rule.drawn(SEEDS, 4, 0.5, 10)), expected)


def test_randomised_layers_are_the_last_ones() -> None:
    stack = untrained()
    one = known_rule.randomised(stack, SEEDS, 1)
    assert torch.equal(one.weights[0], stack.weights[0])
    assert torch.equal(one.weights[1], stack.weights[1])
    assert not torch.isclose(one.weights[2], stack.weights[2]).any()
    every = known_rule.randomised(stack, SEEDS, 3)
    assert not torch.isclose(every.weights[0], stack.weights[0]).any()


def test_what_a_line_explains_is_scikit_learns_r2() -> None:
    stack, data = untrained(), known_rule.drawn(SEEDS, 4, 1.0, 200)
    logits, _ = forward(stack, data.x)
    outputs = (logits[:, :, 1] - logits[:, :, 0]).numpy()
    expected = [
        LinearRegression().fit(x.numpy(), y).score(x.numpy(), y) for x, y in zip(data.x, outputs, strict=True)
    ]
    assert known_rule.explained_by_a_line(stack, data) == pytest.approx(expected, abs=1e-5)
