"""Films of several runs in step: one time line, and each run's newest frame up to its moment."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.events import Picture
from core.training.config import default_config
from dashboard.film.together import Moment
from tests.browser.conftest import PHONE, OpenTab
from tests.film_server import FilmServer, short_film

FILM = "document.querySelector('.film').film"


@pytest.fixture(scope="module")
def runs(films: FilmServer) -> list[str]:
    """A network with a frame each 25 steps up to 275, another one up to 100 that took 4 s a 100 steps, and a
    run whose film has panels, at steps 0, 50 and 100.
    """
    long, frames = short_film(12)
    short, few = short_film(5)
    counts = np.eye(2, dtype=np.int64)
    pictures = [Picture("confusion", step, {"counts": counts}, {"classes": [0, 1]}) for step in (0, 50, 100)]
    found = [films.add(long, frames), films.add(short, few, ended=False)]
    epochs = [{"event": "epoch_completed", "step": step, "elapsed_s": step / 25} for step in (50, 100)]
    films.store.write(found[1], [(n, 0.0, record) for n, record in enumerate(epochs, 1)])
    films.store.end(found[1], "finished")
    panels = films.add_pictures(default_config("lenet", "mnist5k"), pictures)
    first = [{"event": "epoch_completed", "step": 275, "elapsed_s": 2.75}]
    films.store.write(found[0], [(1, 0.0, first[0])])
    return [*found, panels]


@pytest.fixture
def page(films: FilmServer, open_tab: OpenTab, runs: list[str]) -> Page:
    made = open_tab()
    made.goto(films.together(runs))
    made.wait_for_function(f"{FILM} && {FILM}.frames.length > 0 && {FILM}.settled")
    return made


def statuses(page: Page) -> list[str]:
    return [text.split(" ·")[0] for text in page.locator(".seat-status").all_inner_texts()]


def show(page: Page, moment: float) -> None:
    index = page.evaluate(f"{FILM}.frames.findIndex(({{ step }}) => Math.abs(step - {moment}) < 1e-6)")
    assert index >= 0
    page.get_by_role("slider", name="Frame").fill(str(index))
    page.wait_for_function(f"{FILM}.index === {index} && {FILM}.settled")


def choose(page: Page, over: str) -> None:
    page.get_by_label("What the films have in common").select_option(label=over)


def test_one_time_line_drives_all_films_by_step_by_share_and_by_seconds(page: Page, runs: list[str]) -> None:
    said = page.locator(".status .text")
    assert page.evaluate(f"{FILM}.frames.map(({{ step }}) => step)") == [25 * n for n in range(12)]
    assert statuses(page) == ["Step 275", "Step 100", "Step 100"], "at the end of the longest"
    expect(page.locator(".seat-status").nth(1)).to_contain_text("its end")
    show(page, 75)
    expect(said).to_have_text("Step 75")
    assert statuses(page) == ["Step 75", "Step 75", "Step 50"]
    page.wait_for_function("window.reports.length > 0")
    moment = {"over": "step", "at": 75, "steps": dict.fromkeys(runs, 75)}
    assert page.evaluate("window.reports.at(-1)") == ["moment", moment]
    choose(page, "By share of the training")
    show(page, 0.5)
    expect(said).to_have_text("50.0% of each training")
    assert statuses(page) == ["Step 125", "Step 50", "Step 50"]
    choose(page, "By seconds of training")
    page.wait_for_function(f"{FILM}.frames.at(-1).step === 4")
    show(page, 1)
    expect(said).to_have_text("1.00 s of training")
    assert statuses(page) == ["Step 100", "Step 25", "Step 100"]
    page.wait_for_function("window.reports.at(-1)[1].over === 'seconds' && window.reports.at(-1)[1].at === 1")
    assert page.evaluate("window.reports.at(-1)[1].steps")[runs[1]] == 25


def test_films_open_at_the_moment_of_the_address(
    films: FilmServer, open_tab: OpenTab, runs: list[str]
) -> None:
    page = open_tab()
    for moment, steps in (
        (Moment("share", 0.5), ["Step 125", "Step 50", "Step 50"]),
        (Moment("step", 80), ["Step 75", "Step 75", "Step 50"]),
        (Moment("seconds", 1), ["Step 100", "Step 25", "Step 100"]),
    ):
        page.goto(films.together(runs, moment=moment))
        page.wait_for_function(f"{FILM} && {FILM}.frames.length > 0 && {FILM}.settled")
        assert statuses(page) == steps
        assert page.get_by_label("What the films have in common").input_value() == moment.over
        assert page.evaluate("window.reports") == []  # the address is not written anew


def test_keys_and_play_move_all_films_to_the_end(page: Page) -> None:
    page.get_by_role("slider", name="Frame").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{FILM}.settled")
    assert statuses(page) == ["Step 25", "Step 25", "Step 0"]
    page.get_by_label("Speed").select_option("8")
    page.get_by_role("button", name="Play the film (Space)").click()
    page.wait_for_function(f"!{FILM}.playing && {FILM}.index === 11 && {FILM}.settled")
    assert statuses(page) == ["Step 275", "Step 100", "Step 100"]


def test_films_stand_in_a_grid_and_under_each_other_on_a_phone(page: Page) -> None:
    def tops() -> list[float]:
        return [box["y"] for box in (seat.bounding_box() for seat in page.locator(".seat").all()) if box]

    assert len({*tops()}) == 1
    page.set_viewport_size({"width": PHONE.width, "height": 844})
    page.wait_for_function(f"{FILM}.settled")
    assert len({*tops()}) == 3
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
    cut = "[...document.querySelectorAll('.seat')].filter((seat) => seat.scrollHeight > seat.clientHeight)"
    assert page.evaluate(f"{cut}.length") == 0, "something is below the edge of its film"
