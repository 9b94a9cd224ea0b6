"""Every snapshot has its charts, with a title, a tooltip and the step that it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import altair as alt
import pytest

from core.training.settings import applies
from core.training.snapshots import GROUPS, SNAPSHOTS, applicable
from dashboard.charts import training
from dashboard.charts.training.registry import BENEATH, CHARTS, charts, shown, with_step
from tests.dashboard.charts.training.rows import FEW, trained

ROOM = Path(training.__file__).parent


def test_every_snapshot_has_a_chart_and_its_file_has_the_snapshots_name() -> None:
    assert [*CHARTS] == [*SNAPSHOTS]
    for key, draws in CHARTS.items():
        snapshot = SNAPSHOTS[key]
        modules = {draw.__module__ for draw in draws}
        assert modules == {f"dashboard.charts.training.{snapshot.group}.{snapshot.module}"}
    files = {(group, path.stem) for group in GROUPS for path in (ROOM / group).glob("[!_]*.py")}
    assert files == {(snapshot.group, snapshot.module) for snapshot in SNAPSHOTS.values()}


def test_elements_of_a_page_have_names_of_their_own() -> None:
    names = [draw.__name__ for draws in CHARTS.values() for draw in draws]
    assert len({*names}) == len(names)


@pytest.mark.parametrize(
    ("model", "data"),
    [
        ("mlp", "moons"),
        ("mlp", "hills"),
        ("mlp", "iris"),
        ("mlp", "diabetes"),
        ("lenet", "mnist5k"),
        ("lenet", "own_images"),
        ("lstm", "parity"),
        ("gru", "seattle_temps"),
        ("transformer", "copy_memory"),
        ("gan", "ring"),
        ("rbm", "digits"),
        ("gcn", "karate_club"),
        ("q_table", "frozen_lake"),
    ],
)
def test_every_chart_of_a_real_training_has_title_tooltip_and_step(model: str, data: str) -> None:
    small = dict(FEW.get(data, {}))
    if data == "own_images":
        small = {"data_options": {"colour": "rgb"}}
    if applies("batch_size", model, data):
        small["batch_size"] = 1024
    keys = applicable(model, data)
    pictures = trained(model, data, snapshots=keys, **small)
    assert {*pictures} == {*keys}
    assert {*shown(pictures)} == {*keys} - {BENEATH.get(key) for key in keys}
    for key in keys:
        for chart in charts(key, pictures).values():
            text = json.dumps(chart.to_dict())  # which must be valid Vega-Lite
            assert chart.title.text
            assert chart.title.subtitle[0] == f"Step {pictures[key].step:,}"
            assert "NaN" not in text
            assert SNAPSHOTS[key].module in NO_TOOLTIP or '"tooltip"' in text


NO_TOOLTIP = {"generated_text", "policy_map"}  # all there is to read is written out


def test_data_is_shown_on_its_own_until_there_is_a_picture_over_it() -> None:
    pictures = trained("mlp", "moons", snapshots=("points", "decision_map"))
    assert shown(pictures) == ["decision_map"]
    (chart,) = charts("decision_map", pictures).values()
    assert len(chart.layer) == 2
    del pictures["decision_map"]
    assert shown(pictures) == ["points"]


@pytest.mark.parametrize(
    "title", ["A title", alt.Title("A title", subtitle="Line"), alt.Title("A title", subtitle=["Line"])]
)
def test_step_is_the_first_line_under_any_title(title: Any) -> None:
    chart = with_step(alt.Chart(title=title, height=100), 12_000)
    assert chart.title.text == "A title"
    assert chart.title.subtitle == ["Step 12,000"] if title == "A title" else ["Step 12,000", "Line"]
    assert chart.height > 100  # the plot stays as high as it was
