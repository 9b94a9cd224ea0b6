"""The pages of the activation lab in a real browser: Catalogue, Precision, 2-D and Gated."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.app import wait_until_idle, wait_until_it_fits
from tests.browser.conftest import PHONE, OpenPage, Screenshot, every_screen


def press(page: Page, name: str) -> None:
    """Press one of a row of choices and wait for what it changes."""
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()
    wait_until_idle(page)


def test_precision_shows_each_kind_of_error(open_page: OpenPage, screenshot: Screenshot) -> None:
    page = open_page("precision?functions=star_relu", *PHONE)
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    for show in ("Error in ulps", "Absolute error", "The curve itself", "Relative error"):
        press(page, show)
        expect(page.get_by_test_id("stVegaLiteChart").filter(has_text="StarReLU: f(x)")).to_be_visible()
        wait_until_it_fits(page)
    expect(page.get_by_text(re.compile("the exact result would fit"))).to_be_visible()
    screenshot(page, f"precision-{PHONE}-star")


# The first picture on the page, as what it is drawn from.
PICTURE = "document.querySelector('[data-testid=\"stVegaLiteChart\"] image').href.baseVal"


def test_a_slider_turns_the_neuron_and_its_chart_can_be_exported_as_png(
    open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page("surfaces")
    before = page.evaluate(PICTURE)
    slider = page.get_by_role("slider").nth(1)
    slider.focus()
    slider.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"w1=0\.9"))
    page.wait_for_function(f"before => {PICTURE} !== before", arg=before)
    wait_until_idle(page)
    page.get_by_test_id("stVegaLiteChart").first.hover()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as PNG").first.click()
    download.value.save_as(tmp_path / "chart.png")
    pixels = np.asarray(Image.open(tmp_path / "chart.png").convert("RGB")).astype(int)
    # The picture itself is in it, blue and orange, and not lines and text alone.
    assert (np.ptp(pixels, axis=-1) > 20).mean() > 0.3


def test_the_pointer_reads_the_surface(open_page: OpenPage) -> None:
    page = open_page("surfaces?function=identity&w1=1&w2=0&b=0")
    chart = page.get_by_test_id("stVegaLiteChart").first
    chart.scroll_into_view_if_needed()
    box = chart.locator("image").bounding_box()
    assert box is not None
    for share in (0.5, 0.76):  # a first move wakes the chart, a second one reads
        page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
    tooltip = page.locator("#vg-tooltip-element")
    expect(tooltip).to_be_visible()
    numbers = [float(cell.replace("−", "-")) for cell in tooltip.locator("td.value").all_inner_texts()]
    assert numbers[0] == numbers[2] > 1  # z = x, in the right half


def test_softmax_is_one_click_away(open_page: OpenPage, screenshot: Screenshot) -> None:
    page = open_page("gated_units")
    press(page, "Softmax")
    expect(page).to_have_url(re.compile("function=softmax"))
    for variant in every_screen(page):
        expect(page.get_by_role("heading", name="Softmax", exact=True)).to_be_visible()
        screenshot(page, f"gated_units-{variant}-softmax")
        wait_until_it_fits(page)


def test_two_functions_of_the_catalogue_stand_side_by_side(
    open_page: OpenPage, screenshot: Screenshot
) -> None:
    page = open_page("catalogue?pair=relu&pair=mish&search=e")
    for variant in every_screen(page):
        expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
        screenshot(page, f"catalogue-{variant}-pair")
        wait_until_it_fits(page)


def test_two_ticked_rows_go_into_the_address(open_page: OpenPage) -> None:
    page = open_page("catalogue")
    table = page.get_by_test_id("stDataFrame").first
    for row in (1, 3):
        table.click(position={"x": 18, "y": 35 * row + 18})
        wait_until_idle(page)
    expect(page).to_have_url(re.compile(r"pair=identity&pair=tanh"))
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
