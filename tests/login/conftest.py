"""Providers on this machine, servers at which one signs in, and a browser for each person.

    provider        an OpenID Connect provider without forms; provider.says(fault="nonce") changes its answers
    start_login     start_login(issuer, top) -> Server whose pages ask for a sign-in; top: lines of its file
    person          person(server, path) -> Page of a browser of its own

The providers come from npm: `make login-providers` installs them, and without them these tests skip.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from core.operator_settings import variable
from tests.browser.app import ROOT, Server, free_port, start_server, wait_until_idle

HERE = Path(__file__).parent
SECRET = "a secret of the tests"


def node(script: str, *words: object) -> subprocess.Popen[bytes]:
    """A running program of this folder that has said it is ready; the test skips where it cannot run."""
    program = shutil.which("node")
    if program is None or not (HERE / "node_modules").exists():
        pytest.skip("The providers are not installed: make login-providers (it needs Node.js 20 or newer)")
    process = subprocess.Popen(
        [program, script, *map(str, words)], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    while (line := process.stdout.readline()) != b"ready\n":
        assert line, f"{script} did not start"
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program that node() started."""
    process.terminate()
    process.communicate()


@dataclass(frozen=True)
class MockProvider:
    """Where it is, and where its answers are changed."""

    url: str
    control: str

    def says(self, **answer: str) -> None:
        """The next answers are like this, and otherwise as they should be."""
        urllib.request.urlopen(f"{self.control}/?{urllib.parse.urlencode(answer)}", timeout=10).read()


@pytest.fixture(scope="session")
def mock_provider() -> Iterator[MockProvider]:
    port, control = free_port(), free_port()
    running = node("mock_provider.mjs", port, control)
    yield MockProvider(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{control}")
    end(running)


@pytest.fixture
def provider(mock_provider: MockProvider) -> MockProvider:
    mock_provider.says()
    return mock_provider


def login_toml(url: str, issuer: str, top: str = "", key: str = "mock") -> str:
    """The operator's file; top: lines before the tables."""
    return (
        f'url = "{url}"\n{top}\n[providers.{key}]\ntitle = "School"\nissuer = "{issuer}"\n'
        f'client_id = "nablascope"\nclient_secret_env = "SECRET_OF_TESTS"\nprompt = ""\n'
        'scope = "openid email profile groups"\n'
    )


@pytest.fixture(scope="module")
def start_login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """start(issuer, top="", **environment): a server with a login; all end with the module.

    People open it as localhost and the providers are at 127.0.0.1, since cookies do not know ports.
    """
    running: list[Server] = []

    def start(
        issuer: str,
        top: str = "",
        key: str = "mock",
        port: int | None = None,
        url: str | None = None,
        base: str = "",
        **more: str,
    ) -> Server:
        home, port = tmp_path_factory.mktemp("login"), port or free_port()
        url = url or f"http://localhost:{port}"
        (home / "login.toml").write_text(login_toml(url, issuer, top, key))
        environment = {variable("login"): str(home / "login.toml"), "SECRET_OF_TESTS": SECRET} | more
        server = start_server(home, port, base, **environment)
        running.append(Server(server.process, url, home, server.log))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def person(browser: Browser) -> Iterator[Callable[..., Page]]:
    """person(server, path=""): a browser of its own on a page of the server."""
    contexts = []

    def come(server: Server, path: str = "", width: int = 1440, **more: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **more)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{server.url}/{path}")
        wait_until_idle(page)
        return page

    yield come
    for context in contexts:
        with contextlib.suppress(Exception):
            context.close()


@pytest.fixture
def shot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """With --screenshots, the page as a picture."""

    def save(page: Page, name: str) -> None:
        if request.config.getoption("--screenshots"):
            (ROOT / "screenshots").mkdir(exist_ok=True)
            page.wait_for_timeout(400)
            page.screenshot(path=ROOT / "screenshots" / f"{name}.png")

    return save


def wait_for_url(page: Page, holds: Callable[[str], bool]) -> None:
    """Until the browser is there."""
    deadline = time.monotonic() + 60
    while not holds(page.url):
        assert time.monotonic() < deadline, page.url
        page.wait_for_timeout(50)
