"""The Train page learns what a person brings: a typed formula, and images of their own."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import runs
from tests.core.data.user.zips import folders, zipped
from tests.dashboard.conftest import view
from tests.waiting import wait_until


@pytest.fixture
def page(own_runner: None) -> AppTest:
    return view("train")


def run_to_end(page: AppTest) -> str:
    page.button[0].click().run()
    run_id: str = page.session_state["started runs"]["training"]
    wait_until(lambda: runs.runner().store.get(run_id).ended)
    page.run()
    assert not page.exception
    return run_id


def test_a_formula_of_the_address_is_drawn_trained_and_named(page: AppTest) -> None:
    page.query_params.update({"data": "formula", "formula": "x*y - 0.5*x^2", "margin": "0.1", "epochs": "1"})
    page.run()
    assert page.text_input(key="formula").value == "x*y - 0.5*x^2"
    assert len(page.get("vega_lite_chart")) == 1  # the points
    run_id = run_to_end(page)
    config = runs.runner().store.get(run_id).config
    assert config["data_options"]["formula"] == "x*y - 0.5*x^2"
    assert any(r"**Your own formula** x\*y - 0.5\*x^2" in text.value for text in page.caption)
    page.text_input(key="formula").set_value("x - y").run()
    assert any(r"Formula x - y instead of x\*y - 0.5\*x^2" in text.value for text in page.markdown)


@pytest.mark.parametrize(
    ("data", "typed", "sentence"),
    [
        ("formula", "import os", "cannot be read"),
        ("formula", "2*3*4", r"The formula '2\*3\*4' is a number"),
        ("formula_surface", "x/y", "has no finite value"),
        ("formula_curve", "", "The expression is empty"),
    ],
)
def test_a_formula_that_cannot_be_is_answered_and_cannot_start(
    page: AppTest, data: str, typed: str, sentence: str
) -> None:
    page.query_params["data"] = data
    page.run()
    assert not page.button[0].disabled
    page.text_input(key="formula").set_value(typed).run()
    assert not page.exception
    assert sentence in page.error[0].value
    assert page.button[0].disabled


def test_an_uploaded_zip_is_shown_and_trained_on_and_a_bad_one_is_refused(page: AppTest) -> None:
    def upload(content: bytes) -> None:
        page.file_uploader(key="upload_images").upload("mine.zip", content, "application/zip").run()
        assert not page.exception

    page.query_params.update({"model": "lenet", "data": "own_images", "epochs": "1"})
    page.run()
    assert any("240 images of 3 classes" in text.value for text in page.caption)
    upload(b"no zip")
    assert "is no whole zip" in page.error[0].value
    assert page.button[0].disabled
    page.selectbox(key="colour").set_value("rgb")
    upload(zipped(folders(8)))
    assert any("16 images of 2 classes" in text.value for text in page.caption)
    assert len(page.get("image")) == 2
    store, run_id = runs.runner().store, run_to_end(page)
    run = store.get(run_id)
    assert (run.status, run.config["data_options"]["colour"]) == ("finished", "rgb")
    started = store.events_after(run_id)[0][1]
    assert (started["train_samples"], started["test_samples"]) == (12, 4)

    later = view("train")  # in another session: the run's address brings its images back
    later.query_params["run"] = run_id
    later.run()
    assert not later.exception
    assert later.selectbox(key="colour").value == "rgb"
    assert any("16 images of 2 classes" in text.value for text in later.caption)
    assert not [text for text in later.markdown if "controls differ" in text.value]


@pytest.mark.parametrize("data", ["formula_surface", "formula_curve"])
def test_a_typed_surface_or_curve_is_drawn_before_the_start(page: AppTest, data: str) -> None:
    def drawn() -> str:
        (chart,) = page.get("vega_lite_chart")
        return str(chart.proto)

    page.query_params["data"] = data
    page.run()
    first = drawn()
    assert "Samples" in first
    page.text_input(key="formula").set_value("x^2 - 1").run()
    assert drawn() != first
