"""Take the README's pictures from the running dashboard, and the preview of Train on Home.

python docs/screenshots.py [home] [train] [benchmark] [curves]

Without names all of them. Home and Benchmark say how busy the machine is: take them where it is quiet.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import urllib.parse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.runs.store import RunStore  # noqa: E402
from dashboard.charts.pixels import BLUE, ORANGE, diverging  # noqa: E402
from tests.browser.app import chromium, find_chromium, start_server, wait_until_idle  # noqa: E402

DOCS = ROOT / "docs"
PREVIEW = ROOT / "dashboard" / "pictures" / "two_spirals.png"
NAMES = ("home", "train", "benchmark", "curves")
RUN_LIMIT_MS = 120_000
FILM_TOP_PX = 120  # of the window, below the page's bar and the run's state
AT_REST = "(film) => film.film?.frames.length > 0 && film.film.settled"
TO_THE_TOP = "(film, top) => { film.style.scrollMarginTop = `${top}px`; film.scrollIntoView(); }"


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
                if "train" in names:
                    draw_preview(Path(folder), picture_train(browser, server.url))
                if "benchmark" in names:
                    picture_benchmark(browser, server.url)
                if "curves" in names:
                    save(open_page(browser, f"{server.url}/curves"), "curves")
                if "home" in names:
                    save(home_page, "home")  # last, when it has seen some minutes
        finally:
            server.stop()


def picture_train(browser: Browser, url: str) -> str:
    """Train on the spiral to the end, and show the network that it made; returns the run's id."""
    page = open_page(browser, f"{url}/train?data=spiral", height=960)
    run_to_the_end(page)
    page = open_page(browser, page.url, height=960)  # where the film stands at its end
    film = page.locator(".film").last.element_handle()
    assert film is not None
    page.wait_for_function(AT_REST, arg=film, timeout=RUN_LIMIT_MS)
    film.evaluate(TO_THE_TOP, FILM_TOP_PX)
    save(page, "train")
    return urllib.parse.parse_qs(urllib.parse.urlparse(page.url).query)["run"][0]


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
    """What is on the screen, as docs/NAME.png with few enough colours to stay small."""
    page.wait_for_timeout(1000)  # charts fade in
    path = DOCS / f"{name}.png"
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
