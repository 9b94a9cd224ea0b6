"""Where an agent goes that always takes its best action."""

from __future__ import annotations

import altair as alt

from core.data.grid_world import GridWorld
from core.events import Picture
from dashboard.charts.training.data.world import squares_chart, squares_of


def episode_chart(picture: Picture, world: Picture) -> alt.LayerChart:
    """How often an episode with the best actions visits each square, and what it earns, both exact means."""
    rules, arrays = world.values, world.arrays
    names = ("probability", "next_state", "reward", "ends", "start")
    grid = GridWorld(
        **{name: arrays[name] for name in names}, maps={}, every_map={}, letters=rules["letters"]
    )
    policy = picture.arrays["action_values"].argmax(1)
    earned, visits = grid.expected_return(policy, rules["max_steps"])
    squares = squares_of(world)
    squares["visits"] = visits[arrays["states"]].sum(0).ravel()
    circles = (
        alt.Chart(squares)
        .mark_point(shape="circle", filled=True, opacity=0.6)
        .encode(
            x="column:Q",
            y="row:Q",
            size=alt.Size("visits:Q", scale=alt.Scale(range=[0, 900], domainMin=0), legend=None),
        )
    )
    lines = [
        "Always the best action: larger circles are visited more often.",
        f"Mean return {earned:.2f}".replace("-", "−"),
    ]
    title = alt.Title("Greedy episode", subtitle=lines, subtitleColor="gray")
    return squares_chart(squares, world, circles).properties(title=title)
