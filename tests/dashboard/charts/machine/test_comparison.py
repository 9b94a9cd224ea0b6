"""The chart of two results shows what is notable first, and no point of no use squeezes it."""

from __future__ import annotations

from typing import Any

from dashboard.charts.machine.comparison import MAX_ROWS, notable_first, ratio_chart


def point(verdict: str, ratio: float, spread: float = 1.1, size: int = 64) -> dict[str, Any]:
    """One compared point whose interval goes so many times below and above its ratio."""
    return {
        "workload": "gemm",
        "step": "forward",
        "data": "random",
        "size": size,
        "dtype": "float32",
        "device": "cpu",
        "threads": 2,
        "ratio": ratio,
        "low": ratio / spread,
        "high": ratio * spread,
        "floor": 0.05,
        "verdict": verdict,
    }


def test_what_became_slower_comes_first_and_the_same_last() -> None:
    given = [
        point("SAME", 1.0),
        point("FASTER", 0.5),
        point("SLOWER", 1.3),
        point("UNSURE", 9.0),
        point("SLOWER", 3.0),
        point("FASTER", 0.2),
    ]
    assert [one["ratio"] for one in notable_first(given)] == [3.0, 1.3, 0.2, 0.5, 9.0, 1.0]


def test_an_interval_of_no_use_does_not_squeeze_the_others() -> None:
    compared = [point("SLOWER", 1.3, size=32), point("UNSURE", 1.0, spread=1000)]
    chart = ratio_chart(compared).to_dict()
    (domain,) = {
        tuple(layer["encoding"]["x"]["scale"]["domain"])
        for layer in chart["layer"]
        if "domain" in layer["encoding"]["x"].get("scale", {})
    }
    assert 0.4 < domain[0] < 0.5
    assert 2 < domain[1] < 2.5
    assert "size 32: 1.3 times as long, SLOWER" in chart["description"]


def test_a_chart_of_many_points_has_the_most_notable_ones() -> None:
    compared = [point("SAME", 1.0, size=size) for size in range(1, MAX_ROWS + 20)]
    chart = ratio_chart([*compared, point("SLOWER", 2.0, size=4096)]).to_dict()
    rows = [row for rows in chart["datasets"].values() for row in rows if "row" in row]
    assert len(rows) == MAX_ROWS
    assert rows[0]["row"] == "gemm 4,096 float32, 2 threads"
