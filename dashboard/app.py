"""Nablascope's server: the pages of main.py, and what a browser fetches by itself.

`streamlit run dashboard/app.py` starts it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from core.errors import InvalidRequest
from core.sharing import sharing
from dashboard.browser_cookie import BrowserCookie
from dashboard.components.machine import poller
from dashboard.film import routes as film
from dashboard.machine import routes as machine

try:
    sharing()
except InvalidRequest as refused:
    raise SystemExit(
        str(refused)
    ) from None  # one sentence instead of a server whose limits are not those meant


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """The machine is read from the server's start on, so that its first visitor sees the last hour."""
    running = await run_in_threadpool(poller)
    yield
    await run_in_threadpool(running.close)


app = st.App(
    "main.py",
    lifespan=lifespan,
    routes=[*film.routes(), *machine.routes()],
    middleware=[Middleware(BrowserCookie)],
)
