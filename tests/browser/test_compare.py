"""The Compare page in a real browser: many networks, one ranking."""

from __future__ import annotations

from playwright.sync_api import expect

from core.training import default_config
from tests.browser.app import overflow_px, wait_until_idle
from tests.browser.conftest import OpenPage, Screenshot, every_screen
from tests.browser.test_train import badge, start


def test_variants_are_ranked_over_seeds(open_page: OpenPage, screenshot: Screenshot) -> None:
    page = open_page("compare?epochs=5&seeds=4")
    start(page)
    badge(page, "Finished")
    wait_until_idle(page)
    for variant in every_screen(page):
        for title in ("Who ends best", "Accuracy, test", "Loss, test"):
            expect(page.get_by_test_id("stVegaLiteChart").filter(has_text=title).first).to_be_visible()
        screenshot(page, f"compare-{variant}-finished")
        assert overflow_px(page) <= 0


def test_nothing_to_compare_is_reported(open_page: OpenPage) -> None:
    page = open_page("compare")
    for name in page.get_by_test_id("stButtonGroup").get_by_role("button", pressed=True).all_inner_texts():
        page.get_by_test_id("stButtonGroup").get_by_role("button", name=name, exact=True).click()
        wait_until_idle(page)
    expect(page.get_by_text("Choose at least one value of activation.")).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_be_disabled()


def test_other_data_brings_as_many_epochs_as_suit_it(open_page: OpenPage) -> None:
    page = open_page("compare")
    for data in ("Spiral", "Moons"):
        page.get_by_role("combobox", name="Data").click()
        page.get_by_role("option", name=data, exact=True).click()
        wait_until_idle(page)
        epochs = default_config("mlp", data.lower()).epochs
        expect(page.get_by_label("Epochs", exact=True)).to_have_value(str(epochs))
