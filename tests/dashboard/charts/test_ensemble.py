"""Charts of an ensemble draw a bounded number of points and say what they show."""

from __future__ import annotations

from typing import Any

from dashboard.charts.ensemble import (
    POINTS_ON_SCREEN,
    distribution_chart,
    improvement_chart,
    interquartile_chart,
    ranking_chart,
)

VARIANTS = ["Tanh", "ReLU"]


def epochs(count: int) -> list[dict[str, Any]]:
    quantiles = (0.1, 0.2, 0.3, 0.4, 0.5)
    return [{"epoch": n, "test_loss": dict.fromkeys(VARIANTS, quantiles)} for n in range(1, count + 1)]


def rows(chart: Any) -> int:
    return max(len(table) for table in chart.to_dict()["datasets"].values())


def test_distribution_keeps_first_and_last_epoch_and_a_bounded_number_of_points() -> None:
    chart = distribution_chart(epochs(5000), VARIANTS, "test_loss", "Loss, test", "Loss")
    table = max(chart.to_dict()["datasets"].values(), key=len)
    assert len(table) <= 2 * (POINTS_ON_SCREEN + 2)
    assert {row["epoch"] for row in table} >= {1, 5000}


def test_a_variant_that_diverged_before_the_first_evaluation_has_no_line() -> None:
    records = [{"epoch": 1, "test_loss": {"Tanh": (0.1, 0.2, 0.3, 0.4, 0.5)}}]
    assert rows(distribution_chart(records, VARIANTS, "test_loss", "Loss", "Loss")) == 1


def test_ranking_names_the_best_and_the_tied() -> None:
    place = {"low": 0.8, "high": 0.9, "behind": None, "diverged": 0, "seconds": 0.1, "median": 0.85}
    ranking = [
        place | {"variant": "A", "tied": True},
        place | {"variant": "B", "tied": True},
        place | {"variant": "C", "tied": False},
    ]
    final = {"A": [0.85, 0.86], "B": [0.85, None], "C": [0.5, 0.4]}
    chart = ranking_chart({"metric": "accuracy", "ranking": ranking, "final": final}).to_dict()
    names = {row["variant"] for table in chart["datasets"].values() for row in table}
    assert names == {"A (best)", "B (tied)", "C"}
    assert "Accuracy, test" in str(chart)


def test_the_best_is_compared_with_each_other_one_and_all_have_interquartile_means() -> None:
    aggregates = {"iqm": 0.8, "iqm_low": 0.7, "iqm_high": 0.9}
    improvement = {"improvement": 0.9, "improvement_low": 0.6, "improvement_high": 1.0}
    ranking = [
        {"variant": "A", "tied": True} | aggregates | dict.fromkeys(improvement),
        {"variant": "B", "tied": False} | aggregates | improvement,
        {"variant": "C", "tied": True} | aggregates | improvement,
    ]
    finished = {"metric": "accuracy", "ranking": ranking}
    variants = [
        {
            row["variant"]
            for table in chart.to_dict()["datasets"].values()
            for row in table
            if "variant" in row
        }
        for chart in (interquartile_chart(finished), improvement_chart(finished))
    ]
    assert variants == [{"A (best)", "B", "C (tied)"}, {"B", "C (tied)"}]
    assert "How often A ends better" in str(improvement_chart(finished).to_dict())
