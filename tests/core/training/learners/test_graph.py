"""A graph network learns from few labels, and only from those."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.training.config import TrainConfig, default_config
from core.training.learners.graph import GraphLearner
from tests.core.training.resuming import assert_reproducible_and_resumable, epoch, pictures, scores


def config(model: str = "gcn", data: str = "karate_club", **more: Any) -> TrainConfig:
    return default_config(model, data, **more)


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
def test_gcn_tells_the_factions_of_the_karate_club_from_one_label_each(seed: int) -> None:
    learner = GraphLearner(config(seed=seed))
    for _ in range(learner.config.epochs):
        epoch(learner)
    assert len(learner.known) == 2
    assert scores(learner).test_metric >= 0.95


@pytest.mark.parametrize("model", ["gcn", "graphsage", "gat"])
def test_same_seed_same_numbers_and_a_restored_one_resumes(model: str) -> None:
    assert_reproducible_and_resumable(lambda: GraphLearner(config(model, "florentine_families", epochs=5)))


def test_test_labels_play_no_part_in_learning() -> None:
    honest, blind = GraphLearner(config(epochs=5)), GraphLearner(config(epochs=5))
    blind.labels = blind.labels.clone()
    blind.labels[blind.test] = 0
    assert [epoch(honest) for _ in range(5)] == [epoch(blind) for _ in range(5)]


def test_picture_shows_each_link_once_and_the_predictions_that_the_score_counts() -> None:
    learner = GraphLearner(config("gat"))
    epoch(learner)
    graph = pictures(learner)["graph"]
    links = graph.arrays["links"]
    assert len({frozenset(link) for link in links.tolist()}) == len(links) == 78
    assert graph.arrays["attention"].shape == (78,)
    held_back = ~graph.arrays["known"]
    right = graph.arrays["predicted"] == graph.arrays["labels"]
    assert np.mean(right[held_back]) == pytest.approx(scores(learner).test_metric)
    assert graph.arrays["confidence"].min() >= 0.5  # the larger of two probabilities


def test_parameters_of_gcn_are_those_of_its_matrices() -> None:
    started = GraphLearner(config(hidden=(16,))).started()
    assert started.parameters == 34 * 16 + 16 + 16 * 2 + 2
    assert (started.train_samples, started.test_samples, started.metric) == (2, 32, "accuracy")


def test_global_random_state_stays_as_it_was() -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    learner = GraphLearner(config(epochs=2))
    epoch(learner)
    assert torch.equal(torch.get_rng_state(), before)
