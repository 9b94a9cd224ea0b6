"""The picture of a statement's experiment: whole names, whole numbers, and nothing hidden."""

from __future__ import annotations

from typing import Any

from core.experiments.statement import BARS, LINES, Plot
from core.experiments.statement_events import Series
from dashboard.charts.statement import picture


def spec(plot: Plot, *series: Series) -> dict[str, Any]:
    drawn = picture(plot, series)
    assert drawn is not None
    return drawn.to_dict()


def encodings(drawn: dict[str, Any], channel: str) -> list[dict[str, Any]]:
    return [layer["encoding"][channel] for layer in drawn["layer"] if channel in layer["encoding"]]


def test_names_stand_whole_in_the_legend_in_one_row_where_there_is_room() -> None:
    names = ("As trained", "All weights randomised", "PyTorch's default, gain 0.577")
    drawn = spec(Plot("Title", "Look.", LINES, "x", "y"), *(Series(name, (1, 2), (3, 4)) for name in names))
    legends = [color["legend"] for color in encodings(drawn, "color") if color.get("legend")]
    assert legends
    for legend in legends:
        assert legend["labelExpr"] == "datum.label"
        assert legend["columns"]["expr"].endswith("? 3 : 2"), "on a phone in two columns"


def test_a_chart_of_one_series_has_no_legend() -> None:
    drawn = spec(Plot("Title", "Look.", LINES, "x", "y"), Series("One", (1, 2), (3, 4)))
    assert all(color.get("legend") is None for color in encodings(drawn, "color") if "legend" in color)


def test_an_axis_of_counts_has_whole_numbers_and_one_of_shares_has_not() -> None:
    plot = Plot("Title", "Look.", BARS, "x", "y")
    counts = spec(plot, Series("Used", ("2014", "2021"), (2.0, 4.0)))
    shares = spec(plot, Series("Used", ("2014", "2021"), (0.5, 1.0)))
    assert [y["axis"]["tickMinStep"] for y in encodings(counts, "y") if y.get("axis")] == [1]
    assert not [y for y in encodings(shares, "y") if y.get("axis", {}).get("tickMinStep")]


def test_a_level_line_lies_on_the_bars_that_would_hide_it_and_below_curves() -> None:
    series = Series("Time", ("small", "large"), (0.1, 0.9))
    bars = spec(Plot("Title", "Look.", BARS, "x", "y", rules=((0.5, "half"),)), series)
    lines = spec(Plot("Title", "Look.", LINES, "x", "y", rules=((0.5, "half"),)), Series("A", (1, 2), (0, 1)))
    assert bars["layer"][-1]["encoding"]["y"]["field"] == "at"
    assert lines["layer"][0]["encoding"]["y"]["field"] == "at"


def test_a_name_with_a_comma_stands_on_two_lines_and_none_is_left_out() -> None:
    names = ("MLP, 8 wide", "MLP, 64 wide", "LeNet-5")
    drawn = spec(Plot("Title", "Look.", BARS, "x", "y"), Series("Time", names, (0.1, 0.2, 0.3)))
    (axis,) = {str(x["axis"]): x["axis"] for x in encodings(drawn, "x") if "axis" in x}.values()
    assert axis["labelExpr"] == "split(datum.label, ', ')"
    assert axis["labelOverlap"] is False
