"""What axe-core finds on the pages: nothing that keeps somebody from reading or operating them."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboard.pages import PAGES
from tests.browser.app import wait_until_idle
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, Variant, look

# Streamlit's own, which a page cannot change: the corner of a table with row names is an empty heading, and
# the menu of a phone puts the groups of its list into boxes between the list and its items.
_STREAMLITS = {"empty-table-header"}
_STREAMLITS_MENU = '[data-testid="stSidebarNav"]'


def barriers(page: Page) -> list[str]:
    """Rule, impact, element and reason of everything that axe-core reports."""
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} {node.get('failureSummary', '')}"
        for rule in Axe().run(page, {"exclude": [[_STREAMLITS_MENU]]}).response["violations"]
        if rule["id"] not in _STREAMLITS
        for node in rule["nodes"]
    ]


def test_a_finished_training_has_no_barriers_in_either_theme(open_page: OpenPage) -> None:
    page = open_page("train?epochs=2")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Finished").first).to_be_visible()
    for variant in (DESKTOP, PHONE):
        look(page, variant)
        wait_until_idle(page)
        assert barriers(page) == [], variant


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_barriers(open_page: OpenPage, theme: str) -> None:
    page = open_page()
    found = {}
    for key in PAGES:
        look(page, Variant(1440, "light" if theme == "light" else "dark"))
        page.goto(f"{page.url.split('//')[0]}//{page.url.split('/')[2]}/{'' if key == 'home' else key}")
        wait_until_idle(page)
        if every := barriers(page):
            found[key] = every
    assert found == {}
