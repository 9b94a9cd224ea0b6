"""What Q-learning shows: values and best actions as maps, and how the episodes went."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from core.data.environments import GridWorld, LoadedEnvironment
from core.events import Picture

MAX_BUCKETS = 150
GRID = 80  # squares of the policy map along each axis
# A pole falls at 12 degrees (0.2095 rad); faster turns are rare.
MAX_ANGLE_RAD, MAX_SPEED_RAD_S = 0.2095, 2.0


def value_map(step: int, environment: LoadedEnvironment, world: GridWorld, worths: np.ndarray) -> Picture:
    """ "value_map": what the best action of each square is worth, and which it is.

    values float32 and actions int64 (maps, rows, columns): NaN and -1 where nothing is decided or nothing
    learnt. values: titles (of the maps), marks (maps, rows, columns) what is written on each square, actions.
    """
    best, worth = [], []
    for squares in world.maps.values():
        of_squares = worths[squares.states]
        known = squares.decides & (of_squares != of_squares[..., :1]).any(-1)
        best.append(np.where(known, of_squares.argmax(-1), -1))
        worth.append(np.where(known, of_squares.max(-1), np.nan))
    arrays: dict[str, np.ndarray] = {"values": np.array(worth, np.float32), "actions": np.array(best)}
    marks = [squares.marks.tolist() for squares in world.maps.values()]
    values = {"titles": [*world.maps], "marks": marks, "actions": list(environment.actions)}
    return Picture("value_map", step, arrays, values)


def policy_map(step: int, action_values: Callable[[np.ndarray], np.ndarray]) -> Picture:
    """ "policy_map": which way to push a cart that stands in the middle, by its pole.

    preference float32 (GRID, GRID) in [-1, 1]: value of right less value of left, as a share of the largest
    difference. Columns are angles from left to right, rows angular speeds from the largest down. values:
    x_min, x_max (rad), y_min, y_max (rad/s).
    """
    half_x, half_y = MAX_ANGLE_RAD / GRID, MAX_SPEED_RAD_S / GRID
    angle = np.linspace(-MAX_ANGLE_RAD + half_x, MAX_ANGLE_RAD - half_x, GRID)
    speed = np.linspace(MAX_SPEED_RAD_S - half_y, -MAX_SPEED_RAD_S + half_y, GRID)
    observations = np.zeros((GRID, GRID, 4), np.float32)
    observations[..., 2], observations[..., 3] = angle, speed[:, None]
    left, right = action_values(observations.reshape(-1, 4)).T
    preference = (right - left).reshape(GRID, GRID)
    preference = preference / max(float(np.abs(preference).max()), 1e-9)
    bounds = {"x_min": -MAX_ANGLE_RAD, "x_max": MAX_ANGLE_RAD}
    bounds |= {"y_min": -MAX_SPEED_RAD_S, "y_max": MAX_SPEED_RAD_S}
    return Picture("policy_map", step, {"preference": preference.astype(np.float32)}, bounds)


def episode_returns(step: int, returns: list[float]) -> Iterator[Picture]:
    """ "episode_returns": lowest, mean and highest return of neighbouring episodes, float32 (buckets,).

    last int64 (buckets,): number of the bucket's last episode. Nothing before the first episode is over.
    """
    if not returns:
        return
    size = -(-len(returns) // MAX_BUCKETS)
    starts = np.arange(0, len(returns), size)
    values = np.array(returns, np.float32)
    ends = np.minimum(starts + size, len(returns))
    arrays = {
        "last": ends.astype(np.int64),
        "lowest": np.minimum.reduceat(values, starts),
        "mean": np.add.reduceat(values, starts) / (ends - starts).astype(np.float32),
        "highest": np.maximum.reduceat(values, starts),
    }
    yield Picture("episode_returns", step, arrays)
