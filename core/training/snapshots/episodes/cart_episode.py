"""An episode in which a network balances a pole, with the value of each push."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from core.events import Picture
from core.training.learners.deep_q import DeepQLearner


def cart_episode(learner: DeepQLearner) -> Iterator[Picture]:
    """The episode that takes the best action of each state, always from the same start.

    states float32 (moves + 1, 4): position, speed, angle of the pole (rad, to the right), angular speed.
    action_values float32 (moves, actions), by the network, and actions uint8 (moves,), those that were taken.

    values: actions (names), max_steps; ended, False where the episode was cut off for its length; of the
    environment max_position, max_angle (rad), beyond which the episode ends, pole_length, in the unit of the
    position, and step_s.
    """
    environment = learner.environment
    world = environment.make()
    values = {
        "actions": list(environment.actions),
        "max_steps": environment.max_steps,
        "max_position": float(world.x_threshold),
        "max_angle": float(world.theta_threshold_radians),
        "pole_length": 2 * float(world.length),  # Gymnasium's is the half of it
        "step_s": float(world.tau),
    }
    scale = torch.from_numpy(learner.scale)
    while True:
        observation, _ = world.reset(seed=learner.config.seed)
        states, ended = [observation], False
        worth: list[np.ndarray] = []
        with torch.inference_mode():
            while not ended and len(worth) < environment.max_steps:
                inputs = (torch.from_numpy(observation) / scale).to(learner.device)
                worth.append(learner.network(inputs[None])[0].cpu().numpy())
                observation, _, ended, _, _ = world.step(int(worth[-1].argmax()))
                states.append(observation)
        action_values = np.array(worth, np.float32)
        arrays = {
            "states": np.array(states, np.float32),
            "action_values": action_values,
            "actions": action_values.argmax(1).astype(np.uint8),
        }
        yield Picture("cart_episode", learner.step, arrays, values | {"ended": bool(ended)})
