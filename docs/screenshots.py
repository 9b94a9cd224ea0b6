"""Take the documentation's pictures from the running dashboard, and the preview of Train on Home.

python -m docs.screenshots [home] [train] [film] [benchmark] [curves] [sheets]

Without names all of them. Home and Benchmark say how busy the machine is: take them where it is quiet. The
sheets, every page in both themes and at two widths, are for looking through and lie in screenshots/.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, ElementHandle, FloatRect, Page, expect

from core.runs.store import RunStore
from dashboard.charts.pixels import BLUE, ORANGE, diverging
from dashboard.pages import PAGES
from tests.browser.app import chromium, find_chromium, start_server, wait_until_idle

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
SHEETS = ROOT / "screenshots"
PREVIEW = ROOT / "dashboard" / "pictures" / "two_spirals.png"
NAMES = ("home", "train", "film", "benchmark", "curves", "sheets")
RUN_LIMIT_MS = 120_000
FILM_TOP_PX = 120  # of the window, below the page's bar and the run's state
SETTLED = "(film) => film.film?.frames.length > 0 && film.film.settled"
TO_THE_TOP = "(film, top) => { film.style.scrollMarginTop = `${top}px`; film.scrollIntoView(); }"

# The moving picture: so many frames of the film, the first of them the closest together, each shown so long.
FILM_FRAMES = 36
FRAME_MS, LAST_FRAME_MS = 160, 2500
FILM_WIDTH_PX = 760
SHOW_FRAME = """(film, index) => {
    const range = film.querySelector("input[type=range]");
    range.value = index;
    range.dispatchEvent(new Event("input", { bubbles: true }));
}"""
SHOWN = "([film, index]) => film.film.index === index && film.film.settled"

# The sheets: the height of the window for each width, and how wide one page is on them.
HEIGHTS = {1440: 900, 390: 844}
THUMBNAIL_PX = {1440: 480, 390: 220}
SHEET_COLUMNS = {1440: 4, 390: 8}
CAPTION_PX = 18


def main() -> None:
    """Start a dashboard with an empty data folder and picture each page with something on it."""
    names = sys.argv[1:] or NAMES
    if not {*names} <= {*NAMES}:
        sys.exit(f"There are pictures of {', '.join(NAMES)}.")
    path = find_chromium()
    if path is None:
        sys.exit("No Chromium was found; name one with CHROMIUM=/path/to/chromium.")
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder))
        try:
            with chromium(path) as browser:
                home_page = open_page(browser, server.url, height=1040)
                if {"train", "film"} & {*names}:
                    run_id = picture_training(browser, server.url, names)
                    if "train" in names:
                        draw_preview(Path(folder), run_id)
                if "benchmark" in names:
                    picture_benchmark(browser, server.url)
                if "curves" in names:
                    save(open_page(browser, f"{server.url}/curves"), "curves")
                if "home" in names:
                    save(home_page, "home")  # when it has seen some minutes
                if "sheets" in names:
                    make_sheets(browser, server.url)
        finally:
            server.stop()


def picture_training(browser: Browser, url: str, names: Sequence[str]) -> str:
    """Train on the spiral to the end, and show the network that it made; returns the run's id."""
    page = open_page(browser, f"{url}/train?data=spiral", height=960)
    run_to_the_end(page)
    page = open_page(browser, page.url, height=960)  # where the film stands at its end
    film = page.locator(".film").last.element_handle()
    assert film is not None
    page.wait_for_function(SETTLED, arg=film, timeout=RUN_LIMIT_MS)
    film.evaluate(TO_THE_TOP, FILM_TOP_PX)
    if "train" in names:
        save(page, "train")
    if "film" in names:
        save_film(page, film)
    return urllib.parse.parse_qs(urllib.parse.urlparse(page.url).query)["run"][0]


def save_film(page: Page, film: ElementHandle) -> None:
    """The film of a run as a moving picture, docs/pictures/film.webp."""
    last = int(film.evaluate("film => film.film.frames.length - 1"))
    indices = last * np.linspace(0, 1, FILM_FRAMES) ** 2  # a network changes most at first
    whole, stage = film.bounding_box(), page.locator(".stage").last.bounding_box()
    assert whole
    assert stage
    clip: FloatRect = {**whole, "height": stage["y"] + stage["height"] - whole["y"]}
    pictures = []
    for index in sorted({*map(int, indices)}):
        film.evaluate(SHOW_FRAME, index)
        page.wait_for_function(SHOWN, arg=[film, index], timeout=RUN_LIMIT_MS)
        picture = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
        height = round(picture.height * FILM_WIDTH_PX / picture.width)
        pictures.append(picture.resize((FILM_WIDTH_PX, height), Image.Resampling.LANCZOS))
    times = [FRAME_MS] * (len(pictures) - 1) + [LAST_FRAME_MS]
    pictures[0].save(
        PICTURES / "film.webp", save_all=True, append_images=pictures[1:], duration=times, loop=0, quality=50
    )


def make_sheets(browser: Browser, url: str) -> None:
    """All pages on one picture for each width and theme, screenshots/sheet-WIDTH-THEME.png."""
    SHEETS.mkdir(exist_ok=True)
    for width, height in HEIGHTS.items():
        for theme in ("light", "dark"):
            page = browser.contexts[0].new_page()
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=theme)
            pictures = {key: seen(page, f"{url}/{'' if key == 'home' else key}") for key in PAGES}
            sheet_of(pictures, THUMBNAIL_PX[width], SHEET_COLUMNS[width]).save(
                SHEETS / f"sheet-{width}-{theme}.png"
            )
            page.close()


def seen(page: Page, url: str) -> Image.Image:
    """What the window shows of an address when it is drawn."""
    page.goto(url)
    wait_until_idle(page)
    page.wait_for_timeout(1000)  # charts fade in
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def sheet_of(pictures: Mapping[str, Image.Image], width: int, columns: int) -> Image.Image:
    """Small pictures side by side, each with its name above it."""
    first = next(iter(pictures.values()))
    height = round(first.height * width / first.width) + CAPTION_PX
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), "#808080")
    pen = ImageDraw.Draw(sheet)
    for at, (name, picture) in enumerate(pictures.items()):
        left, top = at % columns * width, at // columns * height
        pen.text((left + 4, top + 3), name, fill="white")
        small = picture.resize((width, height - CAPTION_PX), Image.Resampling.LANCZOS)
        sheet.paste(small, (left, top + CAPTION_PX))
    return sheet


def picture_benchmark(browser: Browser, url: str) -> None:
    """Measure with the page's default settings."""
    page = open_page(browser, f"{url}/benchmark", height=1080)
    run_to_the_end(page)
    save(page, "benchmark")


def run_to_the_end(page: Page) -> None:
    """Press Start and wait until the run has finished and is drawn."""
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_test_id("stMarkdownContainer").get_by_text("Finished").first).to_be_visible(
        timeout=RUN_LIMIT_MS
    )
    wait_until_idle(page)


def open_page(browser: Browser, url: str, height: int = 860) -> Page:
    """A page of a laptop's width, drawn."""
    page = browser.new_page(viewport={"width": 1280, "height": height})
    page.goto(url)
    wait_until_idle(page)
    return page


def save(page: Page, name: str) -> None:
    """What is on the screen, as docs/pictures/NAME.png with few enough colours to stay small."""
    page.wait_for_timeout(1000)  # charts fade in
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def draw_preview(folder: Path, run_id: str, width: int = 560, height: int = 315) -> None:
    """The middle of a run's decision map with test points, see-through where the network is unsure."""
    with contextlib.closing(RunStore(folder / "runs.sqlite")) as store:
        pictures = store.pictures(run_id)
    area, points = pictures["decision_map"], pictures["points"]
    low = np.array([area.values["x_min"], area.values["y_max"]])
    high = np.array([area.values["x_max"], area.values["y_min"]])
    side = 2 * width  # drawn twice as large, so that the dots come out smooth
    surface = Image.fromarray(diverging(0.6 * (2 * area.arrays["probability"] - 1)))
    image = surface.resize((side, side), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    dots = (points.arrays["test_points"] - low) / (high - low) * side
    for (x, y), label in zip(dots[:300], points.arrays["test_labels"], strict=False):
        pen.ellipse((x - 8, y - 8, x + 8, y + 8), fill=BLUE if label else ORANGE, outline="white", width=2)
    middle = image.crop((0, width - height, side, width + height))
    small = middle.resize((width, height), Image.Resampling.LANCZOS)
    small.quantize(256, method=Image.Quantize.FASTOCTREE).save(PREVIEW, optimize=True)  # keeps transparency


if __name__ == "__main__":
    main()
