"""Fixtures for tests in a real browser against a real server.

    def test_stop_ends_the_run(open_page, screenshot):
        page = open_page("train")                      # the shared server, 1440 px, light
        page.get_by_role("button", name="Start").click()
        wait_until_idle(page)                          # from tests.browser.app
        expect(page.get_by_text("Finished")).to_be_visible(timeout=30_000)
        screenshot(page, "train-finished")

    server          the dashboard that all tests share; has .url, .home (data folder), .process and .log
    new_server      new_server(**environment) starts another one with an empty data folder, for tests that
                    kill or overload it; new_server(home=first.home) restarts on the same data
    open_page       open_page(path="", width=1440, color_scheme="light", url=None) -> Page, idle and drawn
    variant         runs a test at 1440 px in light and at 390 px in dark: open_page("train", *variant)
    screenshot      screenshot(page, name) saves screenshots/NAME.png, whole page; returns its path

A test fails at its end if any of its pages threw a JavaScript error or ever showed an exception. Where there
is no Chromium the tests skip, but fail when CI=true.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.app import (
    ROOT,
    RUN_LIMIT_MS,
    Server,
    chromium,
    find_chromium,
    save_screenshot,
    start_server,
    wait_until_idle,
)

ColorScheme = Literal["light", "dark"]

_HEIGHTS = {1440: 900, 390: 844}

# Exceptions that a later rerun wipes away must fail the test too, so they are noted as they appear.
_NOTE_EXCEPTIONS = """
window.shownExceptions = [];
new MutationObserver(() => {
    for (const shown of document.querySelectorAll('[data-testid="stException"]'))
        if (!window.shownExceptions.includes(shown.innerText)) window.shownExceptions.push(shown.innerText);
}).observe(document, {childList: true, subtree: true});
"""


class Variant(NamedTuple):
    """How a visitor looks at a page."""

    width: int
    color_scheme: ColorScheme


class OpenPage(Protocol):
    """The open_page fixture."""

    def __call__(
        self, path: str = "", width: int = 1440, color_scheme: ColorScheme = "light", url: str | None = None
    ) -> Page: ...


@pytest.fixture(params=[(1440, "light"), (390, "dark")], ids="{0[0]}-{0[1]}".format)
def variant(request: pytest.FixtureRequest) -> Variant:
    """Each width and each scheme in which every page must look right."""
    return Variant(*request.param)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    path = find_chromium()
    if path is None:
        reason = "No Chromium was found (names tried: $CHROMIUM, chromium, chromium-browser, google-chrome)."
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    with chromium(path) as running:
        yield running


@pytest.fixture(scope="session")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard that tests share. It asks for the browser, so that without one nothing is started."""
    running = start_server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture
def new_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start further servers; all of them end with the test."""
    started: list[Server] = []

    def start(home: Path | None = None, port: int | None = None, **environment: str) -> Server:
        started.append(start_server(home or tmp_path_factory.mktemp("server"), port, **environment))
        return started[-1]

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[OpenPage]:
    """Open pages, each in a browser session of its own, and look at the end what went wrong in them."""
    pages: list[Page] = []
    faults: list[str] = []
    console: list[str] = []

    def open_one(
        path: str = "", width: int = 1440, color_scheme: ColorScheme = "light", url: str | None = None
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": _HEIGHTS.get(width, 900)}, color_scheme=color_scheme
        )
        context.set_default_timeout(RUN_LIMIT_MS / 2)
        context.add_init_script(_NOTE_EXCEPTIONS)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"JavaScript error: {error}"))
        page.on("console", lambda said: console.append(said.text) if said.type == "error" else None)
        pages.append(page)
        page.goto(f"{url or server.url}/{path}")
        wait_until_idle(page)
        return page

    yield open_one
    for page in pages:
        faults += [f"{page.url} showed: {shown}" for shown in page.evaluate("window.shownExceptions")]
        page.context.close()
    assert not faults, "\n".join(
        [*faults, "The console said:", *console, "The server said:", server.log.read_text()]
    )


@pytest.fixture
def screenshot() -> Callable[[Page, str], Path]:
    """Save what a page looks like, from top to bottom."""

    def save(page: Page, name: str) -> Path:
        path = ROOT / "screenshots" / f"{name}.png"
        save_screenshot(page, path)
        return path

    return save
