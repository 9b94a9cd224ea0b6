"""The player of a film: what it shows, how it is steered, and that the page around it stays still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, OpenTab
from tests.film_server import FilmServer, frame, short_film

FILM = "document.querySelector('.film').film"
NETWORK = f"{FILM}.stage('network')"
Watch = Callable[..., Page]


@pytest.fixture
def watch(films: FilmServer, open_tab: OpenTab) -> Watch:
    """watch(run, **changes of the description): its page, with the first frames there; no error may occur."""

    def open_page(run: str, theme: str = "light", frames: int = 1, **changes: Any) -> Page:
        page = open_tab()
        page.goto(films.page(run, theme, **changes))
        page.wait_for_function(f"{FILM} && {FILM}.frames.length >= {frames}")
        return page

    return open_page


@pytest.fixture(scope="module")
def run(films: FilmServer) -> str:
    """A film of 12 frames at steps 0, 25, ..., 275."""
    return films.add(*short_film())


def index(page: Page) -> int:
    return int(page.evaluate(f"{FILM}.index"))


def status(page: Page) -> Any:
    return page.locator(".status .text")


def wait_for_index(page: Page, wanted: int) -> None:
    page.wait_for_function(f"{FILM}.index === {wanted}")


def picture(page: Page) -> str:
    """The pixels of the stage, once they are final."""
    page.wait_for_function(f"{FILM}.settled")
    return str(page.evaluate("document.querySelector('canvas.network').toDataURL()"))


def middle_of(page: Page, layer: int, unit: int) -> tuple[float, float]:
    """Where a unit is in the window."""
    box = page.locator(".stage").bounding_box()
    tile = page.evaluate(f"{NETWORK}.layout.columns[{layer}].tiles[{unit}]")
    assert box is not None
    return box["x"] + tile["x"] + tile["size"] / 2, box["y"] + tile["y"] + tile["size"] / 2


def middle_of_map(page: Page) -> tuple[float, float]:
    box, place = page.locator(".stage").bounding_box(), page.evaluate(f"{NETWORK}.layout.map")
    assert box is not None
    return box["x"] + place["x"] + place["size"] / 2, box["y"] + place["y"] + place["size"] / 2


def test_a_film_plays_by_itself_from_the_first_frame_to_the_last(watch: Watch, run: str) -> None:
    page = watch(run, autoplay=True)
    page.evaluate(f"window.seen = []; setInterval(() => window.seen.push({FILM}.index), 5)")
    wait_for_index(page, 11)
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    seen = page.evaluate("window.seen")
    assert seen == sorted(seen)
    assert len(set(seen)) > 6
    assert page.evaluate("window.reports") == []  # nobody stopped it
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"{FILM}.playing && {FILM}.index < 11")


def test_without_autoplay_it_stands_at_the_newest_frame(watch: Watch, run: str) -> None:
    page = watch(run)
    assert index(page) == 11
    expect(status(page)).to_have_text(
        "Step 275 · epoch 5 of 11 · loss 0.100 train, 0.150 test · accuracy 50.0%"
    )


def test_with_reduced_motion_nothing_plays_by_itself(films: FilmServer, open_tab: OpenTab, run: str) -> None:
    page = open_tab(reduced_motion="reduce")
    page.goto(films.page(run, autoplay=True))
    page.wait_for_function(f"{FILM} && {FILM}.frames.length === 12")
    assert (index(page), page.evaluate(f"{FILM}.playing")) == (11, False)


def test_an_address_leads_to_a_step(watch: Watch, run: str) -> None:
    page = watch(run, step=101, autoplay=True)
    assert index(page) == 4  # step 100
    page.evaluate("window.mounted({step: 200})")  # the browser's Back, say
    wait_for_index(page, 8)
    page.evaluate("window.mounted({step: 200, ended: true})")
    assert index(page) == 8


def test_keys_steer_it(watch: Watch, run: str) -> None:
    page = watch(run)
    page.get_by_role("slider", name="Frame").focus()
    for key, wanted in [("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 11)]:
        page.keyboard.press(key)
        assert index(page) == wanted
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    page.wait_for_function(f"{FILM}.playing")
    page.keyboard.press(" ")
    assert not page.evaluate(f"{FILM}.playing")
    slider = page.get_by_role("slider", name="Frame")
    assert slider.get_attribute("aria-valuetext") == status(page).inner_text()


def test_buttons_steer_it_and_the_page_hears_where_it_was_stopped(watch: Watch, run: str) -> None:
    page = watch(run)
    for name, wanted in [
        ("To the first", 0),
        ("One frame on", 1),
        ("To the last", 11),
        ("One frame back", 10),
    ]:
        page.get_by_role("button", name=name).click()
        assert index(page) == wanted
    page.wait_for_function("window.reports.at(-1)?.[1] === 250")
    page.get_by_role("button", name="To the first").click()
    page.get_by_role("button", name="One frame on").evaluate(
        "on => { window.reports = []; for (let n = 0; n < 3; n += 1) on.click(); }"
    )
    page.wait_for_function("window.reports.length > 0")
    assert page.evaluate("window.reports") == [["step", 75]]  # of quick clicks the last, and not each
    page.get_by_label("Speed").select_option("8×")
    page.get_by_role("button", name="Play").click()
    wait_for_index(page, 11)


def test_the_time_line_can_be_pulled(watch: Watch, run: str) -> None:
    page = watch(run)
    box = page.locator(".scrub").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    assert index(page) in (5, 6)
    page.mouse.move(box["x"] - 50, box["y"] + 20)
    assert index(page) == 0
    page.mouse.move(box["x"] + box["width"] * 0.99, box["y"] + 20)
    page.mouse.up()
    assert index(page) == 11


def test_a_live_film_grows_is_followed_and_ends(films: FilmServer, watch: Watch) -> None:
    config, frames = short_film(20)
    run = films.add(config, frames[:5], ended=False)
    page = watch(run, ended=False, planned_steps=475)
    live = page.get_by_role("button", name="Live")
    expect(live).to_have_attribute("aria-pressed", "true")
    films.store.write(run, frames=frames[5:9])
    wait_for_index(page, 8)
    page.get_by_role("button", name="To the first").click()  # whoever looks back is left there
    expect(live).to_have_attribute("aria-pressed", "false")
    films.store.write(run, frames=frames[9:])
    page.wait_for_function(f"{FILM}.frames.length === 20")
    assert index(page) == 0
    live.click()
    wait_for_index(page, 19)
    films.store.end(run, "finished")
    expect(live).to_be_hidden()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert asked == []


def test_a_run_that_resumes_from_an_earlier_step_replaces_its_frames(films: FilmServer, watch: Watch) -> None:
    config, frames = short_film()
    run = films.add(config, frames, ended=False)
    page = watch(run, ended=False)
    films.store.write(run, frames=[frame(one.step, -one.weights) for one in frames[6:9]])
    page.wait_for_function(f"{FILM}.frames.length === 9 && {FILM}.index === 8")
    ours = page.evaluate(f"[...{FILM}.frames[8].weights]")
    np.testing.assert_array_equal(np.float32(ours), -frames[8].weights)


def test_it_waits_for_the_first_frame_and_says_where_none_will_come(films: FilmServer, watch: Watch) -> None:
    config, frames = short_film()
    run = films.add(config, [], ended=False)
    page = watch(run, frames=0, ended=False, autoplay=True)
    expect(page.locator(".notice")).to_have_text("Waiting for the first frame")
    films.store.write(run, frames=frames)
    expect(page.locator(".notice")).to_be_hidden()
    ended = watch(films.add(config, []), frames=0)
    expect(ended.locator(".notice")).to_have_text("This run has no film.")


def test_a_film_is_not_fetched_while_nobody_can_see_it(films: FilmServer, watch: Watch) -> None:
    config, frames = short_film()
    page = watch(films.add(config, frames[:4], ended=False), ended=False)
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    hide += "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(hide % "true")
    page.wait_for_timeout(1500)  # what was under way ends
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert asked == []
    with page.expect_request("**/film/**"):
        page.evaluate(hide % "false")


def test_a_unit_says_what_it_computes(watch: Watch, run: str) -> None:
    page = watch(run)
    weights = np.float32(page.evaluate(f"[...{FILM}.frames[11].weights]"))
    page.mouse.move(*middle_of(page, 1, 2))
    first, second, bias = weights[4], weights[5], weights[8 + 2]  # unit 3 of 4, whose inputs are x and y
    written = f"z = {first:.2f}·x + {second:.2f}·y + {bias:.2f}".replace("+ -", "− ").replace("-", "−")
    expect(page.locator(".tip")).to_contain_text("Layer 1, unit 3")
    expect(page.locator(".tip")).to_contain_text(written)
    expect(page.locator(".tip")).to_contain_text("a = Tanh(z)")
    page.mouse.move(*middle_of_map(page))
    expect(page.locator(".tip")).to_contain_text("P(class 1) = ")
    page.mouse.move(5, 5)
    expect(page.locator(".tip")).to_be_hidden()


def test_a_unit_is_held_switched_off_and_on_again(watch: Watch, run: str) -> None:
    page = watch(run)
    before = picture(page)
    page.mouse.click(*middle_of(page, 1, 0))
    unit = page.get_by_role("button", name="Layer 1, unit 1")
    expect(unit).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".map-title .name")).to_have_text("Layer 1, unit 1")
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator(".hand")).to_contain_text("changed by hand")
    page.get_by_role("button", name="Switch on").click()
    page.keyboard.press("Escape")
    expect(page.locator(".map-title .name")).to_have_text("Output")
    page.get_by_role("button", name="Reset").click()
    expect(page.locator(".hand")).to_be_hidden()
    page.mouse.move(5, 5)
    expect(page.locator(".tip")).to_be_hidden()
    assert picture(page) == before


def test_a_weight_is_dragged_and_the_next_frame_forgets_it(watch: Watch, run: str) -> None:
    page = watch(run)
    start = page.evaluate(f"{NETWORK}.layout.edges[0].start")
    end = page.evaluate(f"{NETWORK}.layout.edges[0].end")
    box = page.locator(".stage").bounding_box()
    assert box is not None
    x, y = box["x"] + (start["x"] + end["x"]) / 2, box["y"] + (start["y"] + end["y"]) / 2
    page.mouse.move(x, y)
    expect(page.locator(".tip")).to_contain_text("Weight from Feature x to Layer 1, unit 1")
    page.mouse.down()
    page.mouse.move(x, y - 100)
    page.mouse.up()
    weight = float(np.float32(page.evaluate(f"{FILM}.frames[11].weights[0]")))
    expect(page.locator(".tip")).to_contain_text(f"w = {weight + 2:.3f}")
    expect(page.locator(".hand")).to_contain_text("changed by hand")
    page.get_by_role("button", name="One frame back").click()
    expect(page.locator(".hand")).to_be_hidden()


def test_all_of_it_works_by_keyboard(watch: Watch, run: str) -> None:
    page = watch(run)
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert reached[:7] == [
        *("To the first frame (Home)", "One frame back (←)", "Play the film (Space)", "One frame on (→)"),
        *("To the last frame (End)", "Frame", "Speed"),
    ]
    assert reached[7] == "Feature x"  # one stop for all units
    page.get_by_role("button", name="Feature x").focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert index(page) == 11
    expect(page.locator(".map-title .name")).to_contain_text("Layer 1, unit")
    page.keyboard.press("Delete")
    expect(page.locator(".hand")).to_contain_text("changed by hand")
    slider = page.locator(".weights").get_by_role("slider").first
    before = float(slider.input_value())
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) > before
    assert index(page) == 11
    reader = page.get_by_role("application", name="Map over the plane: Layer 1")
    reader.focus()
    said = []
    for key in ("ArrowUp", "Shift+ArrowRight"):
        reader.press(key)
        said.append(page.locator(".map-reader + .spoken").inner_text())
        expect(page.locator(".tip .first")).to_have_text(said[-1].split(", (")[0])
    assert said[0] != said[1]
    assert index(page) == 11
    page.get_by_role("button", name="One frame back (←)").press("Enter")
    assert index(page) == 10
    expect(page.locator(".status").get_by_role("status")).to_have_text(status(page).inner_text())
    expect(page.locator(".status").get_by_role("status")).to_contain_text("loss")


def test_the_picture_is_described_in_words(watch: Watch, run: str) -> None:
    page = watch(run)
    shown = page.get_by_role("img")
    expect(shown).to_have_attribute(
        "aria-label", "Network 2-4-3-1 and its decision map. " + status(page).inner_text()
    )


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (PHONE.width, "dark")])
def test_nothing_moves_and_nothing_overflows_while_it_plays(
    films: FilmServer, browser: Browser, run: str, width: int, theme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.add_init_script(
        "window.shift = 0;"
        "new PerformanceObserver(list => list.getEntries().forEach(one => window.shift += one.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(films.page(run, theme, autoplay=True))
    page.wait_for_function(f"{FILM} && {FILM}.index === 11")
    assert page.evaluate("window.shift") < 0.02
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
    page.close()


@pytest.mark.parametrize("hidden", [(), (1,), (20, 3), (8,) * 8])
def test_every_size_of_network_is_drawn_within_the_stage(
    films: FilmServer, watch: Watch, hidden: tuple[int, ...]
) -> None:
    page = watch(films.add(*short_film(3, hidden=hidden)))
    for width in (1280, PHONE.width):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"{NETWORK}.layout.width <= {width} && {NETWORK}.layout.width > {width} / 2")
        layout = page.evaluate(f"{NETWORK}.layout")
        tiles = [tile for column in layout["columns"] for tile in column["tiles"]]
        assert [column["more"] for column in layout["columns"]] == [0, *(max(0, n - 8) for n in hidden)]
        assert all(tile["x"] >= 0 and tile["x"] + tile["size"] <= layout["sink"]["x"] for tile in tiles)
        assert all(tile["y"] >= 0 and tile["y"] + tile["size"] <= layout["height"] for tile in tiles)
        assert min(tile["size"] for tile in tiles) >= 20


def test_leaving_the_page_ends_it(films: FilmServer, watch: Watch) -> None:
    config, frames = short_film()
    page = watch(films.add(config, frames[:3], ended=False), ended=False)
    page.evaluate("window.unmount()")
    page.wait_for_timeout(1200)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2000)
    assert asked == []


def test_a_dead_unit_is_called_so(films: FilmServer, watch: Watch) -> None:
    config, frames = short_film(2, hidden=(3,), activation="relu")
    dead = frames[-1].weights.copy()
    dead[6] = -100.0  # the bias of the first unit
    page = watch(films.add(config, [frame(0, dead)]))
    page.mouse.move(*middle_of(page, 1, 0))
    expect(page.locator(".tip")).to_contain_text("0 everywhere on this plane")
    page.mouse.move(*middle_of(page, 1, 1))
    expect(page.locator(".tip")).not_to_contain_text("0 everywhere on this plane")
