"""Every page that the navigation offers, as a visitor sees it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Locator, expect

from dashboard.pages import PAGES
from tests.browser.app import Server, wait_until_idle, wait_until_it_fits
from tests.browser.conftest import PHONE, OpenPage, look


@pytest.fixture(scope="module")
def addresses(browser: Browser, server: Server) -> dict[str, str]:
    """Path of each page by its title, read from the navigation itself: its links, and those of its menus."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(server.url)
    wait_until_idle(page)
    links = page.get_by_test_id("stTopNavLink").all()
    found = {title_of(link): path_of(link) for link in links}
    for menu in page.get_by_test_id("stTopNavSection").all():
        menu.click()
        expect(page.get_by_test_id("stTopNavDropdownLink").first).to_be_visible()
        found |= {title_of(link): path_of(link) for link in page.get_by_test_id("stTopNavDropdownLink").all()}
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("stTopNavDropdownLink")).to_have_count(0)
    page.close()
    return found


def title_of(link: Locator) -> str:
    return link.locator("p").inner_text()


def path_of(link: Locator) -> str:
    return str(link.evaluate("link => link.pathname")).strip("/")


def test_navigation_leads_to_every_page(addresses: dict[str, str]) -> None:
    assert addresses == {page.title: "" if key == "home" else key for key, page in PAGES.items()}


@pytest.mark.parametrize("title", [page.title for page in PAGES.values()])
def test_every_page_opens_with_its_title_and_fits_the_screen(
    addresses: dict[str, str], open_page: OpenPage, title: str
) -> None:
    page = open_page(addresses[title])
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_count(1)
    expect(heading).to_have_text(title)
    expect(page).to_have_title(re.compile(re.escape(title)))
    wait_until_it_fits(page)
    look(page, PHONE)
    wait_until_idle(page)
    wait_until_it_fits(page)


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
