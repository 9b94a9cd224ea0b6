"""Where the names of a server are listed, requests under others are refused, but those of probes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from streamlit import config

from dashboard.server.hosts import KnownHosts
from tests.dashboard.server.asgi import ask

APP = KnownHosts(Starlette(routes=[Route("/{path:path}", lambda _: PlainTextResponse("here"))]))


@pytest.fixture
def names() -> Iterator[None]:
    before = config.get_option("server.allowedHosts")
    config.set_option("server.allowedHosts", ["lab.example.org", "*.school.example"])
    yield
    config.set_option("server.allowedHosts", before)


def test_without_a_list_every_name_is_answered() -> None:
    assert ask(APP, "/machine/now", host="evil.example").status == 200


@pytest.mark.parametrize("host", ["lab.example.org", "LAB.example.org:8501", "a.school.example"])
def test_a_listed_name_is_answered(names: None, host: str) -> None:
    assert ask(APP, "/machine/now", host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "school.example.evil", "10.0.0.7:8501", "a@lab.example.org", ""]
)
def test_another_name_is_refused_but_for_probes(names: None, host: str) -> None:
    assert ask(APP, "/machine/now", host=host).status == 421
    assert ask(APP, "/_stcore/health", host=host).status == 200
    assert ask(APP, "/ready", host=host).status == 200
