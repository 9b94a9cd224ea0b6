"""The value map says of each square its value and what to do there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.data.environments import cliff_walking, frozen_lake, taxi
from core.training.snapshots.episodes.value_map import value_map
from dashboard.charts.training.episodes.value_map import ARROWS, value_map_chart
from tests.core.training.snapshots.stand_in import stand_in
from tests.dashboard.charts.training.rows import rows

ENVIRONMENTS = {
    "lake": lambda: frozen_lake(slippery=False, size="4x4"),
    "cliff": lambda: cliff_walking(slippery=False),
    "taxi": taxi,
}


def drawn(name: str) -> list[dict[str, Any]]:
    """Squares of a map whose values are drawn at random."""
    environment = ENVIRONMENTS[name]()
    values = np.random.default_rng(0).random((environment.observation_size, len(environment.actions)))
    assert environment.world is not None
    learner = stand_in(environment=environment, world=environment.world, values=values)
    return rows(value_map_chart(next(value_map(learner))))


@pytest.mark.parametrize(("name", "squares"), [("lake", 16), ("cliff", 48), ("taxi", 50)])
def test_every_square_of_every_map_is_shown(name: str, squares: int) -> None:
    table = [row for row in drawn(name) if "mark" in row]
    assert len(table) == squares
    assert len({(row["left"], row["top"]) for row in table}) == squares


def test_arrows_point_where_gymnasium_moves() -> None:
    """Each way of a free square leads to the square that the arrow points at."""
    for name in ("lake", "cliff", "taxi"):
        environment = ENVIRONMENTS[name]()
        world = environment.world
        assert world is not None
        squares = next(iter(world.maps.values())).states
        begin = squares[1, 1] if name != "taxi" else squares[0, 0]
        for action, way in enumerate(environment.actions):
            if way not in ARROWS:
                continue
            after = world.next_state[begin, action][world.probability[begin, action].argmax()]
            row, column = np.argwhere(squares == begin)[0]
            if after != begin:
                row_after, column_after = np.argwhere(squares == after)[0]
                turn = np.deg2rad(ARROWS[way])
                assert (column_after - column, row - row_after) == pytest.approx((np.sin(turn), np.cos(turn)))


def test_squares_without_an_answer_have_no_arrow() -> None:
    holes = [row for row in drawn("lake") if row.get("mark") == "H"]
    assert len(holes) == 4
    assert all(row["action"] == "" and row["angle"] is None for row in holes)


def test_actions_that_are_no_way_are_written_out() -> None:
    words = {row.get("words", "") for row in drawn("taxi")} - {""}
    assert words <= {"pick up", "drop off"}
