"""Gymnasium's environments: worlds of grid squares with known rules, and a pole to balance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np

from core.data.dataset import CONTROL, GRID_WORLD, RETURN, SUCCESS
from core.data.grid_world import GridWorld, Map

FOUR_WAYS_OF_LAKE = ("left", "down", "right", "up")
FOUR_WAYS_OF_CLIFF = ("up", "right", "down", "left")


@dataclass(frozen=True, eq=False)
class LoadedEnvironment:
    """One environment, ready to be made."""

    kind: str
    task: str
    make: Callable[[], Any]  # the environment without wrappers
    make_many: Callable[[int], Any]  # n environments that step together
    max_steps: int  # an episode is truncated after so many: its last state is not terminal
    observation_size: int  # inputs of the network
    actions: tuple[str, ...]  # names of the actions, by number
    attributes: tuple[str, ...]  # of the environment: with its random state, all that a checkpoint needs
    scale: tuple[float, ...] = ()  # divides each observation, so that it is about 1; empty for a grid world
    world: GridWorld | None = None  # of a grid world alone


def frozen_lake(slippery: bool, size: str) -> LoadedEnvironment:
    """Cross a lake from S to G without falling into a hole H; slippery: two moves of three go to a side.

    The return is 1 for the goal and else 0.
    """
    max_steps = {"4x4": 100, "8x8": 200}[size]
    names = {"map_name": size, "is_slippery": slippery}
    letters = {"S": "start", "G": "goal", "H": "hole, ends the episode"}
    return _grid_world("FrozenLake-v1", names, max_steps, FOUR_WAYS_OF_LAKE, SUCCESS, _lake_maps, letters)


def cliff_walking(slippery: bool) -> LoadedEnvironment:
    """Walk along a cliff C to G: each step costs 1, a fall 100 and the way back to S.

    Gymnasium sets no time limit; here it is 200 steps.
    Source: Sutton & Barto 2018, example 6.6.
    """
    return _grid_world(
        "CliffWalking-v1",
        {"is_slippery": slippery},
        200,
        FOUR_WAYS_OF_CLIFF,
        RETURN,
        _cliff_maps,
        {"S": "start", "G": "goal", "C": "cliff, −100 and back to S"},
    )


def taxi() -> LoadedEnvironment:
    """Fetch a passenger and bring them where they want: 20 for that, -1 a step, -10 for a wrong stop.

    Source: Dietterich 2000.
    """
    actions = ("down", "up", "right", "left", "pick up", "drop off")
    attributes = ("s", "lastaction", "fickle_step", "taxi_orientation")
    letters = {"R": "red stop", "G": "green stop", "Y": "yellow stop", "B": "blue stop"}
    return _grid_world("Taxi-v4", {}, 200, actions, RETURN, _taxi_maps, letters, attributes)


def cart_pole() -> LoadedEnvironment:
    """Push a cart left or right so that the pole on it stays up: 1 for each step, 500 at most.

    Observations: position, speed, angle (rad), angular speed. Source: Barto, Sutton & Anderson 1983.
    """
    name = "CartPole-v1"
    return LoadedEnvironment(
        kind=CONTROL,
        task=RETURN,
        make=lambda: gymnasium.make(name, disable_env_checker=True).unwrapped,
        make_many=lambda count: gymnasium.make_vec(
            name, num_envs=count, vectorization_mode="vector_entry_point"
        ),
        max_steps=500,
        observation_size=4,
        actions=("left", "right"),
        attributes=("state", "steps_beyond_terminated"),
        scale=(2.4, 2.0, 0.2095, 2.0),  # the limits of position and angle, and common speeds
    )


def _grid_world(
    name: str,
    settings: dict[str, Any],
    max_steps: int,
    actions: tuple[str, ...],
    task: str,
    maps: Callable[[Any], tuple[dict[str, Map], dict[str, Map]]],
    letters: dict[str, str],
    attributes: tuple[str, ...] = ("s", "lastaction"),
) -> LoadedEnvironment:
    def make() -> Any:
        return gymnasium.make(name, disable_env_checker=True, **settings).unwrapped

    environment = make()
    return LoadedEnvironment(
        kind=GRID_WORLD,
        task=task,
        make=make,
        make_many=lambda count: gymnasium.make_vec(
            name, num_envs=count, vectorization_mode="sync", **settings
        ),
        max_steps=max_steps,
        observation_size=int(environment.observation_space.n),
        actions=actions,
        attributes=attributes,
        world=_rules(environment, *maps(environment), letters),
    )


def _rules(
    environment: Any, maps: dict[str, Map], every_map: dict[str, Map], letters: dict[str, str]
) -> GridWorld:
    """Gymnasium's dictionary of transitions as arrays, padded with outcomes of probability 0."""
    rules = environment.P
    states, actions = len(rules), len(rules[0])
    outcomes = max(len(rules[s][a]) for s in range(states) for a in range(actions))
    table = np.zeros((states, actions, outcomes, 4))
    for s in range(states):
        for a in range(actions):
            table[s, a, : len(rules[s][a])] = rules[s][a]
    return GridWorld(
        probability=table[..., 0],
        next_state=table[..., 1].astype(np.int64),
        reward=table[..., 2],
        ends=table[..., 3] > 0,
        start=np.asarray(environment.initial_state_distrib, np.float64),
        maps=maps,
        every_map=every_map,
        letters=letters,
    )


def _lake_maps(environment: Any) -> tuple[dict[str, Map], dict[str, Map]]:
    marks = np.asarray(environment.desc).astype(str)
    return _one_map(np.where(marks == "F", "", marks), ~np.isin(marks, ("H", "G")))


def _cliff_maps(environment: Any) -> tuple[dict[str, Map], dict[str, Map]]:
    marks = np.full(environment.shape, "")
    marks[3, 0], marks[3, 1:11], marks[3, 11] = "S", "C", "G"
    return _one_map(marks, ~np.isin(marks, ("C", "G")))


def _one_map(marks: np.ndarray, decides: np.ndarray) -> tuple[dict[str, Map], dict[str, Map]]:
    """Of a world whose states are its squares, row after row."""
    states = np.arange(marks.size).reshape(marks.shape)
    maps = {"": Map(states, marks, decides, np.full(marks.shape, False))}
    return maps, maps


def _taxi_maps(environment: Any) -> tuple[dict[str, Map], dict[str, Map]]:
    """One of the tasks, and the route in each half of it: to the passenger, and with them; and all tasks."""
    stops, in_taxi = "RGYB", 4
    marks = np.full((5, 5), "")
    for (row, column), letter in zip(environment.locs, stops, strict=True):
        marks[row, column] = letter
    # Gymnasium's picture in letters: a frame, and between two squares "|" for a wall or ":" for none.
    walls = np.asarray(environment.desc).astype(str)[1:-1, 2::2] == "|"

    def squares(passenger: int, destination: int) -> Map:
        states = [[environment.encode(r, c, passenger, destination) for c in range(5)] for r in range(5)]
        return Map(np.array(states), marks, np.full((5, 5), passenger != destination), walls)

    def title(passenger: int, destination: int) -> str:
        if passenger == in_taxi:
            return f"With the passenger to {stops[destination]}"
        if passenger == destination:
            return f"The passenger has reached {stops[destination]}"
        return f"To the passenger at {stops[passenger]}, who wants to {stops[destination]}"

    every = {title(p, d): squares(p, d) for p in range(5) for d in range(4)}
    shown = {
        "To a passenger at R who wants to B": squares(0, 3),
        "With that passenger to B": squares(in_taxi, 3),
    }
    return shown, every
