"""The page of layers counts what is chosen, in a worker, and says what cannot be."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.records import to_record
from core.runs.status import ENDED
from core.training import default_config
from dashboard.components import runs
from tests.waiting import wait_until


def run_to_the_end(page: AppTest, count: int = 1) -> AppTest:
    """Open the page, and again when its job has ended."""
    page.run()
    assert not page.exception
    wait_until(lambda: len(runs.runner().store.all_with_status(*ENDED)) >= count)
    page.run()
    assert not page.exception
    return page


def figures(page: AppTest) -> dict[str, str]:
    """What the page says in large figures."""
    return {metric.label: metric.value for metric in page.metric}


def test_lenet_has_the_totals_of_the_paper_beside_those_of_an_mlp(page: AppTest) -> None:
    page.query_params.update(model="lenet", data="mnist5k")
    run_to_the_end(page)
    shown = figures(page)
    assert shown["Parameters"] == "61,706"
    assert shown["FLOPs of one sample"] == "833 k"
    assert shown["The same task as an MLP"] == "50.9 k parameters"
    rows = page.dataframe[0].value
    assert rows["Layer"].tolist()[::10] == ["C1", "Output"]
    assert rows["Module"].tolist()[::10] == ["c1", "output"]
    assert rows["Parameters"].iloc[-1] == 61_706
    assert "Share of time" not in rows


def test_a_link_of_a_run_shows_its_network(page: AppTest) -> None:
    config = default_config("vgg", "mnist5k", model_options={"depth": "13", "width": 2})
    page.session_state["source"] = "reference"
    store = runs.runner().store
    page.query_params["run"] = run = store.create("training", to_record(config))
    store.end(run, "finished")
    page.run()
    assert not page.exception
    shown = {key: page.selectbox(key=key).value for key in ("model", "data")}
    assert shown == {"model": "vgg", "data": "mnist5k"}
    assert page.session_state["depth"] == "13"
    assert page.session_state["width"] == 2


def test_a_click_times_each_layer(page: AppTest) -> None:
    run_to_the_end(page)  # an MLP
    (button,) = [one for one in page.button if "Measure the time" in one.label]
    button.click()
    run_to_the_end(page, count=2)
    assert page.dataframe[0].value["Share of time"].iloc[-1] == pytest.approx(100)


def test_full_size_networks_are_counted_without_their_memory(page: AppTest) -> None:
    page.query_params.update(source="reference", reference="resnet18")
    run_to_the_end(page)
    assert figures(page)["Parameters"] == "11,689,512"
    assert not [one for one in page.button if "Measure the time" in one.label]


def test_other_units_are_counted_anew_and_nonsense_is_answered(page: AppTest) -> None:
    page.query_params.update(model="mlp", data="moons", hidden="3")
    run_to_the_end(page)
    assert figures(page)["Parameters"] == str(2 * 3 + 3 + 3 + 1)
    page.text_input(key="hidden").set_value("three").run()
    assert "write whole numbers" in page.error[0].value
    assert not page.exception
