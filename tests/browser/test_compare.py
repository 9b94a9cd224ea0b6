"""The Compare page in a real browser: many networks, one ranking."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.app import wait_until_idle, wait_until_it_fits
from tests.browser.conftest import OpenPage, Screenshot, every_screen
from tests.browser.test_train import badge, start


def test_variants_are_ranked_over_seeds(open_page: OpenPage, screenshot: Screenshot) -> None:
    page = open_page("compare?epochs=5&seeds=4")
    start(page)
    badge(page, "Finished")
    wait_until_idle(page)
    for variant in every_screen(page):
        for title in ("Who ends best", "Accuracy, test", "Loss, test"):
            expect(page.get_by_test_id("stVegaLiteChart").filter(has_text=title).first).to_be_visible()
        screenshot(page, f"compare-{variant}-finished")
        wait_until_it_fits(page)
