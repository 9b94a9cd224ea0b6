"""The chart of episodes has every bucket."""

from __future__ import annotations

from core.training.snapshots.episodes.episode_returns import episode_returns
from dashboard.charts.training.episodes.episode_returns import episode_returns_chart
from tests.core.training.snapshots.stand_in import stand_in
from tests.dashboard.charts.training.rows import rows


def test_range_and_mean_of_each_bucket_are_drawn() -> None:
    picture = next(episode_returns(stand_in(returns=[1.0, 3.0])))
    assert picture is not None
    assert [row["highest"] for row in rows(episode_returns_chart(picture))] == [1, 3]
