"""What a browser is told about every answer, without a browser; tests/browser opens all pages under it."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.errors import InvalidRequest
from dashboard.server.headers import INDEX, SafeHeaders, page_policy
from tests.dashboard.server.asgi import ask

POLICY = page_policy(INDEX.read_text("utf-8"))


def answer(request: Request) -> Response:
    return {
        "page": lambda: HTMLResponse("<p>"),
        "kept": lambda: Response(status_code=304),
        "text": lambda: PlainTextResponse("x"),
        "own": lambda: PlainTextResponse("x", headers={"referrer-policy": "no-referrer"}),
    }[request.path_params["what"]]()


APP = SafeHeaders(Starlette(routes=[Route("/{what}", answer)]), POLICY)


def rules(policy: str) -> dict[str, list[str]]:
    """Sources by directive."""
    return {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}


def test_a_page_runs_no_script_but_this_servers_and_asks_no_other_host() -> None:
    found = rules(ask(APP, "/page").headers["content-security-policy"])
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "data:"} & {*found["script-src"]}
    assert found["connect-src"] == found["frame-ancestors"] == found["form-action"] == ["'self'"]
    assert {*found["img-src"]} == {"'self'", "data:", "blob:"}
    assert found["object-src"] == ["'none'"]
    inline = re.findall(r"<script>(.*?)</script>", INDEX.read_text("utf-8"), re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline]
    assert [f"'sha256-{digest}'" for digest in digests] == found["script-src"][2:]


def test_every_answer_has_the_others_and_its_own_stay() -> None:
    for what in ("page", "text", "kept"):
        headers = ask(APP, f"/{what}").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert ask(APP, "/own").headers["referrer-policy"] == "no-referrer"


def test_what_is_no_page_loads_nothing_and_what_the_browser_has_kept_keeps_its_policy() -> None:
    assert rules(ask(APP, "/text").headers["content-security-policy"])["default-src"] == ["'none'"]
    assert "content-security-policy" not in ask(APP, "/kept").headers


def test_an_origin_may_embed_the_server_and_nothing_else_gets_into_the_header() -> None:
    policy = page_policy("", ("https://huggingface.co", "https://*.example.org:8443"))
    found = rules(policy)
    assert found["frame-ancestors"] == ["'self'", "https://huggingface.co", "https://*.example.org:8443"]
    assert found["script-src"] == ["'self'", "blob:"]
    for wrong in (
        "example.org",
        "https://a.org; script-src *",
        "https://a.org\r\nset-cookie: a",
        "*",
        "https://*",
    ):
        with pytest.raises(InvalidRequest, match=r"no origin .* https://example\.org"):
            page_policy("", (wrong,))
