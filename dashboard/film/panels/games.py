"""What an agent has learnt of a grid world, and how it plays it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.events import Picture
from dashboard.film.panels.panel import CART, GAME, SQUARES, Panel, mark


def value_map_panel(picture: Picture) -> Panel:
    """Each square in the strength of its best action's value, with an arrow for that action."""
    values = picture.values
    shown = {name: values[name] for name in ("actions", "marks", "titles")}
    note = "Stronger squares have a higher value; arrows: the best action so far."
    letters = letters_legend(values.get("letters", {}))  # runs before the legend have none
    return Panel(SQUARES, "Values and best actions", (note,), shown, picture.arrays, letters)


def world_panel(picture: Picture) -> Panel:
    """The map of a game, and its rules, by which the player plays it; its numbers are sent as they are."""
    arrays = {
        name: array.astype(np.uint8 if array.dtype == np.bool_ else np.float64)
        for name, array in picture.arrays.items()
    }
    return Panel(GAME, "Map", (), picture.values, arrays, letters_legend(picture.values["letters"]))


def episode_panel(picture: Picture) -> Panel:
    """The values of all actions, and which one is the best of each state, out of which the player plays."""
    values = picture.arrays["action_values"]
    note = "The value of each action at the edge where it leads."
    arrays = {"action_values": values, "policy": values.argmax(1).astype(np.uint8)}
    return Panel(GAME, "Greedy episode", (note,), {}, arrays)


def cart_episode_panel(picture: Picture) -> Panel:
    """The cart, its pole and the value of each push, step by step of an episode with the best ones."""
    left, right = picture.values["actions"]
    legend = (
        mark(f"push to the {left}", "negative", "line"),
        mark(f"push to the {right}", "positive", "line"),
        mark("beyond the dashed lines the pole has fallen", shape="none"),
    )
    note = "It takes the push of the higher value, always from the same start."
    return Panel(CART, "Greedy episode", (note,), picture.values, picture.arrays, legend)


def letters_legend(letters: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
    """What the letters on the squares mean."""
    return tuple(mark(f"{letter}: {meaning}", shape="none") for letter, meaning in letters.items())
