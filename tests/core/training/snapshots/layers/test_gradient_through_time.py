"""The gradient through time is what torch's autograd gives at each cut."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.training.compiled.learner import supervised_learner
from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.gradient_through_time import gradient_through_time, state_gradients


@pytest.mark.parametrize("model", ["rnn", "lstm", "gru"])
def test_gradient_through_time_is_what_a_change_of_the_state_does_to_the_loss(model: str) -> None:
    learner = SupervisedLearner(default_config(model, "adding", samples=60, hidden=(4,)))
    inputs, targets = learner.test_inputs[:2, :6], learner.test_targets[:2]
    norms = state_gradients(learner, inputs, targets)
    compiled = supervised_learner(learner.config)
    assert compiled.started().engine == "compiled"
    np.testing.assert_allclose(state_gradients(compiled, inputs, targets), norms, rtol=1e-4)
    # torch.nn's own layer, cut in two: the gradient by the state that the second part begins with.
    network = learner.network
    for cut in (3, 5):
        _, state = network.recurrent(inputs[:, :cut])  # type: ignore[operator]
        h = (state[0] if isinstance(state, tuple) else state).detach().requires_grad_()
        begin = (h, state[1].detach()) if isinstance(state, tuple) else h
        out, _ = network.recurrent(inputs[:, cut:], begin)  # type: ignore[operator]
        loss = learner.objective.loss(network.output(out[:, -1]), targets)  # type: ignore[operator]
        (gradient,) = torch.autograd.grad(loss, h)
        assert norms[cut - 1] == pytest.approx(gradient.norm().item(), rel=1e-3)


def test_a_small_recurrent_weight_makes_the_gradient_vanish_at_its_own_rate() -> None:
    learner = SupervisedLearner(default_config("rnn", "adding", samples=60, hidden=(4,), activation="relu"))
    with torch.no_grad():
        learner.network.recurrent.weight_hh_l0.copy_(0.5 * torch.eye(4))  # type: ignore[union-attr]
        learner.network.recurrent.bias_hh_l0.fill_(10)  # all units stay on  # type: ignore[union-attr]
    looked = gradient_through_time(learner)
    now = next(looked).arrays["now"]
    np.testing.assert_allclose(now[1:] / now[:-1], 2.0, rtol=1e-4)
    again = next(looked)
    np.testing.assert_array_equal(again.arrays["first"], now)
