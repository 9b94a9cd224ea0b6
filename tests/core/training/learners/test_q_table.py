"""A table learns what each action is worth, and reaches what theory says can be earned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import InvalidRequest
from core.training.config import TrainConfig, default_config
from core.training.learners.q_table import (
    TableLearner,
    exact_evaluation,
    exploration,
    recent,
    sampled_evaluation,
)
from tests.core.training.resuming import assert_reproducible_and_resumable, epoch, pictures, scores


def config(data: str = "frozen_lake", **more: Any) -> TrainConfig:
    return default_config("q_table", data, **more)


@pytest.mark.parametrize(
    ("data", "options", "epochs", "expected"),
    [
        ("frozen_lake", {"slippery": False}, 20, 1.0),
        ("frozen_lake", {"slippery": True}, 60, 0.70),
        ("cliff_walking", {}, 15, -13.0),
    ],
)
def test_table_earns_what_can_be_earned(
    data: str, options: dict[str, Any], epochs: int, expected: float
) -> None:
    learner = TableLearner(config(data, epochs=epochs, data_options=options))
    for _ in range(epochs):
        epoch(learner)
    assert scores(learner).test_metric >= expected - 1e-9


@pytest.mark.parametrize("data", ["frozen_lake", "cliff_walking", "taxi"])
def test_same_seed_same_numbers_and_a_restored_one_resumes(data: str) -> None:
    assert_reproducible_and_resumable(lambda: TableLearner(config(data, epochs=3)))


def test_a_step_is_the_update_of_watkins_and_dayan() -> None:
    learner = TableLearner(config(schedule="constant", learning_rate=0.25, batch_size=1))
    learner.values[:] = np.arange(64).reshape(16, 4) / 10
    before = learner.values.copy()
    state = learner.play.observation
    learner.learn(1)
    ((row, action),) = np.argwhere(learner.values != before).tolist()
    assert row == state
    after = learner.play.observation  # the first step from the start ends no episode
    goal = 0 + learner.options["discount"] * before[after].max()
    assert learner.values[row, action] == pytest.approx(0.75 * before[row, action] + 0.25 * goal, rel=1e-5)


def test_exploration_falls_in_a_straight_line_and_stays() -> None:
    options = {"epsilon_last": 0.1, "explore_share": 0.5}
    found = [exploration(options, share) for share in (0, 0.25, 0.5, 1)]
    assert found == pytest.approx([1, 0.55, 0.1, 0.1])


def test_true_values_have_no_error_in_exact_evaluation() -> None:
    learner = TableLearner(config(data_options={"slippery": True}))
    values = np.zeros((16, 4))
    for _ in range(3000):
        values = learner.world.backup(values.max(1), 0.99)
    loss, earned = exact_evaluation(learner.environment, learner.world, values, 0.99)
    assert loss == pytest.approx(0, abs=1e-12)
    assert 0.73 < earned < 0.75
    assert exact_evaluation(learner.environment, learner.world, np.ones((16, 4)), 0.99)[0] > 0


def test_sampled_episodes_earn_on_average_what_is_exact() -> None:
    learner = TableLearner(config(data_options={"slippery": True}))
    values = np.zeros((16, 4))
    for _ in range(3000):
        values = learner.world.backup(values.max(1), 0.99)
    rules = (learner.environment, learner.world, values, 0.99)
    earned = [sampled_evaluation(*rules, seed=seed)[1] for seed in range(20)]
    assert np.mean(earned) == pytest.approx(exact_evaluation(*rules)[1], abs=4 * 0.44 / 2000**0.5)
    assert sampled_evaluation(*rules, seed=3) == sampled_evaluation(*rules, seed=3)


def test_recent_returns_are_the_last_hundred() -> None:
    assert recent([]) == 0
    assert recent([1000.0] * 50 + [2.0] * 100) == 2


def test_value_map_shows_no_answer_where_nothing_is_learnt_or_decided() -> None:
    learner = TableLearner(config())
    picture = pictures(learner)["value_map"]
    assert (picture.arrays["actions"] == -1).all()
    assert np.isnan(picture.arrays["values"]).all()
    learner.values[14] = [0, 0, 0.9, 0]
    picture = pictures(learner)["value_map"]
    assert picture.arrays["actions"][0, 3, 2] == 2
    assert picture.arrays["values"][0, 3, 2] == pytest.approx(0.9)
    assert picture.values["marks"][0][3][3] == "G"


def test_taxi_shows_a_map_for_each_half_of_the_way() -> None:
    picture = pictures(TableLearner(config("taxi")))["value_map"]
    assert picture.arrays["values"].shape == (2, 5, 5)
    assert len(picture.values["titles"]) == 2


def test_a_table_on_an_accelerator_is_refused_in_words() -> None:
    with pytest.raises(InvalidRequest, match="A table learns on the CPU, not on 'cuda'"):
        TableLearner(config(device="cuda"))
