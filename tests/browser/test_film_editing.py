"""The network's shape is changed at its drawing: the page then trains what was asked for."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from playwright.sync_api import Browser, Page, expect

from core.data.features import FEATURES
from core.runs.store import RunStore
from tests.browser.app import wait_until_idle
from tests.browser.conftest import PHONE, OpenPage, OpenTab
from tests.film_server import FilmServer, short_film

SECOND_LAYER = re.compile("^Add a unit to layer 2")


def test_quick_changes_are_asked_for_as_one_and_within_the_limits(
    films: FilmServer, open_tab: OpenTab
) -> None:
    page = open_tab()
    film = short_film(2, hidden=(2, 1), data_options={"features": "x"})
    page.goto(films.page(films.add(*film)))
    less = page.get_by_role("button", name="Remove a unit of layer 2, which has 1")
    expect(less).to_have_attribute("aria-disabled", "true")
    less.focus()
    page.keyboard.press("Enter")
    x, y = (page.locator(".feature", has_text=re.compile(f"^{name}$")) for name in ("x", "y"))
    expect(x).to_have_attribute("aria-disabled", "true")
    x.press("Enter")
    expect(page.locator(".notice")).to_have_text("The network needs at least one feature.")
    expect(x).to_have_attribute("aria-pressed", "true")
    expect(y).to_have_attribute("aria-pressed", "false")
    page.evaluate("""() => {
        for (const _ of [1, 2]) document.querySelectorAll('.edit-columns .step')[1].click();
        const [, y, , , product, sine] = document.querySelectorAll('.feature');
        for (const feature of [product, sine, y, sine]) feature.click();
        const menu = document.querySelectorAll('.activation select')[1];
        menu.value = 'relu';
        menu.dispatchEvent(new Event('change'));
    }""")
    page.wait_for_function("window.reports.length > 0")
    wanted = {"hidden": [4, 1], "features": ["x", "y", "product"], "activations": ["tanh", "relu"]}
    assert page.evaluate("window.reports") == [["network", wanted | {"number": 1}]]
    expect(page.locator(".notice")).to_have_text(
        "Starting a training with hidden layers 4, 1 and features x, y, xy and Tanh, ReLU"
    )
    count = page.locator(".edit-columns .count").first
    expect(count).to_contain_text("4")
    network = page.evaluate("window.described.network")
    network["editing"]["answered"] = 1  # the page has answered, and started nothing
    page.evaluate("network => window.mounted({network})", network)
    expect(count).to_contain_text("2")
    expect(y).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".notice")).to_be_hidden()


FEATURE = '[data-control="feature x_squared"]'
UNITS = "document.querySelectorAll('.edit-columns .step')[1]"  # one more in the first layer


def asked(page: Page) -> list[tuple[int, list[int]]]:
    """Number and hidden layers of each change that the page was asked for."""
    return [(one["number"], one["hidden"]) for _, one in page.evaluate("window.reports")]


def test_a_change_is_asked_for_until_it_is_answered_also_by_a_drawing_that_comes_later(
    films: FilmServer, browser: Browser
) -> None:
    page = browser.new_page()
    page.clock.install()
    page.goto(films.page(films.add(*short_film(2, hidden=(2,)))))
    page.locator(".edit-columns .step").first.wait_for()
    page.evaluate(f"{UNITS}.click()")
    page.clock.run_for(400)
    assert asked(page) == [(1, [3])]
    page.clock.run_for(2000)
    assert asked(page) == 2 * [(1, [3])], "the page was busy, so that it has not heard it"
    page.evaluate(f"{UNITS}.click()")
    page.locator(FEATURE).focus()
    page.evaluate("window.unmount()")  # before the second one is sent, and while the first one is made
    page.evaluate("window.reports = []")
    network = page.evaluate("window.described.network")
    network["editing"]["answered"] = 1
    other = films.add(*short_film(2, hidden=(3,)))
    described = {"run": other, "network": network | {"sizes": [2, 3, 1]}}
    page.evaluate("async changes => { window.unmount = await window.mounted(changes); }", described)
    page.wait_for_function("document.querySelector('.edit-columns .count')?.textContent.includes('4')")
    expect(page.locator(FEATURE)).to_be_focused()  # where the keyboard was last, not where the change was
    page.clock.run_for(400)
    assert asked(page) == [(2, [4])]
    network["editing"]["answered"] = 2  # it is answered: nothing is sent any more
    page.evaluate("async changes => await window.mounted(changes)", described)
    page.clock.run_for(10_000)
    assert asked(page) == [(2, [4])]
    page.close()


def test_a_change_that_is_taken_back_after_it_was_sent_is_a_change(
    films: FilmServer, browser: Browser
) -> None:
    page = browser.new_page()
    page.clock.install()
    page.goto(films.page(films.add(*short_film(2, hidden=(2,)))))
    page.locator(".edit-columns .step").first.wait_for()
    page.evaluate(f"{UNITS}.click()")
    page.evaluate("document.querySelectorAll('.edit-columns .step')[0].click()")
    page.clock.run_for(400)
    assert asked(page) == []  # within a moment: nothing has changed
    page.evaluate(f"{UNITS}.click()")
    page.clock.run_for(400)
    page.evaluate("document.querySelectorAll('.edit-columns .step')[0].click()")
    page.clock.run_for(400)
    assert asked(page) == [(1, [3]), (2, [2])]
    page.close()


@pytest.mark.slow
def test_changes_in_a_row_are_all_made_by_the_page_without_a_pause(
    open_page: OpenPage, store: RunStore
) -> None:
    page = open_page("train?hidden=96,96&epochs=10000")
    page.get_by_role("button", name=re.compile("^Start")).click()
    expect(page.get_by_role("button", name=SECOND_LAYER)).to_be_visible()
    wait_until_idle(page)
    for press in range(3):  # each a change of its own, made while the page is busy with the one before
        click_less(page, layer=press % 2)
        page.wait_for_timeout(330)  # longer than clicks that are one change
    expect(page.get_by_role("textbox", name="Hidden layers")).to_have_value("94, 95")
    expect(page.get_by_role("button", name="Add a unit to layer 1, which has 94")).to_be_visible()
    wait_until_idle(page)
    now = store.get(run_of(page.url))
    assert now is not None
    assert now.config["hidden"] == [94, 95]


def click_less(page: Page, layer: int) -> None:
    """Click "-" of a layer, in whichever drawing is there."""
    click = """(film, n) => {
        const button = film.isConnected && film.querySelectorAll('.edit-columns .step')[n];
        button && button.click();
        return Boolean(button);
    }"""
    while not page.locator(".film").evaluate(click, 2 * layer):
        pass


def test_on_a_phone_every_button_can_be_hit(films: FilmServer, open_tab: OpenTab) -> None:
    page = open_tab(PHONE.width, 844)
    for hidden in ((8, 8), (8,) * 8):
        page.goto(films.page(films.add(*short_film(2, hidden=hidden))))
        buttons = page.locator(".step, .feature, .activation")
        expect(buttons).to_have_count(3 * len(hidden) + 2 + len(FEATURES))
        boxes = [button.bounding_box() for button in buttons.all()]
        found = [(box["x"], box["y"], box["width"], box["height"]) for box in boxes if box]
        assert len(found) == len(boxes)
        assert all(width >= 24 and height >= 24 for _, _, width, height in found)
        assert all(x >= 0 and x + width <= PHONE.width for x, _, width, _ in found)
        for (x, y, width, height), (x2, y2, _, _) in combinations(sorted(found), 2):
            assert x2 >= x + width - 0.01 or abs(y2 - y) >= height - 0.01
        assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE.width


def test_a_unit_less_at_the_drawing_ends_the_training_and_starts_that_of_the_smaller_network(
    open_page: OpenPage, store: RunStore
) -> None:
    page = open_page("train?hidden=96,96&epochs=10000")  # too large to be compiled: it trains for long
    page.get_by_role("button", name=re.compile("^Start")).click()
    seed = page.get_by_role("spinbutton", name="Seed")
    seed.fill("7")  # while the page starts the run, whose settings it must not be set back to
    seed.press("Enter")
    expect(page.get_by_role("button", name=SECOND_LAYER)).to_be_visible()
    wait_until_idle(page)
    expect(seed).to_have_value("7")
    first = run_of(page.url)
    page.get_by_role("button", name="Remove a unit of layer 2").press("Enter")
    second = another_run(page, first)
    smaller = page.get_by_role("button", name="Add a unit to layer 2, which has 95")
    expect(smaller).to_be_visible()
    expect(page.get_by_role("button", name="Remove a unit of layer 2")).to_be_focused()
    expect(page.get_by_role("textbox", name="Hidden layers")).to_have_value("96, 95")
    before, now = store.get(first), store.get(second)
    assert before is not None
    assert now is not None
    assert before.status == "stopped"
    assert before.config["seed"] in (0, 7)  # a busy page hears of both at once
    assert now.config["seed"] == 7
    assert now.config["hidden"] == [96, 95]
    page.locator(".feature", has_text="x²").press("Enter")
    third = another_run(page, second)
    assert "features=x&features=y&features=x_squared" in page.url
    page.get_by_label("Activation of layer 2: Tanh").select_option("Leaky ReLU")
    fourth = another_run(page, third)
    assert "activations=tanh%2C+leaky_relu" in page.url
    expect(page.get_by_label("Activation of layer 2: Leaky ReLU")).to_be_focused()
    expect(page.get_by_role("textbox", name="Activations")).to_have_value("tanh, leaky_relu")
    last = store.get(fourth)
    assert last is not None
    assert last.config["data_options"] == {"features": "x,y,x_squared"}
    assert last.config["model_options"]["activations"] == "tanh, leaky_relu"


def run_of(url: str) -> str:
    """The run that an address names."""
    found = re.search("run=([^&]+)", url)
    return found.group(1) if found else ""


def another_run(page: Page, before: str) -> str:
    """The run that follows the one before, once it is drawn."""
    page.wait_for_url(lambda url: run_of(url) not in ("", before))
    wait_until_idle(page)
    return run_of(page.url)
