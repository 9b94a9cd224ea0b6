"""The same through a proxy below a base path, at a provider that checks its clients, by a proxy's word."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.operator_settings import variable
from tests.browser.app import RUN_LIMIT_MS, Server, free_port, start_server, wait_until_idle
from tests.login.conftest import MockProvider, end, node
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
expect.set_options(timeout=RUN_LIMIT_MS)

BASE = "/nabla"
# As small as a proxy's buffers are by default: nothing here is too long for them. The user's header is set
# from a cookie of the test, in place of whatever a visitor sends.
NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  server {{
    listen 127.0.0.1:{port};
    location {base}/ {{
      proxy_pass http://127.0.0.1:{behind};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-User $cookie_who;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_read_timeout 3600s;
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int, int], None]]:
    """nginx(port, behind) listens on port and passes on what is below the base path."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    running = []

    def start(port: int, behind: int) -> None:
        folder = tmp_path_factory.mktemp("nginx")
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port, behind=behind, base=BASE))
        command = [program, "-p", str(folder), "-c", str(config), "-e", str(folder / "error.log")]
        running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_until(lambda: (folder / "pid").exists())

    yield start
    for process in running:
        process.terminate()
        process.wait()


def behind_nginx(
    start: Callable[..., Server], nginx: Callable[[int, int], None], issuer: str, **more: str
) -> Server:
    port, behind = free_port(), free_port()
    nginx(port, behind)
    return start(issuer, port=behind, base=BASE, url=f"http://localhost:{port}{BASE}", **more)


def test_through_a_proxy_below_a_base_path(
    start_login: Callable[..., Server],
    nginx: Callable[[int, int], None],
    provider: MockProvider,
    person: Callable[..., Page],
) -> None:
    server = behind_nginx(start_login, nginx, provider.url)
    provider.says(groups="200")
    page = person(server, "curves")
    page.get_by_role("button", name="Sign in with School").click()
    expect(page.get_by_role("heading", name="Curves")).to_be_visible()
    wait_until_idle(page)
    assert page.url == f"{server.url}/curves"
    assert {one["path"] for one in page.context.cookies() if "nablascope" in one["name"]} == {f"{BASE}/"}
    page.get_by_role("link", name="mia").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("This server is open to people who have signed in")).to_be_visible()
    assert page.url == f"{server.url}/"
    provider.says(fault="denied")
    page.get_by_role("button", name="Sign in with School").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("The sign-in was cancelled")


def test_at_a_provider_that_checks_its_clients_and_asks(
    start_login: Callable[..., Server], person: Callable[..., Page]
) -> None:
    port, issuer = free_port(), free_port()
    running = node("real_provider.mjs", issuer, f"http://localhost:{port}")
    try:
        roles = '[roles]\nteacher = ["staff"]'
        server = start_login(f"http://127.0.0.1:{issuer}", roles, key="op", port=port)
        page = person(server, "catalogue")
        page.get_by_role("button", name="Sign in with School").click()
        page.get_by_placeholder("Enter any login").fill("ada")
        page.get_by_placeholder("and password").fill("x")
        page.get_by_role("button", name="Sign-in").click()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Catalogue")).to_be_visible()
        page.get_by_role("link", name="ada").click()
        expect(page.get_by_test_id("stMain")).to_contain_text("teacher")
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="Yes, sign me out").click()
        expect(page.get_by_text("This server is open to people who have signed in")).to_be_visible()
    finally:
        end(running)


def test_a_trusted_proxy_says_who_it_is_and_nobody_else_does(
    nginx: Callable[[int, int], None], tmp_path: Path, person: Callable[..., Page]
) -> None:
    port, behind = free_port(), free_port()
    nginx(port, behind)
    settings = {variable("user_header"): "X-Forwarded-User", variable("trusted_proxies"): "127.0.0.1"}
    settings |= {variable("operators"): "proxy:ada@example.org"}
    started = start_server(tmp_path, behind, BASE, **settings)
    try:
        server = Server(started.process, f"http://localhost:{port}{BASE}", tmp_path, started.log)
        page = person(server)
        expect(page.get_by_text("it has named nobody")).to_be_visible()
        forged = {"x-forwarded-user": "ada@example.org"}
        page.set_extra_http_headers(forged)
        page.reload()
        wait_until_idle(page)
        expect(page.get_by_text("it has named nobody")).to_be_visible()
        assert page.request.get(f"{server.url}/machine/now", headers=forged).status == 401
        page.set_extra_http_headers({})
        page.context.add_cookies([{"name": "who", "value": "ada@example.org", "url": server.url}])
        page.reload()
        wait_until_idle(page)
        page.get_by_role("link", name="ada@").click()
        expect(page.get_by_test_id("stMain")).to_contain_text("operator")
        expect(page.get_by_text("sign out there")).to_be_visible()
    finally:
        started.stop()
