"""The Benchmark page in a real browser: it measures, shows, exports, and stops."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.app import wait_until_idle, wait_until_it_fits
from tests.browser.conftest import OpenPage, Screenshot, every_screen
from tests.browser.test_train import badge


def test_a_sweep_shows_charts_and_a_table_and_can_be_exported(
    open_page: OpenPage, screenshot: Screenshot
) -> None:
    page = open_page("benchmark?sizes=64&sizes=128&dtypes=float32")
    page.get_by_role("button", name="Start").click()
    badge(page, "Finished")
    wait_until_idle(page)
    for variant in every_screen(page):
        for title in ("Rate against size", "Time against size", "Speed-up over"):
            expect(page.get_by_test_id("stVegaLiteChart").filter(has_text=title).first).to_be_visible()
        expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
        screenshot(page, f"benchmark-finished-{variant}")
        wait_until_it_fits(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    with page.expect_download() as charts:
        page.get_by_role("button", name="Charts as SVG").click()
    assert Path(charts.value.path()).read_text().startswith("<svg")
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert {int(row["size"]) for row in rows} == {64, 128}
    assert all(float(row["gflops"]) > 0 for row in rows)
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON with raw samples").click()
    assert json.loads(Path(download.value.path()).read_text())


def test_a_sweep_can_be_stopped_and_keeps_its_points(open_page: OpenPage) -> None:
    page = open_page("benchmark")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_test_id("stMetric").first).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    badge(page, "Stopped")
    expect(page.get_by_test_id("stMetric").first).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()


@pytest.mark.slow  # that a click measures it is also in tests/dashboard/, and that charts fit is above
def test_the_roofline_of_the_machine_is_found_and_drawn(open_page: OpenPage, screenshot: Screenshot) -> None:
    page = open_page("benchmark?measure=roofline", 390, "dark")
    page.get_by_role("button", name="Start").click()
    chart = page.get_by_test_id("stVegaLiteChart").filter(has_text="Under the roof")
    expect(chart.first).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    badge(page, "Stopped")
    wait_until_idle(page)
    screenshot(page, "benchmark-roofline")
    expect(page.get_by_test_id("stMetric").filter(has_text="Copy on").first).to_be_visible()
    wait_until_it_fits(page)
