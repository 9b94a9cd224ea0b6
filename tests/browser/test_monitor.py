"""The Live monitor in a browser: it moves on by itself, a moment can be read, and silence is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.devices import Device
from core.monitor import poller as polling
from core.monitor.poller import Poller
from core.runs.store import RunStore
from tests.browser.app import wait_until_it_fits
from tests.browser.conftest import OpenPage, OpenTab, Screenshot, every_screen
from tests.monitor_server import Source, monitor_server

MONITOR = "document.querySelector('.monitor').monitor"


@pytest.fixture
def source() -> Source:
    """What stands for a driver; a GPU by its kind, so that its processes are listed."""
    return Source(device=Device("cuda:0", "A <b>card</b>", "cuda"))


@pytest.fixture
def page(open_tab: OpenTab, source: Source, tmp_path: Path) -> Iterator[Page]:
    """The monitor of that driver, after its first answer; no error may occur."""
    store, poller = RunStore(tmp_path / "runs.sqlite"), Poller([source])
    poller.start()
    with monitor_server(poller, store) as server:
        opened = open_tab()
        opened.goto(f"{server.url}/page")
        opened.wait_for_function(f"{MONITOR}?.answer?.devices.length")
        yield opened
        opened.goto("about:blank")  # before its server ends
    source.goes.set()
    poller.close()
    store.close()


def pixels(page: Page) -> str:
    """Of the strip of the load."""
    return str(page.evaluate("document.querySelector('canvas').toDataURL()"))


def test_a_strip_moves_on_and_is_read_by_pointer_and_by_key(page: Page, source: Source) -> None:
    load = page.locator(".strip").filter(has_text="Load").locator("canvas")
    value = page.locator(".strip", has_text="Load").locator(".entry", has_text="Utilisation").locator("b")
    before, reads = pixels(page), source.reads
    page.wait_for_function(f"{MONITOR}.devices.values().next().value.history.at.length >= 4")
    assert source.reads > reads
    assert pixels(page) != before
    page.get_by_role("button", name="Pause").click()
    newest = page.evaluate(f"{MONITOR}.devices.values().next().value.history.mean.get('utilisation').at(-1)")
    expect(value).to_have_text(f"{newest:.0f} %")
    load.hover(position={"x": 2, "y": 20})  # before the first reading: the first is the nearest
    expect(value).to_have_text("1 %")
    expect(page.locator(".strip .when").first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d, (now|\d+ s ago)$"))
    page.mouse.move(0, 0)
    load.focus()
    page.keyboard.press("Home")
    expect(load).to_have_attribute("aria-valuetext", re.compile(r": (.*, )?Utilisation 1 %"))
    page.keyboard.press("Escape")
    expect(value).to_have_text(f"{newest:.0f} %")


def test_what_is_missing_has_its_reason_and_names_are_text(page: Page) -> None:
    expect(page.locator("h2")).to_contain_text("A <b>card</b>")
    page.get_by_text("1 figure is not reported").click()
    expect(page.locator(".missing p")).to_have_text("Clock (Not Supported).")
    expect(page.get_by_role("row", name="77 it has just ended not reported not reported")).to_be_visible()
    expect(page.locator(".notices")).to_have_text("No GPU here.")


def test_a_source_that_hangs_fails_or_returns_is_said(
    page: Page, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "SILENT_AFTER_S", 0.5)
    source.goes.clear()
    expect(page.locator(".banner")).to_contain_text("The source does not answer: the last reading is")
    expect(page.locator(".device")).to_have_class(re.compile("stale"))
    source.error = OSError("unplugged")
    source.goes.set()
    expect(page.locator(".banner")).to_contain_text("The source cannot be read (unplugged)")
    source.error = None
    expect(page.locator(".banner p")).to_have_count(0)
    expect(page.locator(".status")).to_have_text("Live, a reading every second")


def test_a_server_that_is_gone_is_said(page: Page) -> None:
    page.route("**/machine/now*", lambda route: route.abort())
    expect(page.locator(".status")).to_contain_text("The server does not answer; the readings are from")


def test_the_page_fits_and_fetches_without_a_rerun(open_page: OpenPage, screenshot: Screenshot) -> None:
    page = open_page("monitor?window=2m")
    page.locator(".device").first.wait_for()
    for variant in every_screen(page):
        wait_until_it_fits(page)
        screenshot(page, f"monitor-{variant}")
    with page.expect_response("**/machine/now*"):
        pass
    assert page.get_by_role("link", name="CSV").get_attribute("href") == "/machine/readings.csv"
