"""The page of dying units in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.app import overflow_px, wait_until_idle
from tests.browser.conftest import OpenPage, Variant
from tests.browser.test_train import badge, start


def test_relu_dies_and_leaky_relu_lives(
    open_page: OpenPage, variant: Variant, screenshot: Callable[[Page, str], Path]
) -> None:
    page = open_page("dying_units?steps=50", *variant)
    start(page)
    badge(page, "Finished", 120_000)
    wait_until_idle(page)
    verdict = page.get_by_text("of its units are dead (")
    expect(verdict).to_contain_text("ReLU at a learning rate of 3")
    expect(verdict).to_contain_text("Leaky ReLU 0%")
    for title in ("Dead units after 50 steps", "Dead units at a learning rate of 3", "Loss after 50 steps"):
        expect(page.get_by_test_id("stVegaLiteChart").filter(has_text=title).first).to_be_visible()
    screenshot(page, f"dying-{variant.width}-{variant.color_scheme}-finished")
    assert overflow_px(page) <= 0


def test_the_address_shows_the_same_place_again(open_page: OpenPage) -> None:
    page = open_page("dying_units?steps=50&seeds=2&functions=relu&functions=leaky_relu")
    start(page)
    badge(page, "Finished", 120_000)
    page.get_by_role("button", name="slope is under 0.01").or_(
        page.get_by_role("radio", name="slope is under 0.01")
    ).first.click()
    flat = page.get_by_test_id("stVegaLiteChart").filter(has_text="Flat units after 50 steps").first
    expect(flat).to_be_visible()
    wait_until_idle(page)
    again = open_page(page.url.rsplit("/", 1)[1])
    shown = again.get_by_test_id("stVegaLiteChart").filter(has_text="Flat units after 50 steps").first
    expect(shown).to_be_visible()
