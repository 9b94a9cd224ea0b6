"""The Cost page in a real browser: it measures, shows, exports, and stops."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.app import wait_until_idle, wait_until_it_fits
from tests.browser.conftest import OpenPage, Screenshot, every_screen
from tests.browser.test_train import badge

ADDRESS = "cost?functions=relu&functions=gelu&size=4096"


def test_functions_are_measured_drawn_and_exported(open_page: OpenPage, screenshot: Screenshot) -> None:
    page = open_page(ADDRESS)
    page.get_by_role("button", name="Start").click()
    badge(page, "Finished")
    wait_until_idle(page)
    titles = "Time of a pass", "Under the roof", "Fused against unfused", "Saved for the backward"
    for variant in every_screen(page):
        for title in titles:
            expect(page.get_by_test_id("stVegaLiteChart").filter(has_text=title).first).to_be_visible()
        screenshot(page, f"cost-{variant}-finished")
        wait_until_it_fits(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    with page.expect_download() as charts:
        page.get_by_role("button", name="Charts as SVG").click()
    assert Path(charts.value.path()).read_text().startswith("<svg")
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert [(row["activation"], row["step"]) for row in rows] == [
        ("relu", "forward"),
        ("relu", "backward"),
        ("gelu", "forward"),
        ("gelu", "backward"),
    ]
    assert all(float(row["median_s"]) > 0 and int(row["size"]) == 4096 for row in rows)


@pytest.mark.slow  # as a sweep on the page Benchmark, whose test stops one
def test_a_stopped_run_keeps_what_was_measured(open_page: OpenPage) -> None:
    page = open_page("cost")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    badge(page, "Stopped")
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
