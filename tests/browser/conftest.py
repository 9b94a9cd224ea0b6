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
    open_page       open_page(path="", width=1440, color_scheme="light", url=None, visitor="") -> Page, idle
                    and drawn; pages of one visitor share a browser session, as tabs do
    open_tab        open_tab(width=1280, height=900, **media) -> an empty tab, for pages without Streamlit
    every_screen    for variant in every_screen(page): the page at 1440 px in light, then at 390 px in dark
    store           the shared server's runs; queue_long(store) is a training that a test finds running
    films           films.add(config, frames) keeps a film, films.page(run) shows it without Streamlit
    screenshot      with --screenshots, screenshot(page, name) saves screenshots/NAME.png, the whole page

Each worker of pytest-xdist has one server, on which one run at a time has its turn, one Chromium and one
browser session, in which the dashboard's scripts are loaded and compiled once and tabs are used again. A test
fails at its end if any of its pages threw a JavaScript error, ever showed an exception or asked for what the
Content Security Policy refuses; runs that it left are stopped. A test that changes a tab for good (its clock,
a script before all others) opens one of a session of its own, browser.new_page(). Where there is no Chromium
the tests skip, but fail when CI=true.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from core.records import to_record
from core.runs.status import PAUSED, QUEUED, RUNNING
from core.runs.store import RunStore
from core.training import default_config
from tests.browser.app import (
    ROOT,
    RUN_LIMIT_MS,
    Server,
    save_screenshot,
    start_server,
    wait_until_idle,
)

if TYPE_CHECKING:
    from tests.film_server import FilmServer

# Of every expect(...): that it comes is promised, not when.
expect.set_options(timeout=RUN_LIMIT_MS)

ColorScheme = Literal["light", "dark"]

_HEIGHTS = {1440: 900, 390: 844}

# Exceptions that a later rerun or reload wipes away must fail the test too, so each is reported at once.
_SHOWN = "An exception was shown: "
_REPORT_EXCEPTIONS = f"""
const reported = new Set();
new MutationObserver(() => {{
    for (const shown of document.querySelectorAll('[data-testid="stException"]')) {{
        if (!reported.has(shown.innerText)) console.error("{_SHOWN}" + shown.innerText);
        reported.add(shown.innerText);
    }}
}}).observe(document, {{childList: true, subtree: true}});
"""


class Variant(NamedTuple):
    """How a visitor looks at a page."""

    width: int
    color_scheme: ColorScheme

    def __str__(self) -> str:
        return f"{self.width}-{self.color_scheme}"


DESKTOP, PHONE = Variant(1440, "light"), Variant(390, "dark")


class OpenPage(Protocol):
    """The open_page fixture."""

    def __call__(
        self,
        path: str = "",
        width: int = 1440,
        color_scheme: ColorScheme = "light",
        url: str | None = None,
        visitor: str = "",
    ) -> Page: ...


Screenshot = Callable[[Page, str], None]


def every_screen(page: Page) -> Iterator[Variant]:
    """Each width and scheme that a page must fit."""
    for variant in (DESKTOP, PHONE):
        look(page, variant)
        wait_until_idle(page)
        yield variant


def look(page: Page, variant: Variant) -> None:
    """Give a page's window this width and scheme."""
    page.set_viewport_size({"width": variant.width, "height": _HEIGHTS.get(variant.width, 900)})
    page.emulate_media(color_scheme=variant.color_scheme)


@pytest.fixture(scope="session")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard that tests share. It asks for the browser, so that without one nothing is started."""
    running = start_server(tmp_path_factory.mktemp("server"), NABLASCOPE_MAX_RUNS="1")
    yield running
    running.stop()


@pytest.fixture
def store(server: Server) -> Iterator[RunStore]:
    """The runs of the shared server; what is queued here is run."""
    with contextlib.closing(RunStore(server.home / "runs.sqlite")) as opened:
        yield opened


def queue_long(store: RunStore, data: str = "moons") -> str:
    """Queue a training that takes until it is stopped, since its network is too large to be compiled."""
    config = default_config("mlp", data, hidden=(64, 64, 64), epochs=10_000, snapshots=())
    return store.create("training", to_record(config))


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


def new_visitor(browser: Browser) -> BrowserContext:
    """A browser session with nothing in it yet."""
    return watched(browser.new_context())


def watched(context: BrowserContext) -> BrowserContext:
    """Its pages report the exceptions that they show."""
    context.set_default_timeout(RUN_LIMIT_MS)
    context.add_init_script(_REPORT_EXCEPTIONS)
    return context


class OpenTab(Protocol):
    """The open_tab fixture."""

    def __call__(self, width: int = 1280, height: int = 900, **media: Any) -> Page: ...


class Tabs:
    """The tabs of one browser session. Each test has its own: what Playwright keeps of a tab, such as each
    request, makes one that many tests have used ten times as slow.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.faults: list[str] = []
        self.console: list[str] = []

    def take(self) -> Page:
        """An empty tab, whose faults are noted."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"JavaScript error: {error}"))
        page.on("console", self._note)
        return page

    def forget(self) -> None:
        """What went wrong has been reported."""
        self.faults, self.console = [], []

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            serious = message.text.startswith(_SHOWN) or "Content Security Policy" in message.text
            (self.faults if serious else self.console).append(message.text)


@pytest.fixture(scope="session")
def tabs(browser: Browser) -> Tabs:
    """Those of the browser session that tests share, in whose cache the dashboard's scripts stay."""
    return Tabs(watched(browser.contexts[0]))


@pytest.fixture
def open_tab(tabs: Tabs) -> Iterator[OpenTab]:
    """Empty tabs for pages without Streamlit, in which no JavaScript error may occur."""
    taken: list[Page] = []

    def open_one(width: int = 1280, height: int = 900, **media: Any) -> Page:
        taken.append(tabs.take())
        taken[-1].set_viewport_size({"width": width, "height": height})
        taken[-1].emulate_media(**media)
        return taken[-1]

    tabs.forget()
    yield open_one
    for page in taken:
        page.close()
    assert not tabs.faults, "\n".join([*tabs.faults, "The console said:", *tabs.console])


@pytest.fixture(scope="session")
def kept_scripts(tabs: Tabs, server: Server) -> None:
    """The process of the dashboard's pages lives on with the one that stays open here."""
    tabs.context.new_page().goto(f"{server.url}/_stcore/health")


@pytest.fixture
def open_page(
    browser: Browser, tabs: Tabs, server: Server, store: RunStore, kept_scripts: None
) -> Iterator[OpenPage]:
    """Open pages, and look at the end what went wrong in them."""
    visitors = {"": tabs}
    taken: list[Page] = []

    def open_one(
        path: str = "",
        width: int = 1440,
        color_scheme: ColorScheme = "light",
        url: str | None = None,
        visitor: str = "",
    ) -> Page:
        if visitor not in visitors:
            visitors[visitor] = Tabs(new_visitor(browser))
        page = visitors[visitor].take()
        taken.append(page)
        look(page, Variant(width, color_scheme))
        page.goto(f"{url or server.url}/{path}")
        wait_until_idle(page)
        return page

    tabs.forget()
    yield open_one
    for page in taken:
        page.close()
    for whose in visitors.values():
        if whose is not tabs:
            whose.context.close()
    for run in store.all_with_status(QUEUED, RUNNING, PAUSED):
        store.request(run.id, "stop")
    faults = [fault for whose in visitors.values() for fault in whose.faults]
    console = [line for whose in visitors.values() for line in whose.console]
    assert not faults, "\n".join(
        [*faults, "The console said:", *console, "The server said:", server.log.read_text()]
    )


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Screenshot:
    """Save what a page looks like, from top to bottom, where --screenshots asks for it."""

    def save(page: Page, name: str) -> None:
        if request.config.getoption("--screenshots"):
            save_screenshot(page, ROOT / "screenshots" / f"{name}.png")

    return save


@pytest.fixture(scope="module")
def films(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilmServer]:
    """Films and the player that shows them, without Streamlit."""
    from tests.film_server import film_server  # imports torch, which few tests in a browser need

    store = RunStore(tmp_path_factory.mktemp("films") / "runs.sqlite")
    with film_server(store) as running:
        yield running
    store.close()
