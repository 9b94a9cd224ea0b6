"""An episode in which a network balances a pole: the value of each push, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture

COLORS = ("#D55E00", "#0072B2")  # of the pushes to the left and to the right, as in the policy map


def how_it_ended(values: Mapping[str, Any], states: np.ndarray) -> str:
    """Why an episode was over, in words."""
    if not values["ended"]:
        return f"kept up for all {values['max_steps']} steps"
    return "the cart leaves the track" if abs(states[-1, 0]) > values["max_position"] else "the pole falls"


def cart_episode_chart(picture: Picture) -> alt.LayerChart:
    """The value of each action over the steps of an episode with the best ones, and the pole's angle."""
    arrays, values = picture.arrays, picture.values
    states, names = arrays["states"], values["actions"]
    steps = len(arrays["actions"])
    table = pd.DataFrame(
        {
            "step": np.tile(np.arange(1, steps + 1), len(names)),
            "action": np.repeat(names, steps),
            "value": arrays["action_values"].T.ravel(),
            "taken": np.tile([names[action] for action in arrays["actions"]], len(names)),
            "angle": np.tile(np.degrees(states[:-1, 2]), len(names)),
            "position": np.tile(states[:-1, 0], len(names)),
        }
    )
    x = alt.X("step:Q", title="Step", scale=alt.Scale(domain=[1, values["max_steps"]], nice=False))
    color = alt.Color("action:N", title="Value of", scale=alt.Scale(domain=names, range=list(COLORS)))
    base = alt.Chart(table).encode(x=x, y=alt.Y("value:Q", title="Value", scale=alt.Scale(zero=False)))
    tooltip = [
        alt.Tooltip("step:Q", title="Step"),
        alt.Tooltip("action:N", title="Action"),
        alt.Tooltip("value:Q", title="Value", format=".3f"),
        alt.Tooltip("taken:N", title="Taken"),
        alt.Tooltip("angle:Q", title="Angle of the pole, to the right (°)", format=".1f"),
        alt.Tooltip("position:Q", title="Position of the cart", format=".2f"),
    ]
    lines = [
        "The network expects so much return of each push; it takes the one with more.",
        f"{steps} of {values['max_steps']} steps: {how_it_ended(values, states)}.",
    ]
    return alt.LayerChart(
        layer=[
            base.mark_line().encode(color=color),
            base.mark_point(size=60, opacity=0).encode(tooltip=tooltip),
        ],
        title=alt.Title("Greedy episode", subtitle=lines, subtitleColor="gray"),
        height=260,
    )
