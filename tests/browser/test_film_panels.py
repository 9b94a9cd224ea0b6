"""Panels of snapshots in a browser: every one is drawn, at the step that is shown, with its exact numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.events import Picture
from core.training.config import default_config
from core.training.snapshots import applicable
from dashboard.charts.training.layers.unrolled import of_view
from dashboard.film.panels.registry import expected
from tests.browser.conftest import PHONE, OpenTab
from tests.dashboard.charts.training.rows import trained
from tests.film_server import FilmServer, short_film

FILM = "document.querySelector('.film').film"
PANELS = f"{FILM}.stage('panels')"
STEPS = (0, 20, 50, 100)
TRAININGS: dict[tuple[str, str], dict[str, Any]] = {
    ("mlp", "moons"): {},
    ("mlp", "hills"): {"batch_size": 1024},
    ("lenet", "mnist5k"): {"batch_size": 1024},
    ("lstm", "copy_memory"): {"batch_size": 1024, "samples": 60, "hidden": (4,)},
    ("q_table", "frozen_lake"): {},
    ("gan", "ring"): {},
    ("gat", "karate_club"): {},
}
WRITTEN = Picture("generated_text", 100, {}, {"prompt": "To be, or", "text": " not to be\nThat is"})
CONFIG = default_config("lenet", "mnist5k")
Watch = Callable[..., Page]


@pytest.fixture(scope="module")
def pictures() -> dict[str, Picture]:
    """Pictures of each kind of panel, out of short trainings of many families."""
    found: dict[str, Picture] = {"generated_text": WRITTEN}
    for (model, data), settings in TRAININGS.items():
        found |= trained(model, data, snapshots=applicable(model, data), **settings)
    return found


@pytest.fixture(scope="module")
def run(films: FilmServer, pictures: Mapping[str, Picture]) -> str:
    """A film with a picture of each snapshot at four steps, but for the confusion matrix, which has two."""
    return films.add_pictures(
        CONFIG,
        [
            replace(picture, step=step)
            for step in STEPS
            for name, picture in pictures.items()
            if name != "confusion" or step in (0, 50)
        ],
    )


@pytest.fixture
def watch(films: FilmServer, open_tab: OpenTab) -> Watch:
    """watch(run, **changes of the description): its page, with frames there; no error may occur."""

    def open_page(run: str, theme: str = "light", **changes: Any) -> Page:
        page = open_tab()
        page.goto(films.page(run, theme, **changes))
        page.wait_for_function(f"{FILM} && {FILM}.frames.length > 0 && {FILM}.settled")
        return page

    return open_page


def panel(page: Page, name: str) -> Any:
    return page.locator(f"[data-panel={name}]")


def point_at(page: Page, name: str, line: str, first: str = "") -> list[str]:
    """Move the pointer to a place of a panel whose tooltip has this line below a first one that begins so.

    Returns all of its lines.
    """
    panel(page, name).scroll_into_view_if_needed()
    page.wait_for_function(f"{FILM}.settled && !!{PANELS}.cards.get('{name}').hit")
    found = page.evaluate(
        """([name, line, first]) => {
            const card = document.querySelector('.film').film.stage('panels').cards.get(name);
            const { clientWidth, clientHeight } = card.area;
            for (let y = 1; y < clientHeight; y++) {
                for (let x = 1; x < clientWidth; x++) {
                    const lines = card.hit(x, y)?.lines ?? [];
                    const begins = lines[0]?.startsWith(first);
                    if (begins && lines.some((one) => one.startsWith(line))) return [x, y];
                }
            }
        }""",
        [name, line, first],
    )
    assert found, f"nothing in {name} says {line!r}"
    box = panel(page, name).locator(".panel-area").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + found[0], box["y"] + found[1])
    expect(panel(page, name).locator(".tip")).to_contain_text(line)
    return list(panel(page, name).locator(".tip div").all_inner_texts())


def show(page: Page, index: int) -> None:
    page.get_by_role("slider", name="Frame").fill(str(index))
    page.wait_for_function(f"{FILM}.index === {index} && {FILM}.settled")


def shown_steps(page: Page, *names: str) -> list[str]:
    return [str(panel(page, name).locator(".panel-step").inner_text()) for name in names]


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (PHONE.width, "light")])
def test_every_panel_is_drawn_and_fits(
    watch: Watch, run: str, pictures: Mapping[str, Picture], width: int, theme: str
) -> None:
    page = watch(run, theme)
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": height if width > PHONE.width else 5 * height})
    page.wait_for_function(f"{FILM}.settled && [...{PANELS}.cards.values()].every(card => !!card.hit)")
    every = {one["name"] for one in expected(pictures)}
    empty = page.evaluate(
        """() => [...document.querySelectorAll('[data-panel]')].filter((panel) => {
            const canvas = panel.querySelector('canvas');
            const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            return !pixels.some((value, i) => i % 4 === 3 && value > 0);
        }).map((panel) => panel.dataset.panel)"""
    )
    assert empty == []
    assert {*page.evaluate(f"[...{PANELS}.cards.keys()]")} == every
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
    page.set_viewport_size({"width": 1280, "height": 900})


def test_all_panels_show_the_step_of_the_time_line_and_say_so_where_they_cannot(
    watch: Watch, run: str
) -> None:
    page = watch(run)
    expect(page.locator(".status .text")).to_contain_text("Step 100 · epoch 2 of 2 · loss 0.250 train")
    assert shown_steps(page, "generated", "filters", "confusion") == ["Step 100", "Step 100", "Step 50"]
    expect(panel(page, "confusion").locator(".panel-step")).to_have_class("panel-step old")
    show(page, 1)
    expect(page.locator(".status .text")).to_have_text("Step 20 · epoch 0 of 2")
    assert shown_steps(page, "generated", "filters", "confusion") == ["Step 20", "Step 20", "Step 0"]
    assert shown_steps(page, "update_ratio") == ["Step 20"]  # a history with a rule at the step


def test_what_is_under_the_pointer_is_the_pictures_number(
    watch: Watch, run: str, pictures: Mapping[str, Picture]
) -> None:
    page = watch(run)
    counts = pictures["confusion"].arrays["counts"]
    row, column = (int(n) for n in np.argwhere(counts == counts.max())[0])
    classes = pictures["confusion"].values["classes"]
    lines = point_at(page, "confusion", f"{counts.max()} samples")
    assert lines[1:] == [f"Truth: {classes[row]}", f"Prediction: {classes[column]}"]
    pixel = pictures["predictions"].arrays["images"][0, 13, 13]
    assert f"Row 14, column 14: {pixel} of 255" in point_at(page, "predictions", "Row 14, column 14:")
    weights = pictures["filters"].arrays["weights"]
    assert f"Row 2, column 3: {weights[0, 1, 2]:.3f}".replace("-", "−") in point_at(
        page, "filters", "Row 2, column 3:"
    )
    gate = pictures["states"].arrays["f"][0, 0]
    name = pictures["states"].values["names"]["f"]
    assert f"{name}, unit 1 = {gate:.3f}" in point_at(page, "states", f"{name}, unit 1 =")


def written(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def test_an_unrolled_network_has_the_pictures_numbers_at_each_place(
    watch: Watch, run: str, pictures: Mapping[str, Picture]
) -> None:
    page = watch(run)
    first = of_view(pictures["unrolled"])
    arrays, values = first.arrays, first.values
    last = arrays["h"].shape[1]
    unit = values["units"][2] + 1
    lines = point_at(page, "unrolled", f"Step {last}", first=f"Forget gate, unit {unit} =")
    assert lines[0] == f"Forget gate, unit {unit} = {written(arrays['f'][2, -1])}"
    equations = panel(page, "unrolled").locator(".unrolled-details")
    terms = arrays["x_f"][2, -1] + arrays["bias_x"][1, 2] + arrays["h_f"][2, -1] + arrays["bias_h"][1, 2]
    assert 1 / (1 + np.exp(-terms)) == pytest.approx(arrays["f"][2, -1], rel=1e-5)
    shown = equations.inner_text()
    start, *more = (
        arrays["x_f"][2, -1],
        arrays["bias_x"][1, 2],
        arrays["h_f"][2, -1],
        arrays["bias_h"][1, 2],
    )
    others = [f"{'−' if term < 0 else '+'} {abs(term):.3f}" for term in more]
    assert f"= σ({' '.join([written(start), *others])}) = {written(arrays['f'][2, -1])}" in shown
    c = f"= {written(arrays['f'][2, -1])} · "
    assert c in shown
    assert f"= {written(arrays['c'][2, -1])}" in shown
    truth = values["classes"][arrays["target"][-1]]
    chance = f"{arrays['target_probability'][-1]:.1%}"
    assert f"Target: {truth}, {chance}" in shown
    gradient = arrays["gradient"][0, -2]
    lines = point_at(
        page, "unrolled", "flows back to the hidden state", first=f"Between steps {last - 1} and"
    )
    assert lines[1].startswith("‖∂L/∂h‖ = ")
    digits = float(lines[1].removeprefix("‖∂L/∂h‖ = ").replace("−", "-"))
    assert digits == pytest.approx(float(gradient), rel=1e-2)


def test_steps_of_a_sequence_are_gone_through_with_the_keyboard_alone(
    watch: Watch, run: str, pictures: Mapping[str, Picture]
) -> None:
    page = watch(run)
    first = of_view(pictures["unrolled"])
    arrays, values = first.arrays, first.values
    last = arrays["h"].shape[1]
    panel(page, "unrolled").scroll_into_view_if_needed()
    page.wait_for_function(f"!!{PANELS}.cards.get('unrolled').hit")
    steps = page.get_by_role("slider", name="Step of the sequence")
    frame = page.evaluate(f"{FILM}.index")
    steps.press("Home")
    details = panel(page, "unrolled").get_by_role("region", name="Equations of the step")
    expect(details).to_contain_text(f"Step 1 of {last}")
    steps.press("ArrowRight")
    expect(details).to_contain_text(f"Step 2 of {last}")
    assert page.evaluate(f"{PANELS}.cards.get('unrolled').first") <= 1  # what is looked at is drawn
    spoken = str(steps.get_attribute("aria-valuetext"))
    best = values["classes"][arrays["best"][0, 1]]
    assert spoken.startswith(f"Step 2 of {last}; Read: {values['steps'][1]}; Prediction: {best} ")
    details.get_by_label("Unit").select_option(str(values["units"][1] + 1))
    expect(details).to_contain_text(f"= {written(arrays['h'][1, 1])}")
    assert page.evaluate(f"{FILM}.index") == frame  # the film stays where it is
    show(page, 1)
    expect(details).to_contain_text(f"Step 2 of {last}")  # and its sequence where that is
    expect(panel(page, "unrolled").locator(".panel-step")).to_have_text("Step 20")


def test_of_an_unrolled_network_any_recorded_sequence_and_direction_is_chosen(
    films: FilmServer, watch: Watch
) -> None:
    settings = {"samples": 60, "hidden": (4,), "model_options": {"bidirectional": True}}
    picture = trained("lstm", "adding", snapshots=("unrolled",), **settings)["unrolled"]
    page = watch(films.add_pictures(CONFIG, [replace(picture, step=step) for step in (0, 50)]))
    card = panel(page, "unrolled")
    card.scroll_into_view_if_needed()
    views = picture.values["views"]
    second = views[1]["sequence"]
    card.get_by_label("Sequence", exact=True).select_option(str(second))
    expect(card.locator(".panel-notes")).to_contain_text(f"Test sequence {second} of")
    card.get_by_label("Reading", exact=True).select_option("backwards")
    expect(card.locator(".panel-notes")).to_contain_text("reading backwards")
    shown = of_view(picture, len(views) // 2 + 1)
    assert (shown.values["sequence"], shown.values["backwards"]) == (second, True)
    card.get_by_role("slider", name="Step of the sequence").press("Home")
    details = card.get_by_role("region", name="Equations of the step")
    arrays = shown.arrays
    expect(details).to_contain_text(
        "c_t = f_t ⊙ c_{t+1} + i_t ⊙ g_t".replace("_t", "t").replace("_{t+1}", "t+1")
    )
    c = f"{written(arrays['f'][0, 0])} · {written(arrays['c'][0, 1])} + {written(arrays['i'][0, 0])} · "
    assert c.replace("(", "").replace(")", "") in details.inner_text().replace("(", "").replace(")", "")
    lines = point_at(
        page, "unrolled", "flows back to the hidden state from the previous step", first="Between steps 1"
    )
    assert float(lines[1].removeprefix("‖∂L/∂h‖ = ").replace("−", "-")) == pytest.approx(
        float(arrays["gradient"][0, 1]), rel=1e-2
    )
    show(page, 0)
    expect(card.locator(".panel-notes")).to_contain_text(f"Test sequence {second} of")  # at every step


def test_a_legend_of_many_lines_is_opened_and_few_points_are_explained(
    films: FilmServer, watch: Watch
) -> None:
    layers = [f"Block {n}, fully connected 1" for n in range(1, 8)]
    arrays = {
        f"{quantity}{suffix}": array
        for quantity in ("ratio", "gradient", "update")
        for suffix, array in (
            ("_steps", np.tile(np.array([0, 50]), (7, 1))),
            ("", np.full((7, 2), 0.1, np.float32)),
        )
    }
    few = Picture("layer_norms", 50, arrays, {"layers": layers, "numbers": [*range(7)]})
    page = watch(films.add_pictures(CONFIG, [few]))
    gradients = panel(page, "gradient_norm")
    canvas = gradients.locator("canvas")
    expect(canvas).to_have_attribute("aria-label", re.compile("Few points: pictures get 3% of the time"))
    everything = gradients.get_by_role("button", name="All 7")
    expect(everything).to_have_attribute("aria-expanded", "false")
    around, last = gradients.locator(".panel-legend"), gradients.get_by_text(layers[-1])
    before = canvas.bounding_box()
    everything.press("Enter")
    expect(everything).to_have_attribute("aria-expanded", "true")
    entry, box = last.bounding_box(), around.bounding_box()
    assert entry
    assert box
    assert entry["y"] + entry["height"] <= box["y"] + box["height"]  # nothing is cut
    assert canvas.bounding_box() == before  # nothing moves
    everything.press("Enter")
    expect(everything).to_have_attribute("aria-expanded", "false")


def test_images_in_colour_are_shown_in_colour(films: FilmServer, watch: Watch) -> None:
    images = np.zeros((2, 4, 4, 3), np.uint8)
    images[0, 1, 2] = (250, 120, 10)
    arrays = {"images": images, "labels": np.array([0, 1]), "predicted": np.array([0, 1])}
    arrays |= {"confidence": np.ones(2, np.float32)}
    colour = Picture("predictions", 0, arrays, {"classes": ["cat", "dog"]})
    page = watch(films.add_pictures(CONFIG, [colour]))
    lines = point_at(page, "predictions", "Row 2, column 3:", first="cat")
    assert "Row 2, column 3: red 250, green 120, blue 10 of 255" in lines
    seen = page.evaluate(
        """() => {
            const canvas = document.querySelector('[data-panel=predictions] canvas');
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            for (let i = 0; i < data.length; i += 4) {
                if (data[i] === 250 && data[i + 1] === 120 && data[i + 2] === 10) return true;
            }
            return false;
        }"""
    )
    assert seen


def test_a_cell_of_a_feature_map_shows_its_convolution(
    watch: Watch, run: str, pictures: Mapping[str, Picture]
) -> None:
    page = watch(run)
    arrays, padding = pictures["feature_maps"].arrays, pictures["feature_maps"].values["padding"]
    name = pictures["feature_maps"].values["layers"][0]
    patch = np.pad(arrays["image"] / 255, padding)[9:14, 11:16]
    total = float((patch * arrays["kernels"][0, 0]).sum())
    lines = point_at(page, "feature_maps", "Row 10, column 12:", first=f"{name} 1 of")
    z = total + float(arrays["bias"][0])
    written = f"Σ {total:.3f} + bias {arrays['bias'][0]:.3f} = {z:.3f}, activation: {max(z, 0):.3f}"
    assert written.replace("-0.000", "0.000").replace("-", "−") in lines
    expect(panel(page, "feature_maps").locator(".convolution")).to_be_visible()
    page.mouse.move(0, 0)
    picture = panel(page, "feature_maps").get_by_role("application")
    page.keyboard.press("Tab")  # from here on the focus is the keyboard's
    picture.focus()
    spoken = panel(page, "feature_maps").get_by_role("status")
    for key in ("ArrowDown", "Shift+ArrowRight"):
        before = spoken.inner_text()
        picture.press(key)
        page.wait_for_function(f"{FILM}.settled")
        tip = panel(page, "feature_maps").locator(".tip > div")
        assert spoken.inner_text() == ". ".join(tip.all_inner_texts()) != before
    expect(spoken).to_contain_text("Row ")
    picture.press("Enter")
    expect(spoken).to_contain_text("click or Enter: go back")
    picture.press("Escape")
    expect(panel(page, "feature_maps").get_by_role("button", name="Back")).to_be_hidden()
    assert page.evaluate(f"{FILM}.index") == len(STEPS) - 1


def test_a_cell_of_an_image_in_colour_sums_over_its_channels(films: FilmServer, watch: Watch) -> None:
    config = default_config("lenet", "own_images", data_options={"colour": "rgb"}, batch_size=1024)
    snapshot = trained("lenet", "own_images", snapshots=("feature_maps",), data_options={"colour": "rgb"})
    picture = snapshot["feature_maps"]
    page = watch(films.add_pictures(config, [picture]))
    arrays, padding = picture.arrays, picture.values["padding"]
    image = np.pad(arrays["image"] / 255, ((padding, padding), (padding, padding), (0, 0)))
    sums = [float((image[9:14, 11:16, c] * arrays["kernels"][2, c]).sum()) for c in range(3)]
    z = sum(sums) + float(arrays["bias"][2])
    name = picture.values["layers"][0]
    lines = point_at(page, "feature_maps", "Row 10, column 12:", first=f"{name} 3 of")
    red, green, blue = (f"{one:.3f}" for one in sums)
    written = [
        f"red {red} + green {green} + blue {blue} = Σ {sum(sums):.3f}",
        f"Σ {sum(sums):.3f} + bias {arrays['bias'][2]:.3f} = {z:.3f}, activation: {max(z, 0):.3f}",
    ]
    assert {line.replace("-0.000", "0.000").replace("-", "−") for line in written} <= {*lines}
    assert float(arrays["0"][2, 9, 11]) == pytest.approx(max(z, 0), abs=1e-3)
    expect(panel(page, "feature_maps").locator(".convolution")).to_be_visible()


def test_a_tile_is_held_large_while_the_film_is_steered(watch: Watch, run: str) -> None:
    page = watch(run)
    point_at(page, "filters", "Row 2, column 3:")
    page.mouse.down()
    page.mouse.up()
    back = panel(page, "filters").get_by_role("button", name="Back")
    expect(back).to_be_visible()
    show(page, 0)
    expect(back).to_be_visible()
    page.get_by_role("slider", name="Frame").press("Escape")
    expect(back).to_be_hidden()


def test_a_run_that_goes_on_is_followed(
    films: FilmServer, watch: Watch, pictures: Mapping[str, Picture]
) -> None:
    run = films.add_pictures(CONFIG, [replace(pictures["generated"], step=0)], ended=False)
    page = watch(run, ended=False)
    films.store.write(run, film_pictures=[replace(pictures["generated"], step=120)])
    expect(panel(page, "generated").locator(".panel-step")).to_have_text("Step 120")
    page.get_by_role("button", name="To the first").click()
    films.store.write(run, film_pictures=[replace(pictures["generated"], step=130)])
    page.wait_for_function(f"{FILM}.frames.some(({{ step }}) => step === 130)")
    assert shown_steps(page, "generated") == ["Step 0"]
    films.store.end(run, "finished")
    expect(page.get_by_role("button", name="Live")).to_be_hidden()


def test_steps_stand_on_the_axis_of_the_whole_run_from_its_start(
    films: FilmServer, watch: Watch, pictures: Mapping[str, Picture]
) -> None:
    """Of a run that is still running as planned, so that the step that is shown always has its place."""
    run = films.add_pictures(CONFIG, [replace(pictures["layer_norms"], step=0)], ended=False)
    page = watch(run, ended=False, planned_steps=400)
    page.wait_for_function(f"!!{PANELS}.cards.get('update_ratio').hit")
    reached = page.evaluate(f"{PANELS}.lastStep")
    films.store.end(run, "finished")
    page.wait_for_function(f"{PANELS}.lastStep === 100")  # of its epochs
    assert reached == 400


def test_a_style_that_comes_late_brings_no_older_data_back(watch: Watch, run: str) -> None:
    """The page says what is new while the style is still loaded: what was said last counts."""
    page = watch(run)
    script = page.evaluate(
        "performance.getEntriesByType('resource').find(({ name }) => /main.js$/.test(name)).name"
    )
    shown = page.evaluate(
        """async ([script, run, panels]) => {
            const { default: mount } = await import(script);
            const parentElement = document.createElement("main");
            parentElement.innerHTML = '<div class="film"><div class="film-room"></div></div>';
            document.body.append(parentElement);
            const style = new URL("player.css", script).pathname;
            const data = {
                ...{ base: "", style, run, colors: [[0, 0, 0], [9, 9, 9]] },
                ...{ metric: { name: "Accuracy", format: ".1%" } },
                ...{ planned_steps: 100, steps_per_epoch: 50, ended: true, network: null, step: null },
            };
            const calls = [[], panels].map((panels) =>
                mount({ parentElement, data: { ...data, panels }, setTriggerValue() {} }));
            const unmount = (await Promise.all(calls)).at(-1);
            const cards = [...parentElement.querySelectorAll("[data-panel]")];
            const found = cards.map(({ dataset }) => dataset.panel);
            const high = parentElement.querySelector(".panel")?.clientHeight;
            unmount();
            return [found, high > 300];
        }""",
        [script, run, expected(["filters"])],
    )
    assert shown == [["filters"], True]


def test_what_is_drawn_afterwards_comes_where_the_film_stands(
    films: FilmServer, watch: Watch, pictures: Mapping[str, Picture]
) -> None:
    confusion = pictures["confusion"]
    run = films.add_pictures(CONFIG, [replace(confusion, step=step) for step in (0, 90)])
    page = watch(run)
    show(page, 1)
    assert shown_steps(page, "confusion") == ["Step 0"]  # at the end of the first epoch
    films.store.add_film_pictures(
        run,
        [replace(picture, step=step) for step in (40, 80) for picture in (confusion, pictures["filters"])],
    )
    panels = expected(["confusion", "filters"])
    page.evaluate("(panels) => window.mounted({ news: 'more', panels })", panels)
    page.wait_for_function(f"{FILM}.frames.length === 6")
    assert page.evaluate(f"{FILM}.frames[{FILM}.index].step") == 50
    assert shown_steps(page, "confusion", "filters") == ["Step 40", "Step 40"]


def test_a_network_and_its_panels_have_one_time_line(
    films: FilmServer, watch: Watch, pictures: Mapping[str, Picture]
) -> None:
    run = films.add(*short_film())
    films.store.write(
        run, film_pictures=[replace(pictures["confusion"], step=step) for step in (0, 100, 275)]
    )
    page = watch(run, panels=expected(["confusion"]))
    assert shown_steps(page, "confusion") == ["Step 275"]
    show(page, 4)
    assert shown_steps(page, "confusion") == ["Step 100"]
    show(page, 3)
    assert shown_steps(page, "confusion") == ["Step 0"]
    expect(page.locator("canvas.network")).to_be_visible()


def test_nothing_moves_while_panels_play(films: FilmServer, browser: Browser, run: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(
        "window.shift = 0;"
        "new PerformanceObserver(list => list.getEntries().forEach(one => window.shift += one.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(films.page(run, autoplay=True))
    page.wait_for_function(f"{FILM} && {FILM}.index === {len(STEPS) - 1} && !{FILM}.playing")
    assert page.evaluate("window.shift") < 0.02
    page.close()


def test_a_run_without_a_picture_says_so(films: FilmServer, watch: Watch) -> None:
    run = films.add_pictures(CONFIG, [])
    page = watch(run, panels=expected(["filters"]))
    expect(panel(page, "filters")).to_contain_text("still to come")
