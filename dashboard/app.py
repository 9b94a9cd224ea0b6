"""Nablascope's server: the pages of main.py, and what a browser fetches by itself.

`streamlit run dashboard/app.py` starts it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from core.cluster.address import check_cluster
from core.errors import InvalidRequest
from core.login.settings import login_settings
from core.logs import write_as_json
from core.operator_settings import operator_settings
from core.runs.databases.opening import check_address
from core.runs.runners.limits import operator_limits
from core.sharing import sharing
from dashboard.browser_cookie import BrowserCookie, signing_secret
from dashboard.components.machine import poller
from dashboard.components.runs import runner
from dashboard.film import routes as film
from dashboard.live import routes as live
from dashboard.login.identity import SignedIn
from dashboard.login.oidc import check_installed
from dashboard.login.routes import check_base
from dashboard.login.routes import routes as login_routes
from dashboard.machine import routes as machine
from dashboard.server import health, lifespan
from dashboard.server.headers import INDEX, SafeHeaders, page_policy
from dashboard.server.hosts import KnownHosts
from dashboard.server.metrics import Answers, CountAnswers
from dashboard.server.uploads import BoundedUploads
from dashboard.server.warm import import_pages

try:
    settings = operator_settings()
    sharing()
    check_address()
    if settings.ray:
        check_cluster(settings.ray)
    operator_limits()
    policy = page_policy(INDEX.read_text("utf-8"), settings.embed_on)
    login = login_settings()
    check_installed(login)
    check_base(login)
except InvalidRequest as refused:  # one sentence, not a server with other limits than were meant
    sys.stderr.write(f"{refused}\n")
    raise SystemExit(2) from None

if settings.log_format == "json":
    write_as_json()


@asynccontextmanager
async def alive(_app: st.App) -> AsyncIterator[None]:
    """The machine is read from the server's start on, so that its first visitor sees the last hour."""
    lifespan.warn(has_login=login.has_login and login.required)
    threading.Thread(target=import_pages, name="import-pages", daemon=True).start()
    readings = await run_in_threadpool(poller)
    async with lifespan.runs_resumed(runner), lifespan.ends_soon():
        yield
    await run_in_threadpool(readings.close)


answers = Answers()
app = st.App(
    "main.py",
    lifespan=alive,
    routes=[
        *film.routes(),
        *live.routes(lambda: runner().store, lambda run_id: runner().watched(run_id)),
        *machine.routes(),
        *login_routes(login, signing_secret, lambda: runner().store),
        *health.routes({"", film.base()}, runner, answers, settings.min_free_mib),
    ],
    middleware=[
        Middleware(CountAnswers, answers=answers),
        Middleware(SafeHeaders, page=policy),
        Middleware(KnownHosts),
        Middleware(BoundedUploads, max_bytes=settings.max_upload_mib * 2**20),
        Middleware(BrowserCookie),
        Middleware(SignedIn, known=login),
    ],
)
