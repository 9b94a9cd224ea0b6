"""A step of learning does what its settings say, as torch or a formula has it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.mlp import MLP
from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from tests.core.training.resuming import pictures


def learner(**settings: Any) -> SupervisedLearner:
    default = {"engine": "eager", "optimizer": "sgd", "learning_rate": 0.5, "schedule": "constant"}
    return SupervisedLearner(default_config("mlp", "moons", **(default | settings)))


def weights_after_a_step(**settings: Any) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Weights before, the gradient of the plain loss, and weights after."""
    one = learner(**settings)
    inputs, targets = next(iter(one.batches()))
    before = [weight.detach().clone() for weight in one.network.parameters()]
    loss = F.binary_cross_entropy_with_logits(one.network(inputs)[:, 0], targets)
    gradient = list(torch.autograd.grad(loss, list(one.network.parameters())))
    one.learn((inputs, targets))
    return before, gradient, [weight.detach() for weight in one.network.parameters()]


def test_l1_pulls_weights_but_no_biases_by_their_sign() -> None:
    before, gradient, after = weights_after_a_step(l1=0.01)
    for old, slope, new in zip(before, gradient, after, strict=True):
        pull = 0.01 * old.sign() if old.dim() > 1 else 0
        torch.testing.assert_close(new, old - 0.5 * (slope + pull))


def test_weight_decay_is_l2() -> None:
    before, gradient, after = weights_after_a_step(weight_decay=0.1)
    for old, slope, new in zip(before, gradient, after, strict=True):
        torch.testing.assert_close(new, old - 0.5 * (slope + 0.1 * old))


def test_clipping_shortens_the_whole_gradient_to_its_limit() -> None:
    before, gradient, after = weights_after_a_step(clip_norm=1e-3)
    length = torch.cat([slope.flatten() for slope in gradient]).norm()
    assert length > 1e-3
    for old, slope, new in zip(before, gradient, after, strict=True):
        torch.testing.assert_close(new, old - 0.5 * slope * 1e-3 / length, rtol=1e-3, atol=1e-8)


def test_a_short_gradient_is_not_clipped() -> None:
    plain, clipped = weights_after_a_step(), weights_after_a_step(clip_norm=1e6)
    assert all(torch.equal(one, other) for one, other in zip(plain[2], clipped[2], strict=True))


@pytest.mark.parametrize(("norm", "layer"), [("batch", nn.BatchNorm1d), ("layer", nn.LayerNorm)])
def test_norms_are_those_of_torch_between_layer_and_activation(norm: str, layer: type[nn.Module]) -> None:
    model = MLP((3,), 2, (5,), torch.tanh, norm=norm)
    theirs = nn.Sequential(model.layers[0], layer(5), nn.Tanh(), model.layers[1])
    inputs = torch.randn(7, 3)
    torch.testing.assert_close(model(inputs), theirs(inputs))
    torch.testing.assert_close(model.eval()(inputs), theirs.eval()(inputs))


def test_dropout_leaves_out_its_fraction_while_learning_alone() -> None:
    model = MLP((1,), 1, (10_000,), torch.relu, dropout=0.3)
    with torch.no_grad():
        model.layers[0].weight.fill_(1)
        model.layers[0].bias.zero_()
        model.layers[1].weight.fill_(1e-4)
        model.layers[1].bias.zero_()
    assert model.eval()(torch.ones(1, 1)).item() == pytest.approx(1, rel=1e-3)
    kept = model.train()(torch.ones(200, 1)) * 0.7  # what stays is scaled up by 1 / 0.7
    assert kept.mean().item() == pytest.approx(0.7, abs=0.005)


@pytest.mark.parametrize("options", [{"dropout": 0.5}, {"norm": "batch"}, {"norm": "batch", "dropout": 0.2}])
def test_scoring_changes_nothing_and_continuing_keeps_the_numbers(options: dict[str, Any]) -> None:
    plain, watched, restored = (learner(model_options=options, hidden=(6,)) for _ in range(3))
    torch.manual_seed(11)
    outside = torch.get_rng_state()

    def losses(one: SupervisedLearner) -> list[float]:
        return [one.learn(batch).item() for batch in one.batches()]

    def score(one: SupervisedLearner) -> None:
        from core.events import Progress

        list(one.evaluate(Progress(0, 1, "steps")))
        pictures(one)

    first = losses(plain)
    score(watched)
    torch.rand(3)
    assert losses(watched) == first
    restored.restore(watched.state())
    assert losses(restored) == losses(plain)
    torch.set_rng_state(outside)


def test_batch_norm_takes_a_last_batch_of_one() -> None:
    one = learner(model_options={"norm": "batch"}, samples=42, test_fraction=0.5, batch_size=10)
    losses = [one.learn(batch) for batch in one.batches()]
    assert len(losses) == 3
    assert all(torch.isfinite(loss) for loss in losses)
