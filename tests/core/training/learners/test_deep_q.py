"""A network learns to balance a pole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core.data.environments import cart_pole
from core.events import Progress
from core.training.config import TrainConfig, default_config
from core.training.learners.deep_q import DeepQLearner, soft_update
from core.training.learners.episodes import fresh_episodes
from core.training.snapshots.episodes.cart_episode import cart_episode
from tests.core.training.resuming import assert_reproducible_and_resumable, epoch, pictures, scores


def config(**more: Any) -> TrainConfig:
    return default_config("dqn", "cart_pole", **more)


@pytest.mark.slow
def test_pole_stays_up_longer_after_some_seconds_of_learning() -> None:
    learner = DeepQLearner(config(epochs=12))
    assert scores(learner).test_metric < 60
    for _ in range(12):
        epoch(learner)
    assert scores(learner).test_metric > 100


def test_same_seed_same_numbers_and_a_restored_one_resumes() -> None:
    options = {"replay": 1500, "worlds": 4}  # full before the end: old transitions are written over
    assert_reproducible_and_resumable(
        lambda: DeepQLearner(config(epochs=4, batch_size=8, hidden=(8,), model_options=options))
    )


def test_fresh_episodes_are_played_to_their_end_and_counted_once() -> None:
    """A pole that is always pushed to the right falls within some ten steps."""

    def always_right(observations: np.ndarray) -> np.ndarray:
        return np.tile([0.0, 1.0], (len(observations), 1))

    mean, _ = played(always_right)
    assert 8 < mean < 11

    def by_hand(observations: np.ndarray) -> np.ndarray:
        lean = observations @ [0.1, 0.5, 10.0, 3.0]  # push to where the pole leans: it never falls
        return np.stack([-lean, lean], axis=1)

    mean, _ = played(by_hand)
    assert mean == 500


def played(action_values: Any) -> tuple[float, float]:
    episodes = fresh_episodes(cart_pole(), action_values, 0.99, 0, Progress(0, 1, "steps"))
    while True:
        try:
            next(episodes)
        except StopIteration as finished:
            return finished.value


def test_target_network_moves_by_its_fraction_of_the_way() -> None:
    target, network = nn.Linear(2, 1), nn.Linear(2, 1)
    expected = target.weight + 0.1 * (network.weight - target.weight)
    soft_update(target, network, 0.1)
    torch.testing.assert_close(target.weight, expected)


def test_policy_map_has_angles_from_left_to_right_and_speeds_from_the_top_down() -> None:
    learner = DeepQLearner(config(hidden=()))
    with torch.no_grad():  # right is worth more the further the pole leans right and turns right
        learner.network.layers[0].weight.copy_(torch.tensor([[0.0, 0, 0, 0], [0, 0, 1, 0.5]]))
        learner.network.layers[0].bias.zero_()
    preference = pictures(learner)["policy_map"].arrays["preference"]
    assert (np.diff(preference, axis=1) > 0).all()
    assert (np.diff(preference, axis=0) < 0).all()
    assert preference[0, -1] == 1


def test_parameters_are_those_of_the_network_alone() -> None:
    started = DeepQLearner(config(hidden=(8,))).started()
    assert started.parameters == 4 * 8 + 8 + 8 * 2 + 2
    assert started.metric == "mean_return"


def balancing(angle: float, speed: float) -> DeepQLearner:
    """A network without hidden layers to which a push to the right is worth so much by the angle."""
    learner = DeepQLearner(config(hidden=()))
    with torch.no_grad():
        learner.network.layers[0].weight.copy_(torch.tensor([[0.0, 0, 0, 0], [0.05, 0.2, angle, speed]]))
        learner.network.layers[0].bias.copy_(torch.tensor([0.5, 0.5]))
    return learner


def test_the_watched_episode_is_gymnasiums_with_the_networks_values() -> None:
    learner = balancing(1.0, 0.1)
    picture = next(cart_episode(learner))
    states, worth, actions = (picture.arrays[name] for name in ("states", "action_values", "actions"))
    world = cart_pole().make()
    observation, _ = world.reset(seed=learner.config.seed)
    for step, action in enumerate(actions.tolist()):
        np.testing.assert_array_equal(states[step], observation)
        inputs = torch.from_numpy(observation / learner.scale)
        np.testing.assert_allclose(worth[step], learner.network(inputs[None])[0].detach(), rtol=1e-5)
        assert action == worth[step].argmax()
        observation, _, ended, _, _ = world.step(action)
        assert ended == (step == len(actions) - 1 and picture.values["ended"])
    np.testing.assert_array_equal(states[-1], observation)
    again = next(cart_episode(learner))
    np.testing.assert_array_equal(again.arrays["states"], states)  # the start is the same


@pytest.mark.parametrize(("angle", "kept"), [(1.0, True), (-1.0, False)])
def test_the_watched_episode_ends_where_the_pole_falls_or_at_the_limit(angle: float, kept: bool) -> None:
    picture = next(cart_episode(balancing(angle, angle)))
    steps, last, values = len(picture.arrays["actions"]), picture.arrays["states"][-1], picture.values
    assert values["ended"] is not kept
    assert (steps == 500) is kept
    assert (abs(last[2]) > values["max_angle"] or abs(last[0]) > values["max_position"]) is not kept
    assert picture.arrays["states"].nbytes + picture.arrays["action_values"].nbytes < 13_000
