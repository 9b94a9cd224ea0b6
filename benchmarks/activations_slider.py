"""How fast a slider on the Activations page redraws its charts. Run: python benchmarks/activations_slider.py

Prints the Python time of a rerun on the server, and the time from releasing the mouse on the slider in a real
Chromium to the frame in which all charts have changed. Six functions are overlaid. One JSON line at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parent.parent
FUNCTIONS = ["Sigmoid", "Tanh", "ReLU", "Leaky ReLU", "ELU", "GELU"]
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

# Resolves with the milliseconds from the next pointerup, which is when the slider sends its value, to the
# first frame in which no chart is as it was.
WAIT_FOR_REDRAW = """() => {
  const drawing = () => [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')].map(
    chart => [...chart.querySelectorAll('.mark-line path')].map(path => path.getAttribute('d')).join());
  const before = drawing();
  window.redrawn = new Promise(resolve => {
    addEventListener('pointerup', event => {
      const look = () => {
        const now = drawing();
        if (now.length === before.length && now.every((d, n) => d && d !== before[n]))
          requestAnimationFrame(() => resolve(performance.now() - event.timeStamp));
        else
          requestAnimationFrame(look);
      };
      look();
    }, {once: true, capture: true});
  });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=40, help="slider moves to time (default: 40)")
    moves = parser.parse_args().moves
    python_ms = list(python_times_ms(moves))
    with tempfile.TemporaryDirectory() as home, server(home) as address:
        redraw_ms = list(redraw_times_ms(f"{address}/activations", moves))
    print(f"{'':32}   p50   p95  (ms, {moves} moves, load {os.getloadavg()[0]:.1f})")
    print(f"{'Python on the server':32}{describe(python_ms)}")
    print(f"{'mouse up to all charts redrawn':32}{describe(redraw_ms)}")
    print(json.dumps({"python_ms": rounded(python_ms), "redraw_ms": rounded(redraw_ms)}))


def python_times_ms(moves: int) -> Iterator[float]:
    """Reruns without a browser, each with a new range of x. The first, which loads, is left out."""
    page = AppTest.from_file(str(ROOT / "dashboard/views/curves.py"), default_timeout=120)
    page.query_params["functions"] = FUNCTIONS
    page.run()
    for move in range(moves):
        slider = page.slider(key="x").set_value((-6.0, 5.0 + 0.5 * (move % 2)))
        start = time.perf_counter()
        slider.run()
        yield (time.perf_counter() - start) * 1e3
        assert not page.exception


def redraw_times_ms(url: str, moves: int) -> Iterator[float]:
    """Clicks on two places of the slider in turn; each is timed in the page itself."""
    query = "&".join(f"functions={name.replace(' ', '+')}" for name in FUNCTIONS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(f"{url}?{query}")
        page.wait_for_function(
            "document.querySelectorAll('[data-testid=\"stVegaLiteChart\"] .mark-line path').length >= 12",
            timeout=120_000,
        )
        for move in range(moves + 2):
            redraw_ms = click_slider(page, 0.75 + 0.1 * (move % 2))
            if move >= 2:  # the browser compiles its code in the first moves
                yield redraw_ms
        browser.close()


def click_slider(page: Page, fraction: float) -> float:
    page.wait_for_timeout(300)  # a person's pause; the page is at rest when the next click comes
    track = page.locator(".st-key-x [role=group] > div").bounding_box()
    assert track is not None
    page.evaluate(WAIT_FOR_REDRAW)
    page.mouse.click(track["x"] + fraction * track["width"], track["y"] + track["height"] / 2)
    return float(page.evaluate("window.redrawn"))


@contextmanager
def server(home: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"NABLASCOPE_HOME": home}, stdout=subprocess.DEVNULL
    )
    try:
        wait_until_healthy(address)
        yield address
    finally:
        process.terminate()
        process.wait()


def wait_until_healthy(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health") as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The server did not become healthy within 60 s.")


def describe(times_ms: Sequence[float]) -> str:
    return f"{statistics.median(times_ms):6.0f}{statistics.quantiles(times_ms, n=20)[-1]:6.0f}"


def rounded(times_ms: Sequence[float]) -> list[float]:
    return [round(value, 1) for value in times_ms]


if __name__ == "__main__":
    main()
