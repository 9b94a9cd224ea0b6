"""The chart of states shows each of them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from core.data.sequences import adding_problem
from core.events import Picture
from core.models.recurrent import network
from core.training.snapshots.layers.states import states
from dashboard.charts.training.layers.states import memory_chart, states_chart
from tests.core.training.snapshots.stand_in import stand_in
from tests.dashboard.charts.training.rows import rows


@pytest.fixture(scope="module", params=["rnn", "lstm", "gru"])
def picture(request: pytest.FixtureRequest) -> Picture:
    model = network(request.param, (12, 2), 1, 6)
    return next(states(stand_in(model, adding_problem(50, 12, 0, 0.2))))


def test_each_state_has_a_panel_and_panels_do_not_overlap(picture: Picture) -> None:
    panels = [row for row in rows(states_chart(picture)) if "url" in row]
    assert {panel["name"] for panel in panels} == {"Input", *picture.values["names"].values()}
    assert panels[0]["name"] == "Input"
    for above, below in pairwise(panels):
        assert above["top"] < above["bottom"] < below["top"]
    assert {(panel["left"], panel["right"]) for panel in panels} == {(0.5, 12.5)}


def test_pointer_reads_out_input_and_mean_of_each_state(picture: Picture) -> None:
    read_out = [row for row in rows(states_chart(picture)) if "step" in row]
    assert [row["step"] for row in read_out] == list(range(1, 13))
    assert [row["number"] for row in read_out] == pytest.approx(picture.arrays["inputs"][0])
    assert [row["Hidden state"] for row in read_out] == pytest.approx(picture.arrays["h"].mean(axis=0))


def test_memory_is_drawn_where_there_is_any(picture: Picture) -> None:
    gone = picture.arrays["memory"].copy()
    gone[:3] = 0  # a logarithm of zero cannot be drawn
    chart = memory_chart(Picture("states", 0, {**picture.arrays, "memory": gone}, picture.values))
    drawn = [row["gradient"] for row in rows(chart)]
    assert drawn[:3] == [None] * 3
    assert drawn[3:] == pytest.approx(gone[3:])
    assert "log" in str(chart.to_dict())
