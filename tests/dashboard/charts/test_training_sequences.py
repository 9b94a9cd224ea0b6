"""Charts of recurrent networks show every state and symbol of their pictures."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from core.data.sequences import adding_problem, copy_memory
from core.data.text import python_help
from core.events import Picture
from core.models.recurrent import network
from core.training.snapshots.sequence_pictures import sequences, symbols, text
from dashboard.charts.training.sequences import (
    answers_chart,
    memory_chart,
    recall_chart,
    states_chart,
    text_chart,
)

CPU = torch.device("cpu")


@pytest.fixture(scope="module", params=["rnn", "lstm", "gru"])
def pictures(request: pytest.FixtureRequest) -> dict[str, Picture]:
    model = network(request.param, (12, 2), 1, 6)
    return {picture.name: picture for picture in sequences(model, adding_problem(50, 12, 0, 0.2), CPU, 0)}


def rows(chart) -> list[dict]:
    """All rows of all data sets of a chart."""
    return [row for table in chart.to_dict()["datasets"].values() for row in table]


def test_each_state_has_a_panel_and_panels_do_not_overlap(pictures: dict[str, Picture]) -> None:
    picture = pictures["states"]
    panels = [row for row in rows(states_chart(picture)) if "url" in row]
    assert {panel["name"] for panel in panels} == {"Input", *picture.values["names"].values()}
    assert panels[0]["name"] == "Input"
    for above, below in pairwise(panels):
        assert above["top"] < above["bottom"] < below["top"]
    assert {(panel["left"], panel["right"]) for panel in panels} == {(0.5, 12.5)}


def test_pointer_reads_out_input_and_mean_of_each_state(pictures: dict[str, Picture]) -> None:
    picture = pictures["states"]
    read_out = [row for row in rows(states_chart(picture)) if "step" in row]
    assert [row["step"] for row in read_out] == list(range(1, 13))
    assert [row["number"] for row in read_out] == pytest.approx(picture.arrays["inputs"][0])
    assert [row["Hidden state"] for row in read_out] == pytest.approx(picture.arrays["h"].mean(axis=0))


def test_memory_is_drawn_where_there_is_any(pictures: dict[str, Picture]) -> None:
    picture = pictures["states"]
    gone = picture.arrays["memory"].copy()
    gone[:3] = 0  # a logarithm of zero cannot be drawn
    chart = memory_chart(Picture("states", 0, {**picture.arrays, "memory": gone}, picture.values))
    drawn = [row["gradient"] for row in rows(chart)]
    assert drawn[:3] == [None] * 3
    assert drawn[3:] == pytest.approx(gone[3:])
    assert "log" in str(chart.to_dict())


def test_answers_and_the_line_of_right_ones_share_the_axes(pictures: dict[str, Picture]) -> None:
    picture = pictures["answers"]
    points = rows(answers_chart(picture))
    assert len(points) == 2 + len(picture.arrays["truth"])
    assert "sum" in str(answers_chart(picture).to_dict())


def test_recall_counts_right_answers_where_they_were_asked() -> None:
    data = copy_memory(50, 3, 8, 0, 0.2)
    recall = next(symbols(network("gru", (14,), 10, 6), data, CPU, 0))
    right = dict(recall.arrays)
    right["answers"] = np.where(right["targets"] >= 0, right["targets"], 0)
    chart = recall_chart(Picture("recall", 0, right, recall.values)).to_dict()
    assert "24 of 24 answers right" in str(chart)
    table = rows(recall_chart(recall))
    assert len(table) == 8 * 14
    assert sum(row["asked"] for row in table) == 24


def test_text_is_shown_as_it_was_written_as_far_as_there_is_room() -> None:
    data = python_help(20_000, 50, 0, 0.2)
    picture = next(text(network("gru", (50,), len(data.classes), 6), data, CPU, 0))
    shown = rows(text_chart(picture))
    written = "".join(row["text"] for row in shown if not row["given"])
    text_of_it = picture.values["text"].replace("\n", "⏎")
    assert text_of_it.startswith(written)
    assert written == text_of_it or len(shown) == 12
    assert max(len(row["text"]) for row in shown) <= 44
