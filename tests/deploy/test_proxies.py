"""Sites from the files of deploy/ in a real browser: TLS, a base path, and the death of a server."""

from __future__ import annotations

import contextlib
import http.client

import pytest
from playwright.sync_api import Browser, Page, expect

from core.runs.store import RunStore
from tests.browser.app import RUN_LIMIT_MS, Server, wait_until_idle
from tests.browser.conftest import Tabs, queue_long, watched
from tests.browser.test_train import badge, wait_for_another_epoch
from tests.deploy.sites import ANY_CERTIFICATE, BASE, PROXIES, Site, sessions, site
from tests.postgresql import Cluster
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
expect.set_options(timeout=RUN_LIMIT_MS)

MAX_VISITORS = 16  # of whom, by chance, all but one in 30,000 times two come to different servers
UPLOAD_BYTES = 15_000_000


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_browser_stays_with_its_server_and_when_that_is_killed_its_page_comes_back_at_the_other(
    proxy: str,
    cluster: Cluster,
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One test, since two servers and a proxy cost more to start than what is looked at here."""
    folder = tmp_path_factory.mktemp(proxy)
    monkeypatch.setenv("NABLASCOPE_FILES", str(folder / "files"))
    with contextlib.ExitStack() as open_things:
        database = open_things.enter_context(cluster.database())
        running = open_things.enter_context(site(proxy, folder, database))
        store = open_things.enter_context(contextlib.closing(RunStore(database)))
        run_id = queue_long(store)

        refuses_metrics_and_plain_http(running)
        both_get_visitors(running, browser)

        tabs = visitor(browser, open_things)
        takes_uploads(tabs.take(), running)
        page = tabs.take()
        server = running.server_of(lambda: visit(page, f"{running.url}/train?run={run_id}"))
        badge(page, "Running")
        wait_for_another_epoch(page)
        stays_with_its_server(running, tabs, server)

        other = running.other(server)
        before = sessions(other)
        server.process.kill()
        server.process.wait()
        wait_until(lambda: sessions(other) > before)  # nobody has clicked or reloaded anything
        badge(page, "Running")
        wait_for_another_epoch(page)
        assert running.is_ready()
        store.request(run_id, "stop")
        badge(page, "Stopped")
        assert tabs.faults == []


def visitor(browser: Browser, open_things: contextlib.ExitStack) -> Tabs:
    """A browser session of its own, for which nobody has to have signed the certificate."""
    context = browser.new_context(ignore_https_errors=True)
    open_things.callback(context.close)
    return Tabs(watched(context))


def visit(page: Page, url: str) -> None:
    """Open it and wait until it is drawn."""
    page.goto(url)
    wait_until_idle(page)


def refuses_metrics_and_plain_http(running: Site) -> None:
    """Strangers get no metrics, and no page without TLS."""
    secure = http.client.HTTPSConnection("localhost", running.ports.https, context=ANY_CERTIFICATE)
    with contextlib.closing(secure):
        for path in ("/metrics", f"/{BASE}/metrics"):
            secure.request("GET", path)
            answer = secure.getresponse()
            assert (answer.status, b"nablascope" in answer.read()) == (403, False)
    with contextlib.closing(http.client.HTTPConnection("localhost", running.ports.http)) as plain:
        plain.request("GET", f"/{BASE}/train?data=moons")
        answer = plain.getresponse()
        location = str(answer.getheader("location"))
    assert answer.status == 308
    assert location.startswith("https://localhost")
    assert location.endswith(f"/{BASE}/train?data=moons")


def both_get_visitors(running: Site, browser: Browser) -> None:
    """Neither server stays without work."""
    seen: list[Server] = []
    for _ in range(MAX_VISITORS):
        with contextlib.ExitStack() as open_things:
            page = visitor(browser, open_things).take()
            seen.append(running.server_of(lambda page=page: visit(page, f"{running.url}/catalogue")))
        if any(server is not seen[0] for server in seen):
            return
    pytest.fail(f"{MAX_VISITORS} visitors all came to one of two servers")


def stays_with_its_server(running: Site, tabs: Tabs, server: Server) -> None:
    """In another tab, and over a reload."""
    page = tabs.take()
    assert running.server_of(lambda: visit(page, f"{running.url}/catalogue")) is server
    assert running.server_of(lambda: (page.reload(), wait_until_idle(page))) is server
    page.close()


def takes_uploads(page: Page, running: Site) -> None:
    """A file that is larger than what a proxy takes as shipped reaches the page, which says what it is."""
    visit(page, f"{running.url}/benchmark?measure=result")
    junk = {"name": "junk.json", "mimeType": "application/json", "buffer": b"x" * UPLOAD_BYTES}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(junk)
    expect(page.get_by_test_id("stAlert")).to_contain_text("junk.json")
    page.close()
