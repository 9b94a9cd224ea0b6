"""Pre-activations in a real browser: where they are on the activation function, while a network learns."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.records import to_record
from core.runs.store import RunStore
from core.training import default_config
from tests.browser.app import Server, wait_until_idle, wait_until_it_fits
from tests.browser.conftest import OpenPage, Screenshot, every_screen
from tests.browser.test_train import FINISHED_MS, badge

Train = Callable[..., str]


@pytest.fixture
def train(server: Server) -> Iterator[Train]:
    """Queue a training on the shared server; gives its address."""
    with contextlib.closing(RunStore(server.home / "runs.sqlite")) as store:

        def queue(**settings: Any) -> str:
            config = default_config("mlp", "moons", snapshots=("input_histograms", "dead_units"), **settings)
            return store.create("training", to_record(config))

        yield queue


def figure(page: Page, label: str) -> str:
    shown = page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")
    return shown.first.inner_text()


def outer_address() -> str | None:
    """By which others would reach this machine; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return None


def test_pre_activations_lie_under_the_curve(
    open_page: OpenPage, train: Train, screenshot: Screenshot
) -> None:
    page = open_page(f"pre_activations?run={train(activation='tanh', hidden=(8, 8), epochs=100)}")
    badge(page, "Finished", FINISHED_MS)
    wait_until_idle(page)
    for variant in every_screen(page):
        for title in ("Tanh after Layer 1", "Fraction of pre-activations where"):
            expect(page.get_by_test_id("stVegaLiteChart").filter(has_text=title).first).to_be_visible()
        assert 0 < float(figure(page, "Where |f′|").rstrip("%")) < 100
        screenshot(page, f"pre_activations-{variant}-finished")
        wait_until_it_fits(page)


def test_a_running_training_is_shown_live_and_listed_first(open_page: OpenPage, train: Train) -> None:
    finished = train(activation="relu", epochs=1)
    going = train(activation="tanh", hidden=(64, 64, 64), epochs=10_000)  # too large to be compiled
    page = open_page(f"pre_activations?run={finished}")
    badge(page, "Finished", FINISHED_MS)
    page.get_by_role("combobox", name="Run").click()
    newest = page.get_by_role("option").first
    expect(newest).to_contain_text("Tanh")
    newest.click()
    page.wait_for_url(lambda address: going in address)
    expect(page.get_by_test_id("stMetric").filter(has_text="Step").first).to_be_visible(timeout=FINISHED_MS)
    badge(page, "Running")
    wait_until_idle(page)
    before, stop = figure(page, "Step"), page.get_by_role("button", name="Stop")
    where = stop.bounding_box()
    page.wait_for_function(
        "before => [...document.querySelectorAll('[data-testid=\"stMetricValue\"]')]"
        ".every(value => value.innerText !== before)",
        arg=before,
        timeout=FINISHED_MS,
    )
    assert stop.bounding_box() == where, "a button that moves while figures change is missed by a click"
    stop.click()
    badge(page, "Stopped")


def test_runs_are_not_handed_out_to_other_machines(open_page: OpenPage, train: Train, server: Server) -> None:
    address = outer_address()
    if address is None:
        pytest.skip("This machine has no address but its own.")
    badge(open_page(f"pre_activations?run={train(epochs=1)}"), "Finished", FINISHED_MS)
    page = open_page("pre_activations", url=server.url.replace("127.0.0.1", address))
    expect(page.get_by_text("There is no training yet.")).to_be_visible()
    expect(page.get_by_role("combobox", name="Run")).to_have_count(0)
