"""The dashboard as a visitor meets it: a real server in a process of its own, and a real Chromium."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from core.paths import VARIABLE

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 120
RUN_LIMIT_MS = 120_000  # a first visit also imports torch, on a machine that may be busy

# A test's Chromium stays on this machine and needs neither a GPU nor a sandbox (containers run it as root).
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages of one visitor share a process, which keeps the scripts as well: each page costs a fifth less.
    "--process-per-site",
]

_IDLE = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    const charts = [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')];
    return app?.dataset.testScriptState === 'notRunning'
        && app.dataset.testConnectionState === 'CONNECTED'
        && document.fonts.status === 'loaded'
        && document.querySelectorAll('[data-testid="stSkeleton"], [data-stale="true"]').length === 0
        && charts.every(chart => chart.offsetParent === null || chart.querySelector('canvas, svg'));
}"""

_FITS = """() => {
    const main = document.querySelector('[data-testid="stMain"]');
    return document.scrollingElement.scrollWidth <= innerWidth && main.scrollWidth <= main.clientWidth;
}"""


@dataclass(frozen=True)
class Server:
    """A running dashboard: its process, its address without a slash at the end, its data folder and log."""

    process: subprocess.Popen[bytes]
    url: str
    home: Path
    log: Path

    def stop(self) -> None:
        """End it as a service manager would; kill it if it does not listen."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(
    home: Path,
    port: int | None = None,
    base: str = "",
    apart: bool = False,
    limit_s: float = START_LIMIT_S,
    **environment: str,
) -> Server:
    """Start the dashboard with `home` as its data folder and wait until it is healthy.

    base: a path below which it is, such as "/lab". apart: in a process group of its own. Raises as launch()
    does.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)]
    command += ["--server.baseUrlPath", base] if base else []
    url = f"http://127.0.0.1:{port}{base}"
    return launch(command, url, home, {VARIABLE: str(home)} | environment, apart=apart, limit_s=limit_s)


def launch(
    command: Sequence[str],
    url: str,
    home: Path,
    environment: Mapping[str, str],
    cwd: Path = ROOT,
    apart: bool = False,
    limit_s: float = START_LIMIT_S,
) -> Server:
    """Start a dashboard by this command and wait until it is healthy at `url`.

    Raises RuntimeError with the server's log when it ends or stays silent.
    """
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"server-{urlsplit(url).port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=apart,
        )
    server = Server(process, url, home, log)
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline and process.poll() is None:
        if is_healthy(url):
            return server
        time.sleep(0.05)
    server.stop()
    raise RuntimeError(f"The server did not start:\n{log.read_text()}")


def is_healthy(url: str) -> bool:
    """Whether the server answers. Its body tells: an unknown path would answer 200 as well."""
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
            return bool(answer.read() == b"ok")
    except OSError:
        return False


def find_chromium() -> str | None:
    """Chromium's or Chrome's path: what CHROMIUM names, else the first one that is installed."""
    chosen = os.environ.get("CHROMIUM")
    names = [chosen] if chosen else ["chromium", "chromium-browser", "google-chrome"]
    return next(filter(None, map(shutil.which, names)), None)


@contextlib.contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """A running browser, whose first context keeps the dashboard's scripts compiled from page to page.

    Chromium does so in a profile on disk alone: a page then costs two thirds of the processor time.
    """
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(profile, executable_path=path, args=_FLAGS)
        assert context.browser is not None
        yield context.browser
        context.close()


def wait_until_idle(page: Page) -> None:
    """Wait until Streamlit has run the page's script and drawn all of it, in the fonts that it keeps.

    A live part that refreshes itself is idle between two refreshes.
    """
    page.wait_for_function(_IDLE, timeout=RUN_LIMIT_MS)


def wait_until_it_fits(page: Page) -> None:
    """Wait until nothing has to be scrolled sideways; charts follow a new width a little later."""
    page.wait_for_function(_FITS, timeout=RUN_LIMIT_MS)


def save_screenshot(page: Page, path: Path) -> None:
    """The whole page as a picture; Streamlit scrolls inside the window, so that is made high enough first."""
    size = page.viewport_size
    assert size is not None
    hidden = "() => { const main = document.querySelector('[data-testid=\"stMain\"]');"
    hidden += " return main.scrollHeight - main.clientHeight; }"
    page.set_viewport_size({"width": size["width"], "height": size["height"] + int(page.evaluate(hidden))})
    page.wait_for_timeout(400)  # charts are drawn again for the new size, which nothing announces
    page.screenshot(path=path)
    page.set_viewport_size(size)
