"""The embedding's components are scikit-learn's, and do not flip."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.decomposition import PCA

from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.embedding import embedding, last_hidden, principal_components


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
