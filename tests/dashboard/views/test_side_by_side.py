"""Several trainings on one page: what they reached, what differs, and a race that starts two."""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from core.records import to_record
from core.runs.listing import RunQuery, listed
from core.runs.status import FINISHED
from core.runs.store import RunStore
from core.training import default_config
from dashboard.components import runs
from dashboard.film.together import Moment
from tests.dashboard.conftest import open_view
from tests.waiting import wait_until


@pytest.fixture
def store(own_runner: None) -> RunStore:
    return runs.runner().store


def trained(store: RunStore, model: str = "mlp", data: str = "moons", **settings: Any) -> str:
    config = default_config(model, data, **{"epochs": 4, "samples": 100, "snapshots": ()} | settings)
    run = runs.runner().submit("training", to_record(config))
    wait_until(lambda: store.get(run).ended)
    assert store.get(run).status == FINISHED
    return run


def said(page: AppTest) -> str:
    return " ".join(one.value for one in (*page.info, *page.warning, *page.caption, *page.markdown))


def test_two_trainings_are_compared_in_figures_and_in_what_differs(store: RunStore) -> None:
    first, second = trained(store), trained(store, learning_rate=0.5)
    page = open_view("side_by_side", runs=f"{first},{second}")
    results, settings, target = (table.value for table in page.dataframe)
    assert [*results["Run"]] == [first, second]
    assert [*results["Epochs"]] == [4, 4]
    for run, loss in zip((first, second), results["Loss, test"], strict=True):
        assert (
            loss
            == [r for _, r in store.events_after(run) if r["event"] == "epoch_completed"][-1]["test_loss"]
        )
    assert [*settings.columns][1:] == ["Run", "Learning rate"]
    assert [*settings["Learning rate"]] == ["0.05", "0.5"]
    assert [*target["Reached"]] == ["yes", "yes"], "the target that is offered is one that all reached"
    page.number_input("reach").set_value(1.1).run()
    assert [*page.dataframe[2].value["Reached"]] == ["no", "no"]
    assert len(page.get("vega_lite_chart")) == 2


def test_unlike_metrics_are_explained_and_not_drawn_together(store: RunStore) -> None:
    plane = trained(store)
    curve = trained(store, "mlp", "sine_curve")
    page = open_view("side_by_side", runs=f"{plane},{curve}")
    assert "measured by different things: Accuracy" in said(page)
    assert len(page.get("vega_lite_chart")) == 4
    assert "no target that all could reach" in said(page)


def test_rules_mark_where_the_films_stand_on_every_axis(store: RunStore) -> None:
    first, second = trained(store), trained(store, batch_size=20)
    page = open_view("side_by_side", runs=f"{first},{second}")
    assert "Films in step" in [one.value for one in page.header]
    assert not rules(page)
    page.query_params["step"] = "5"
    page.run()
    assert rules(page) == [5, 5], "one for all, in each of the two charts"
    page.session_state["over"] = "epoch"
    page.run()
    per_epoch = [
        next(r for _, r in store.events_after(run) if r["event"] == "training_started")["steps_per_epoch"]
        for run in (first, second)
    ]
    assert rules(page) == pytest.approx(2 * [5 / steps for steps in per_epoch])
    page.query_params["share"] = "0.5"
    del page.query_params["step"]
    page.run()
    assert rules(page) == [2, 2], "both trainings have 4 epochs"
    seconds = next(r for _, r in store.events_after(first) if r["event"] == "epoch_completed")["elapsed_s"]
    del page.query_params["share"]
    page.query_params["seconds"] = f"{seconds:.9g}"
    page.run()
    assert rules(page)[0] == pytest.approx(1, rel=1e-6)


def test_an_address_names_a_moment_by_step_share_or_seconds_and_nothing_else_is_one() -> None:
    assert moment_of({"share": "0.25"}) == Moment("share", 0.25)
    for text in ("-1", "nan", "1e999999", "five", "", "1" * 30):
        assert moment_of({"step": text}) is None
    assert moment_of({"share": "7"}) == Moment("share", 1.0)


def moment_of(query: dict[str, str]) -> Moment | None:
    """What films.addressed_moment() reads of an address."""

    def script() -> None:
        import streamlit as st

        from dashboard.run_list.films import addressed_moment

        found = addressed_moment()
        st.json([found.over, found.at] if found else [])

    page = AppTest.from_function(script)
    for name, text in query.items():
        page.query_params[name] = text
    found = json.loads(page.run().json[0].value)
    return Moment(*found) if found else None


def rules(page: AppTest) -> list[float]:
    """Where the rules of the page's charts are."""
    found = []
    for element in page.get("vega_lite_chart"):
        chart = json.loads(element.proto.spec)
        data = {table.name: table.data.data for table in element.proto.datasets}
        for layer in chart["layer"]:
            if layer["mark"]["type"] == "rule":
                found += pa.ipc.open_stream(data[layer["data"]["name"]]).read_all()["x"].to_pylist()
    return found


def test_agents_explore_or_are_greedy_and_have_no_train_and_test(store: RunStore) -> None:
    agent = runs.runner().submit(
        "training", to_record(default_config("q_table", "frozen_lake", epochs=2, snapshots=()))
    )
    wait_until(lambda: store.get(agent).ended)
    page = open_view("side_by_side", runs=agent)
    results = page.dataframe[0].value
    assert {"Greedy", "Exploring", "Loss, greedy"} <= {*results.columns}
    words = [said(page), *results.columns, *(one.label for one in page.number_input)]
    assert "best actions alone" in said(page)
    shown = open_view("train", run=agent)
    assert {"Success, greedy"} <= {one.label for one in shown.metric}
    words += [one.label for one in shown.metric]
    assert [text for text in words if re.search(r"\b(train|test)\b", text, re.IGNORECASE)] == []


def test_an_address_that_names_what_cannot_be_shown_says_so(store: RunStore) -> None:
    other = store.create("cost", {"activations": ["relu"]})
    waiting = store.create("training", to_record(default_config("mlp", "moons")))
    for run in (other, waiting):
        store.request(run, "stop")
        wait_until(lambda run=run: store.get(run).ended)
    page = open_view("side_by_side", runs=f"nothing,{other},{waiting}")
    assert "no run with the address “nothing”" in said(page)
    assert "is no training" in said(page)
    assert "ended before its first epoch" in said(page)
    assert "the first 6 are shown" in said(open_view("side_by_side", runs=",".join("abcdefg")))
    assert "Choose trainings above" in said(open_view("side_by_side"))


def test_a_race_starts_two_runs_that_differ_in_one_setting(store: RunStore) -> None:
    base = trained(store)
    page = open_view("side_by_side", runs=base)
    assert "Both would have the same learning rate" in said(page)
    page.select_slider("learning_rate").set_value(0.5).run()
    next(one for one in page.button if one.label == "Start the race").click().run()
    assert not page.exception
    second, first = (run for run in listed(store, RunQuery()).runs if run.id != base)
    assert (first.name, second.name) == ("A: as it was", "B: Learning rate 0.5")
    wait_until(lambda: store.get(first.id).ended and store.get(second.id).ended)
    configs = [store.get(run.id).config for run in (first, second)]
    assert configs[0] == store.get(base).config
    assert configs[1] == configs[0] | {"learning_rate": 0.5}
    assert page.query_params["runs"] == f"{first.id},{second.id}"


def test_a_race_from_a_step_of_the_film_gives_both_the_weights_of_that_step(store: RunStore) -> None:
    base = trained(store)
    page = open_view("side_by_side", runs=base, **{"from": "film"})
    step = store.frame_steps(base)[1]
    page.select_slider(f"step of {base}").set_value(step).run()
    page.selectbox("differ").set_value("optimizer").run()
    page.selectbox("optimizer").set_value("sgd").run()
    next(one for one in page.button if one.label == "Start the race").click().run()
    assert not page.exception
    sides = [run.id for run in listed(store, RunQuery()).runs if run.id != base]
    wait_until(lambda: all(store.get(run).ended for run in sides))
    weights = store.frame(base, step).weights
    for run in sides:
        assert store.get(run).config["start_step"] == step
        assert (store.frame(run, 0).weights == weights).all()
    assert {store.get(run).config["optimizer"] for run in sides} == {"adam", "sgd"}
