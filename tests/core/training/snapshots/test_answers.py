"""Confusion, embedding, saliency and gradient through time against scikit-learn and torch's autograd."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import confusion_matrix

from core.training.config import default_config
from core.training.learners.graph import GraphLearner
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.confusion import confusion, counts_of
from core.training.snapshots.embedding import embedding, last_hidden, principal_components
from core.training.snapshots.feature_maps import feature_maps
from core.training.snapshots.saliency import input_gradients
from core.training.snapshots.through_time import gradient_through_time, state_gradients


def test_counts_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    truth, answers = random.integers(0, 5, (2, 200))
    expected = confusion_matrix(truth, answers, labels=range(6))
    np.testing.assert_array_equal(counts_of(truth, answers, 6), expected)
    unasked = np.concatenate([truth, [-100, -100]])
    np.testing.assert_array_equal(counts_of(unasked, np.concatenate([answers, [1, 2]]), 6), expected)


@pytest.mark.parametrize(("model", "data"), [("mlp", "moons"), ("mlp", "mnist5k")])
def test_confusion_of_two_classes_and_of_ten(model: str, data: str) -> None:
    learner = SupervisedLearner(default_config(model, data))
    (picture,) = islice(confusion(learner), 1)
    shown = np.unique(np.linspace(0, len(learner.test_inputs) - 1, 300).round().astype(int))
    outputs = learner.network(learner.test_inputs[shown]).detach().numpy()
    answers = (outputs[:, 0] > 0).astype(int) if data == "moons" else outputs.argmax(1)
    expected = confusion_matrix(learner.data.test_targets[shown], answers)
    np.testing.assert_array_equal(picture.arrays["counts"], expected)


def test_confusion_of_a_graph_counts_the_nodes_held_back() -> None:
    learner = GraphLearner(default_config("gcn", "karate_club"))
    (picture,) = islice(confusion(learner), 1)
    assert picture.arrays["counts"].sum() == len(learner.test)


def test_principal_components_are_those_of_scikit_learn() -> None:
    rows = np.random.default_rng(0).normal(size=(60, 5)) * [5, 3, 1, 1, 0.5]
    places, explained = principal_components(torch.from_numpy(rows))
    pca = PCA(2).fit(rows)
    np.testing.assert_allclose(np.abs(places), np.abs(pca.transform(rows)), atol=1e-9)
    np.testing.assert_allclose(explained, pca.explained_variance_ratio_)


def test_one_unit_alone_has_one_component() -> None:
    places, explained = principal_components(torch.tensor([[1.0], [3.0]]))
    np.testing.assert_allclose(np.abs(places), [[1, 0], [1, 0]])
    assert explained == [1.0, 0.0]


def test_embedding_takes_what_comes_into_the_last_layer_and_does_not_flip() -> None:
    learner = SupervisedLearner(default_config("mlp", "moons", engine="eager"))
    model, inputs = learner.network, learner.test_inputs[:7]
    hidden = torch.tanh(model.layers[1](torch.tanh(model.layers[0](inputs))))  # type: ignore[index, operator]
    torch.testing.assert_close(last_hidden(model, inputs), hidden.detach())
    looked = embedding(learner)
    first = next(looked).arrays["places"]
    with torch.no_grad():
        for weight in model.layers[1].parameters():  # type: ignore[index, union-attr]
            weight.neg_()  # tanh is odd: the same picture, mirrored
    np.testing.assert_allclose(next(looked).arrays["places"], first, atol=1e-4)


def test_saliency_is_the_gradient_of_the_winning_score() -> None:
    learner = SupervisedLearner(default_config("lenet", "mnist5k"))
    inputs = learner.test_inputs[:3]
    gradients, answers = input_gradients(learner.network, inputs)
    assert all(weight.grad is None for weight in learner.network.parameters())
    for row in range(3):
        image = inputs[row : row + 1].clone().requires_grad_()
        scores = learner.network(image)[0]
        assert answers[row] == scores.argmax()
        scores.max().backward()
        torch.testing.assert_close(gradients[row : row + 1], image.grad)


def test_feature_maps_are_those_of_the_layers() -> None:
    learner = SupervisedLearner(default_config("lenet", "mnist5k"))
    (picture,) = islice(feature_maps(learner), 1)
    assert picture.values["layers"] == ["c1", "c3"]
    expected = torch.relu(learner.network.c1(learner.test_inputs[:1]))[0]  # type: ignore[operator]
    np.testing.assert_allclose(picture.arrays["0"], expected.detach().numpy(), rtol=1e-5)
    assert picture.arrays["1"].shape == (8, 10, 10)
    assert picture.values["channels"] == [6, 16]


@pytest.mark.parametrize("model", ["rnn", "lstm", "gru"])
def test_gradient_through_time_is_what_a_change_of_the_state_does_to_the_loss(model: str) -> None:
    learner = SupervisedLearner(default_config(model, "adding", samples=60, hidden=(4,)))
    inputs, targets = learner.test_inputs[:2, :6], learner.test_targets[:2]
    norms = state_gradients(learner, inputs, targets)
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
