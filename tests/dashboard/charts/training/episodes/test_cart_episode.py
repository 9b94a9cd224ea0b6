"""The chart of a balanced pole says what each push is worth, which one is taken and how the episode ends."""

from __future__ import annotations

import numpy as np
import pytest

from core.events import Picture
from dashboard.charts.training.episodes.cart_episode import cart_episode_chart
from tests.dashboard.charts.training.rows import rows

VALUES = {
    "actions": ["left", "right"],
    "max_steps": 3,
    "max_position": 2.4,
    "max_angle": 0.2095,
    "pole_length": 1.0,
    "step_s": 0.02,
}
STATES = np.array([[0, 0, 0.0, 0], [0.1, 0, 0.1, 0], [0.2, 0, 0.2, 0], [0.3, 0, 0.3, 0]], np.float32)


def cart_picture(states: np.ndarray, ended: bool) -> Picture:
    worth = np.array([[1, 2], [4, 3], [5, 6]], np.float32)[: len(states) - 1]
    actions = worth.argmax(1).astype(np.uint8)
    arrays = {"states": states, "action_values": worth, "actions": actions}
    return Picture("cart_episode", 7, arrays, VALUES | {"ended": ended})


def test_each_step_has_both_values_and_the_push_that_is_taken() -> None:
    drawn = rows(cart_episode_chart(cart_picture(STATES, ended=True)))
    assert [(row["step"], row["action"], row["value"]) for row in drawn] == [
        *((1, "left", 1), (2, "left", 4), (3, "left", 5)),
        *((1, "right", 2), (2, "right", 3), (3, "right", 6)),
    ]
    assert [row["taken"] for row in drawn[:3]] == ["right", "left", "right"]
    assert [row["angle"] for row in drawn[:3]] == pytest.approx([0, 5.73, 11.46], abs=0.01)


@pytest.mark.parametrize(
    ("states", "ended", "words"),
    [
        (STATES, True, "3 of 3 steps: the pole falls."),
        (STATES + np.float32([2.3, 0, -0.3, 0]), True, "3 of 3 steps: the cart leaves the track."),
        (STATES, False, "3 of 3 steps: kept up for all 3 steps."),
    ],
)
def test_the_end_is_said_in_words(states: np.ndarray, ended: bool, words: str) -> None:
    assert words in cart_episode_chart(cart_picture(states, ended)).to_dict()["title"]["subtitle"]
