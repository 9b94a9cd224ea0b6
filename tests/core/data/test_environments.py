"""Environments are Gymnasium's own, and their rules as arrays give what is known of them."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from core.data import environments
from core.data.environments import LoadedEnvironment

GRID_WORLDS = {
    "FrozenLake-v1": lambda: environments.frozen_lake(slippery=True, size="4x4"),
    "CliffWalking-v1": lambda: environments.cliff_walking(slippery=False),
    "Taxi-v4": environments.taxi,
}


def best_policy(environment: LoadedEnvironment, discount: float = 0.999) -> np.ndarray:
    """Value iteration: the policy that theory calls best."""
    world = environment.world
    assert world is not None
    values = np.zeros(len(world.start))
    for _ in range(2000):
        values = world.backup(values, discount).max(1)
    return world.backup(values, discount).argmax(1)


@pytest.mark.parametrize("name", [*GRID_WORLDS, "CartPole-v1"])
def test_gymnasium_has_the_environment_and_its_limit_is_ours(name: str) -> None:
    spec = gymnasium.spec(name)
    environment = GRID_WORLDS[name]() if name in GRID_WORLDS else environments.cart_pole()
    assert environment.max_steps == (spec.max_episode_steps or 200)
    made = gymnasium.make(name)
    assert len(environment.actions) == made.action_space.n
    world = environment.make()
    world.reset(seed=0)
    assert all(hasattr(world, attribute) for attribute in environment.attributes)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (environments.frozen_lake(slippery=False, size="4x4"), 1.0),
        (environments.cliff_walking(slippery=False), -13.0),  # Sutton & Barto 2018, example 6.6
        (environments.taxi(), 7.93),
    ],
    ids=["frozen lake", "cliff walking", "taxi"],
)
def test_best_policy_earns_what_is_known(environment: LoadedEnvironment, expected: float) -> None:
    assert environment.world is not None
    found, _ = environment.world.expected_return(best_policy(environment), environment.max_steps)
    assert found == pytest.approx(expected, abs=1e-9)


def test_expected_return_is_the_mean_over_played_episodes() -> None:
    environment = environments.frozen_lake(slippery=True, size="4x4")
    policy = best_policy(environment)
    assert environment.world is not None
    expected, _ = environment.world.expected_return(policy, environment.max_steps)
    played = gymnasium.make("FrozenLake-v1", is_slippery=True)
    total, episodes = 0.0, 800
    state, _ = played.reset(seed=0)
    for _ in range(episodes):
        over = False
        while not over:
            state, reward, ended, cut_off, _ = played.step(int(policy[state]))
            total, over = total + float(reward), ended or cut_off
        state, _ = played.reset()
    assert total / episodes == pytest.approx(expected, abs=0.06)  # four standard errors


@pytest.mark.parametrize("name", GRID_WORLDS)
def test_rules_are_probabilities_over_states_that_exist(name: str) -> None:
    world = GRID_WORLDS[name]().world
    assert world is not None
    np.testing.assert_allclose(world.probability.sum(2), 1)
    assert world.start.sum() == pytest.approx(1)
    assert world.next_state.min() >= 0
    assert world.next_state.max() < len(world.start)


def test_maps_show_the_squares_that_gymnasium_shows() -> None:
    lake = environments.frozen_lake(slippery=True, size="8x8").world
    assert lake is not None
    letters = gymnasium.make("FrozenLake8x8-v1").unwrapped.desc.astype(str)
    marks = lake.maps[""].marks
    assert np.array_equal(np.where(marks == "", "F", marks), letters)
    assert not lake.maps[""].decides[letters == "H"].any()
    taxi = environments.taxi().world
    assert taxi is not None
    decode = gymnasium.make("Taxi-v4").unwrapped.decode
    for squares in taxi.maps.values():
        places = [list(decode(int(state)))[:2] for state in squares.states.ravel()]
        assert places == [[row, column] for row in range(5) for column in range(5)]


@pytest.mark.parametrize("name", GRID_WORLDS)
def test_each_state_is_a_square_of_one_map_and_each_mark_has_a_meaning(name: str) -> None:
    world = GRID_WORLDS[name]().world
    assert world is not None
    states = np.concatenate([squares.states.ravel() for squares in world.every_map.values()])
    assert sorted(states.tolist()) == [*range(len(world.start))]
    marks = {mark for squares in world.every_map.values() for mark in squares.marks.ravel().tolist()}
    assert marks - {""} == {*world.letters}


def test_walls_are_where_a_taxi_cannot_pass() -> None:
    taxi = environments.taxi()
    assert taxi.world is not None
    to_the_right = taxi.world.next_state[:, taxi.actions.index("right"), 0]
    for squares in taxi.world.every_map.values():
        stays = to_the_right[squares.states] == squares.states
        np.testing.assert_array_equal(squares.walls, stays)
        goes_on = to_the_right[squares.states[:, :-1]] == squares.states[:, 1:]
        np.testing.assert_array_equal(goes_on, ~squares.walls[:, :-1])
