"""The list of runs in a real browser: sorted, named, opened and deleted with mouse and keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from core.records import to_record
from core.runs.listing import RunQuery, delete, find, listed
from core.runs.quota import Owner
from core.runs.store import RunStore
from core.training import default_config
from tests.browser.app import wait_until_idle, wait_until_it_fits
from tests.browser.conftest import OpenPage, Screenshot, every_screen


@pytest.fixture
def three(store: RunStore) -> list[str]:
    """Three trainings that were stopped before they began, the last one started by somebody else."""
    for run in listed(store, RunQuery(limit=1000)).runs:
        delete(store, run.id)
    made = []
    for data, owner in (("moons", None), ("circles", None), ("spiral", "somebody")):
        run = store.create("training", to_record(default_config("mlp", data)), owner=Owner(owner))
        store.end(run, "stopped", "Stopped.")
        made.append(run)
    return made


def rows(page: Page) -> Locator:
    return page.locator("tbody tr")


def expect_order(page: Page, runs: list[str]) -> None:
    """The rows are these runs, in this order."""
    expect(rows(page)).to_have_count(len(runs))
    for n, run in enumerate(runs):
        expect(rows(page).nth(n)).to_have_attribute("data-id", run)


def row(page: Page, run: str) -> Locator:
    return page.locator(f'tr[data-id="{run}"]')


def test_headings_sort_and_the_address_keeps_the_order(open_page: OpenPage, three: list[str]) -> None:
    moons, circles, spiral = three
    page = open_page("runs")
    expect_order(page, [spiral, circles, moons])  # the newest comes first
    page.get_by_role("button", name="Data", exact=True).click()
    expect(page.get_by_role("columnheader", name="Data")).to_have_attribute("aria-sort", "ascending")
    expect_order(page, [circles, moons, spiral])
    expect(page.get_by_role("button", name="Data", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Data")).to_have_attribute("aria-sort", "descending")
    expect_order(page, [spiral, moons, circles])
    page.wait_for_url(re.compile("sort=data"))
    page.reload()
    wait_until_idle(page)
    expect_order(page, [spiral, moons, circles])


def test_a_run_is_named_found_again_and_opened(
    open_page: OpenPage, three: list[str], store: RunStore, screenshot: Screenshot
) -> None:
    page = open_page("runs")
    moons = row(page, three[0])
    moons.hover()
    moons.get_by_role("button", name="Rename").click()
    page.keyboard.type("Two moons")
    page.keyboard.press("Enter")
    expect(moons.get_by_role("link", name="Two moons")).to_be_visible()
    moons.get_by_role("button", name="Write a note").click()
    page.keyboard.type("not kept")
    page.keyboard.press("Escape")
    expect(moons.get_by_role("button", name="Write a note")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("for Monday")
    page.keyboard.press("Tab")
    expect(moons).to_contain_text("for Monday")
    kept = find(store, three[0])
    assert (kept.name, kept.note) == ("Two moons", "for Monday")
    assert row(page, three[2]).locator(".edit").count() == 0, "somebody else's cannot be renamed"
    for variant in every_screen(page):
        wait_until_it_fits(page)
        screenshot(page, f"runs-{variant}")
    page.get_by_role("textbox", name="Search").fill("monday")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    page.get_by_role("link", name="Two moons").click()
    page.wait_for_url(re.compile(rf"/train\?run={three[0]}"))
    expect(page.get_by_text("Stopped").first).to_be_visible()


def test_selected_runs_are_deleted_after_a_question(
    open_page: OpenPage, three: list[str], store: RunStore
) -> None:
    page = open_page("runs")
    for run in three[:2]:
        row(page, run).locator("input").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(rows(page)).to_have_count(1)
    assert [run.id for run in listed(store, RunQuery()).runs] == three[2:]
    expect(page.get_by_text("None selected")).to_be_visible()


def test_each_browser_finds_its_own_runs(open_page: OpenPage, three: list[str]) -> None:
    page = open_page("train?epochs=1")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile("run="))
    wait_until_idle(page)
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["nablascope_browser"]["httpOnly"]
    other_tab, other_browser = open_page("runs?whose=mine"), open_page("runs", visitor="somebody else")
    expect(rows(other_tab)).to_have_count(1)
    expect(rows(other_browser)).to_have_count(4)


def test_selected_trainings_are_set_side_by_side(
    open_page: OpenPage, three: list[str], store: RunStore, screenshot: Screenshot
) -> None:
    for run in three[:2]:
        losses = {"train_loss": 0.5, "test_loss": 0.6, "train_metric": 0.7}
        epochs = [
            {
                "event": "epoch_completed",
                "epoch": n,
                "step": 50 * n,
                "elapsed_s": n / 10,
                "test_metric": n / 9,
            }
            | losses
            for n in range(1, 9)
        ]
        started = {"event": "training_started", "metric": "accuracy", "parameters": 9, "train_samples": 500}
        started |= {"epochs": 8, "steps_per_epoch": 50}
        store.write(run, [(n, 0.0, record) for n, record in enumerate([started, *epochs], start=1)])
    page = open_page("runs")
    for run in three[:2]:
        row(page, run).locator("input").check()
    page.get_by_role("button", name="Side by side").click()
    page.wait_for_url(re.compile("side_by_side"))
    wait_until_idle(page)
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    for variant in every_screen(page):
        wait_until_it_fits(page)
        screenshot(page, f"side-by-side-{variant}")
