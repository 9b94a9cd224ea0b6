"""Addresses in a real browser: old ones, what they become, other pages, and the Back button."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.app import wait_until_idle
from tests.browser.conftest import OpenPage


def add(page: Page, name: str) -> None:
    """Choose one more function."""
    page.get_by_role("combobox", name="Functions").fill(name)  # which opens it, wherever it has moved to
    page.get_by_role("option", name=name, exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=f"Remove {name}", exact=True)).to_be_visible()
    wait_until_idle(page)


def test_an_address_of_the_first_version_opens_the_page_that_has_moved(open_page: OpenPage) -> None:
    page = open_page(
        "depth?functions=ReLU&functions=Tanh&layers=30&width=32&initialisation=Orthogonal&gain=1.5"
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("Signal propagation")
    expect(page).to_have_url(re.compile(r"/signal_propagation\?"))
    query = page.url.partition("?")[2].split("&")
    assert {*query} == {
        "functions=relu",
        "functions=tanh",
        "layers=30",
        "width=32",
        "initialisation=orthogonal",
        "gain=1.5",
    }
    for name in ("ReLU", "Tanh"):
        expect(page.get_by_role("button", name=f"Remove {name}", exact=True)).to_be_visible()


def test_choices_go_into_the_address_by_key_and_back_restores_them(open_page: OpenPage) -> None:
    page = open_page("linear_collapse?functions=relu&layers=4")
    add(page, "GELU")
    expect(page).to_have_url(re.compile("functions=relu&functions=gelu"))
    assert "layers=4" in page.url
    page.go_back()
    wait_until_idle(page)
    expect(page.get_by_text("GELU", exact=True)).to_have_count(0)
    assert "functions=gelu" not in page.url
    page.reload()
    wait_until_idle(page)
    expect(page.get_by_role("slider", name="Layers")).to_have_value("4")


def test_another_page_begins_with_its_own_defaults(open_page: OpenPage) -> None:
    page = open_page("linear_collapse?functions=mish")
    page.get_by_test_id("stTopNavSection").filter(has_text="Experiments").click()
    page.get_by_test_id("stTopNavDropdownLink").filter(has_text="Dying units").click()
    expect(page).to_have_url(re.compile(r"/dying_units$"))
    wait_until_idle(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Dying units")
    expect(page.get_by_text("Leaky ReLU", exact=True).first).to_be_visible()
    expect(page.get_by_text("Mish", exact=True)).to_have_count(0)
