"""The chart of a greedy episode shows exact means."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.environments import cliff_walking, frozen_lake
from core.training.snapshots.data.world import world
from core.training.snapshots.episodes.episode import episode
from dashboard.charts.training.episodes.episode import episode_chart
from tests.core.training.snapshots.stand_in import stand_in
from tests.dashboard.charts.training.rows import rows


def test_the_best_way_along_the_cliff_visits_each_of_its_squares_once() -> None:
    environment = cliff_walking(slippery=False)
    rules = environment.world
    assert rules is not None
    values = np.zeros(len(rules.start))
    for _ in range(50):
        values = rules.backup(values, 1.0).max(1)
    learner = stand_in(environment=environment, world=rules, values=rules.backup(values, 1.0))
    chart = episode_chart(next(episode(learner)), next(world(learner)))
    visited = {(row["row"], row["column"]) for row in rows(chart) if row.get("visits", 0) > 0}
    assert visited == {(3, 0), *((2, column) for column in range(12))}
    assert chart.title.subtitle[1] == "Mean return −13.00"


def test_visits_of_a_slippery_lake_are_expected_ones() -> None:
    environment = frozen_lake(slippery=True, size="4x4")
    rules = environment.world
    assert rules is not None
    learner = stand_in(environment=environment, world=rules, values=np.random.default_rng(0).random((16, 4)))
    chart = episode_chart(next(episode(learner)), next(world(learner)))
    _, visits = rules.expected_return(learner.values.argmax(1), environment.max_steps)
    shown = {4 * row["row"] + row["column"]: row["visits"] for row in rows(chart) if "visits" in row}
    assert [shown[state] for state in range(16)] == pytest.approx(visits.tolist())
