"""The page of dying units in a real browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.app import wait_until_idle, wait_until_it_fits
from tests.browser.conftest import OpenPage, Screenshot, every_screen
from tests.browser.test_train import badge, start


def test_relu_dies_and_leaky_relu_lives_and_the_address_shows_the_same_place_again(
    open_page: OpenPage, screenshot: Screenshot
) -> None:
    page = open_page("dying_units?steps=50")
    start(page)
    badge(page, "Finished")
    wait_until_idle(page)
    text = page.get_by_text("of its units are dead (")
    titles = "Dead units after 50 steps", "Dead units at a learning rate of 3", "Loss after 50 steps"
    for variant in every_screen(page):
        expect(text).to_contain_text("ReLU at a learning rate of 3")
        expect(text).to_contain_text("Leaky ReLU 0%")
        for title in titles:
            expect(page.get_by_test_id("stVegaLiteChart").filter(has_text=title).first).to_be_visible()
        screenshot(page, f"dying_units-{variant}-finished")
        wait_until_it_fits(page)
    page.get_by_role("button", name="slope is under 0.01").or_(
        page.get_by_role("radio", name="slope is under 0.01")
    ).first.click()
    flat = page.get_by_test_id("stVegaLiteChart").filter(has_text="Flat units after 50 steps").first
    expect(flat).to_be_visible()
    wait_until_idle(page)
    again = open_page(page.url.rsplit("/", 1)[1])
    shown = again.get_by_test_id("stVegaLiteChart").filter(has_text="Flat units after 50 steps").first
    expect(shown).to_be_visible()
