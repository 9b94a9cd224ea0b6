"""Every page that the navigation offers, as a visitor sees it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.pages import PAGES
from tests.browser.app import wait_until_idle, wait_until_it_fits
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, look


@pytest.mark.slow
def test_navigation_leads_to_every_page_which_has_its_title_and_fits_the_screen(open_page: OpenPage) -> None:
    """One tab for all, as a visitor has it: a page that is opened by its address loads the scripts again.

    Whatever a page asked for that its policy refuses would fail the test in open_page.
    """
    page = open_page()
    headers = page.request.get(page.url).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    found = {}
    for number in range(len(PAGES)):
        look(page, DESKTOP)
        title, path = follow(page, number)
        found[title] = path
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text(title)  # and there is one alone
        expect(page).to_have_title(re.compile(re.escape(title)))
        wait_until_idle(page)
        wait_until_it_fits(page)
        look(page, PHONE)
        wait_until_idle(page)
        wait_until_it_fits(page)
    assert found == {page.title: "" if key == "home" else key for key, page in PAGES.items()}


def follow(page: Page, number: int) -> tuple[str, str]:
    """Click the link of this number in the navigation, in a menu where it is in one; its title and path."""
    links = page.get_by_test_id("stTopNavLink")
    expect(page.get_by_test_id("stTopNavSection").first).to_be_visible()
    if number < links.count():
        return clicked(page, links.nth(number))
    number -= links.count()
    for menu in page.get_by_test_id("stTopNavSection").all():
        menu.click()
        inside = page.get_by_test_id("stTopNavDropdownLink")
        expect(inside.first).to_be_visible()
        if number < inside.count():
            return clicked(page, inside.nth(number))
        number -= inside.count()
        page.keyboard.press("Escape")
        expect(inside).to_have_count(0)
    raise AssertionError("the navigation has fewer links than there are pages")


def clicked(page: Page, link: Locator) -> tuple[str, str]:
    title = link.locator("p").inner_text()
    path = str(link.evaluate("link => link.pathname")).strip("/")
    link.click()
    expect(page).to_have_url(re.compile(rf"//[^/]+/{path}(\?|$)"))
    return title, path


def test_links_of_home_lead_to_pages(open_page: OpenPage) -> None:
    page = open_page()
    for label, title in (("Train", "Train"), ("When does a unit die", "Dying units")):
        page.get_by_test_id("stPageLink").get_by_role("link", name=re.compile(label)).click()
        expect(page).to_have_url(re.compile(r"/[a-z_]+(\?|$)"))
        wait_until_idle(page)
        expect(page.get_by_role("heading", level=1)).to_contain_text(title)
        page.go_back()
        wait_until_idle(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Nablascope")


def test_home_shows_live_figures(open_page: OpenPage) -> None:
    page = open_page()
    readings = page.get_by_test_id("stMetricValue")
    before = readings.all_inner_texts()
    assert any("%" in reading for reading in before)
    page.wait_for_function(
        "before => [...document.querySelectorAll('[data-testid=\"stMetricValue\"]')]"
        ".map(value => value.innerText).join() !== before",
        arg=",".join(before),
    )


def test_charts_can_be_downloaded_as_one_svg(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("curves")
    charts = page.get_by_test_id("stVegaLiteChart").count()
    with page.expect_download() as download:
        page.get_by_role("button", name="Charts as SVG").click()
    file = tmp_path / "charts.svg"
    download.value.save_as(file)
    drawn = ElementTree.parse(file).getroot()
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(drawn.findall("{http://www.w3.org/2000/svg}svg")) == charts > 0
    assert len(drawn.findall(".//{http://www.w3.org/2000/svg}path")) > 10
