"""Trainings in a real browser: every network learns before the visitor's eyes, and obeys its buttons."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from core.runs.store import RunStore
from tests.browser.app import wait_until_idle, wait_until_it_fits
from tests.browser.conftest import OpenPage, Screenshot, every_screen, queue_long

FINISHED_MS = 300_000  # only a bug takes longer


def start(page: Page) -> None:
    wait_until_idle(page)  # a page that changes moves its button away from under the pointer
    page.get_by_role("button", name=re.compile("^Start")).click()


def badge(page: Page, text: str, timeout_ms: int = FINISHED_MS) -> None:
    badges = page.get_by_role("paragraph").filter(
        has=page.get_by_role("img"), has_text=re.compile(f"{text}$")
    )
    expect(badges.first).to_be_visible(timeout=timeout_ms)


def metric(page: Page, label: str) -> float:
    value = page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue").first
    return float(re.sub(r"[^0-9.]", "", value.inner_text().split(" ")[0]))


def contrast(page: Page, text: str) -> float:
    """WCAG's contrast ratio of a text to what is behind it."""
    drawn = page.get_by_text(text, exact=True).first.evaluate(
        """(element) => {
            const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
            const around = [];
            for (let at = element; at; at = at.parentElement) around.unshift(getComputedStyle(at));
            const paper = around.map((style) => style.backgroundColor);
            const painted = (colours, opacity) => {
                pen.clearRect(0, 0, 1, 1);
                for (const [n, colour] of colours.entries()) {
                    pen.globalAlpha = n === colours.length - 1 ? opacity : 1;
                    pen.fillStyle = colour;
                    pen.fillRect(0, 0, 1, 1);
                }
                return [...pen.getImageData(0, 0, 1, 1).data];
            };
            const seen = around.reduce((all, { opacity }) => all * Number(opacity), 1);
            return [painted(paper, 1), painted([...paper, around.at(-1).color], seen)];
        }"""
    )
    dark, light = sorted(map(luminance, drawn))
    return (light + 0.05) / (dark + 0.05)


def luminance(pixel: list[int]) -> float:
    """WCAG's relative luminance, from 0 to 1."""
    parts = [value / 255 for value in pixel[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def wait_for_another_epoch(page: Page) -> None:
    """Wait until the page shows that the training has gone on."""
    value = page.get_by_test_id("stMetric").filter(has_text="Epoch").get_by_test_id("stMetricValue").first
    expect(value).not_to_have_text(value.inner_text(), timeout=FINISHED_MS)


def test_a_network_learns_the_moons_in_every_light_and_leads_to_its_pre_activations(
    open_page: OpenPage, screenshot: Screenshot
) -> None:
    page = open_page("train")
    start(page)
    badge(page, "Finished", FINISHED_MS)
    wait_until_idle(page)
    for variant in every_screen(page):
        assert metric(page, "Accuracy") >= 95
        expect(page.locator(".film canvas").first).to_be_visible()
        for title in ("Loss", "Accuracy"):
            expect(page.get_by_test_id("stVegaLiteChart").filter(has_text=title).first).to_be_visible()
        for text in ("Start again", "Fully connected layers, one after the other."):
            assert contrast(page, text) >= 4.5  # WCAG 2.2, success criterion 1.4.3
        screenshot(page, f"train-moons-{variant}")
        wait_until_it_fits(page)
    page.get_by_role("button", name="Pre-activations").click()
    expect(page.get_by_role("heading", name="Pre-activations")).to_be_visible()
    assert "run=" in page.url


def test_on_a_phone_what_is_learnt_comes_before_the_settings(open_page: OpenPage) -> None:
    page = open_page("train", 390, "light")
    parts = ("stBaseButton-primary", "stVegaLiteChart", "stSlider")
    for part in parts:
        expect(page.get_by_test_id(part).first).to_be_visible()
    wait_until_idle(page)
    tops = page.evaluate(
        "parts => parts.map(part => document.querySelector(`[data-testid=${part}]`)"
        ".getBoundingClientRect().top)",
        parts,
    )
    assert tops == sorted(tops)
    assert len({*tops}) == 3
    start(page)
    expect(page.locator(".film .network")).to_be_in_viewport(ratio=0.5)  # without a touch
    badge(page, "Finished", FINISHED_MS)
    names = ("Continue to epoch", "Branch", "More panels", "Export", "Loss landscape")
    boxes = [page.get_by_role("button", name=name).bounding_box() for name in names]
    assert len({box["y"] for box in boxes if box}) == 1


@pytest.mark.parametrize(
    ("network", "figure", "panels"),
    [
        ("LeNet-5", "Accuracy", ["Predictions on test images", "First-layer filters"]),
        pytest.param("RNN", "Error, test", ["Forecast 24 h ahead"], marks=pytest.mark.slow),
        ("LSTM", "Error, test", ["Forecast 24 h ahead"]),
        pytest.param("GRU", "Error, test", ["Forecast 24 h ahead"], marks=pytest.mark.slow),
    ],
)
def test_every_network_shows_what_it_learns(
    open_page: OpenPage,
    screenshot: Screenshot,
    network: str,
    figure: str,
    panels: list[str],
) -> None:
    page = open_page(f"train?model={network}&epochs=1")
    start(page)
    badge(page, "Finished", FINISHED_MS)
    wait_until_idle(page)
    screenshot(page, f"train-{network.lower()}")
    assert metric(page, "Epoch") == 1
    assert metric(page, figure) > 0
    for title in panels:
        expect(page.locator(".panel").filter(has_text=title)).to_be_visible()
    page.get_by_text("Newest pictures as charts").click()
    chart = page.get_by_test_id("stVegaLiteChart").filter(has_text=panels[0]).first
    expect(chart).to_be_visible()


def test_everybody_sees_the_same_live_run_and_can_pause_resume_and_stop_it(
    open_page: OpenPage, store: RunStore
) -> None:
    address = f"train?run={queue_long(store, 'circles')}"
    page, other = open_page(address), open_page(address, visitor="somebody else")
    for each in (page, other):
        badge(each, "Running")
        expect(each.get_by_role("combobox", name="Data")).to_have_value("Circles")
    page.get_by_role("button", name="Pause", exact=True).click()
    for each in (page, other):
        badge(each, "Paused")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    wait_until_idle(page)
    held = metric(page, "Epoch")
    page.reload()  # takes longer than several epochs, and asks for all that was recorded
    badge(page, "Paused")
    wait_until_idle(page)
    assert metric(page, "Epoch") == held
    page.get_by_role("button", name="Resume").click()
    badge(other, "Running")
    wait_for_another_epoch(other)
    assert metric(other, "Epoch") > held
    other.get_by_role("button", name="Stop").click()
    for each in (page, other):
        badge(each, "Stopped")
        expect(each.get_by_role("button", name="Stop")).to_have_count(0)
        assert metric(each, "Epoch") > held, "what was recorded must still be there"


def test_a_waiting_run_says_its_place_in_the_queue(open_page: OpenPage, store: RunStore) -> None:
    first = queue_long(store)
    second, third = open_page("train?epochs=1"), open_page("train?epochs=1")
    start(second)
    badge(second, "Waiting")
    start(third)
    expect(third.get_by_text("Number 2 in the queue")).to_be_visible()
    second.get_by_role("button", name="Stop").click()
    badge(second, "Stopped")
    store.request(first, "stop")
    badge(third, "Finished", FINISHED_MS)


def test_a_click_finds_a_worker_that_is_warm(open_page: OpenPage, store: RunStore) -> None:
    page = open_page("train?epochs=1")
    start(page)
    badge(page, "Finished", FINISHED_MS)
    wait_until_idle(page)
    old, clicked_at = page.url, time.time()
    start(page)
    page.wait_for_url(lambda url: url != old)
    badge(page, "Finished", FINISHED_MS)
    run_id = re.search(r"run=([^&]+)", page.url).group(1)  # type: ignore[union-attr]
    run = store.get(run_id)
    assert run is not None
    worker_started_at = float(str(run.worker).rsplit("/", 1)[1])
    assert worker_started_at < clicked_at
