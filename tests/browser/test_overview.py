"""The overview, tested, in a real browser."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from core.experiments.overview.registry import STATEMENTS
from tests.browser.app import wait_until_idle, wait_until_it_fits
from tests.browser.conftest import OpenPage, Screenshot, every_screen
from tests.browser.test_train import badge

ROUNDING_PX = 3  # by which KaTeX's lines overlap their box


def chart(page: Page, title: str) -> None:
    """Wait for a chart that has drawn something."""
    drawn = page.get_by_test_id("stVegaLiteChart").filter(has_text=title).first
    expect(drawn).to_be_visible()
    expect(drawn.locator("path, image").first).to_be_attached()


def test_from_home_to_a_first_verdict_in_two_clicks(open_page: OpenPage, screenshot: Screenshot) -> None:
    """The time is reported; the promise of a minute is that of an idle machine."""
    page = open_page("")
    started_s = time.monotonic()
    page.get_by_role("link", name="Say what you think, and test it").click()
    page.get_by_role("button", name="True", exact=True).click()
    badge(page, "(Supported|Refuted|Depends)")
    print(f"From Home to a first verdict: {time.monotonic() - started_s:.1f} s")
    expect(page.get_by_text("You said: true").first).to_be_visible()
    wait_until_idle(page)
    for variant in every_screen(page):
        chart(page, "")
        screenshot(page, f"overview-{variant}-statement")
        wait_until_it_fits(page)


def test_the_slider_turns_the_verdict(open_page: OpenPage) -> None:
    entry = STATEMENTS["relu_gradients"]
    page = open_page("overview?statement=relu_gradients")
    thumb = page.get_by_role("slider").first
    turned = page.get_by_test_id("stMarkdownContainer").filter(has_text=entry.slider.label + ":")  # type: ignore[union-attr]
    thumb.focus()
    page.keyboard.press("ArrowRight")
    expect(turned.last).to_be_visible()
    wait_until_idle(page)
    page.keyboard.press("End")
    expect(page.get_by_text("False").first).to_be_visible()


def test_a_lesson_has_one_address_and_its_steps_keep_it(open_page: OpenPage, screenshot: Screenshot) -> None:
    page = open_page("overview?lesson=depth")
    page.get_by_role("button", name=STATEMENTS["relu_gradients"].title).first.click()
    expect(page.get_by_role("heading", name=STATEMENTS["relu_gradients"].title)).to_be_visible()
    wait_until_idle(page)
    assert "lesson=depth" in page.url
    assert "statement=relu_gradients" in page.url
    again = open_page(page.url.rsplit("/", 1)[1])
    expect(again.get_by_role("button", name="Lesson: Depth and the gradient")).to_be_visible()
    again.get_by_role("button", name="Lesson: Depth and the gradient").click()
    expect(again.get_by_role("heading", name="Depth and the gradient")).to_be_visible()
    wait_until_idle(again)
    for variant in every_screen(again):
        screenshot(again, f"overview-{variant}-lesson")
        wait_until_it_fits(again)


def test_a_report_is_handed_over(open_page: OpenPage) -> None:
    page = open_page("overview?statement=tanh_sigmoid")
    page.get_by_role("button", name="Test it", exact=True).click()
    badge(page, "Finished")
    page.get_by_role("button", name="All statements").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report as HTML").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert STATEMENTS["tanh_sigmoid"].sentence in text
    assert "<svg" in text


@pytest.mark.slow
def test_the_formula_of_every_statement_fits_a_phone(open_page: OpenPage) -> None:
    first, *others = STATEMENTS
    page = open_page(f"overview?statement={first}", width=390)
    for key in (first, *others):
        if key != first:
            page.get_by_role("button", name=f"Next: {STATEMENTS[key].title}").click()
        expect(page.get_by_role("heading", name=STATEMENTS[key].title, exact=True)).to_be_visible()
        wait_until_idle(page)
        formula = page.locator(".katex-display")
        expect(formula).to_have_count(1)
        beyond = formula.evaluate("shown => shown.scrollWidth - shown.clientWidth")
        assert beyond <= ROUNDING_PX, f"{key}: {beyond} px of its formula are cut off"
        wait_until_it_fits(page)
