"""The pages of deep stacks in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.app import wait_until_idle, wait_until_it_fits
from tests.browser.conftest import OpenPage, Screenshot, every_screen


@pytest.mark.slow  # that each page fits every screen is also in test_pages.py, and what it says in AppTests
@pytest.mark.parametrize(
    ("path", "said", "charts"),
    [
        ("signal_propagation?layers=30&width=64", "the gradient vanishes", 6),
        ("linear_collapse?layers=20&width=16", "one 16 × 16 matrix of rank", 3),
    ],
)
def test_it_fits_every_screen_and_says_what_came_out(
    path: str,
    said: str,
    charts: int,
    open_page: OpenPage,
    screenshot: Screenshot,
) -> None:
    page = open_page(path)
    for variant in every_screen(page):
        expect(page.get_by_text(said).first).to_be_visible()
        expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(charts)
        screenshot(page, f"{path.split('?')[0]}-{variant}-drawn")
        wait_until_it_fits(page)


def test_dialling_the_weights_brings_the_gradient_back(open_page: OpenPage) -> None:
    page = open_page("signal_propagation?functions=relu&layers=60&width=64")
    expect(page.get_by_text("vanishes").first).to_be_visible()
    slider = page.get_by_role("slider", name="Weight gain")
    slider.focus()
    for _ in range(8):  # from 1 to 1.4
        page.keyboard.press("ArrowRight")
    wait_until_idle(page)
    expect(page.get_by_text("is preserved").first).to_be_visible()
    assert "gain=1.4" in page.url
