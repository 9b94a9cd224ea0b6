"""What begins with the server: warnings, the runner, and the runs that an earlier end of it interrupted."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import streamlit as st
import uvicorn
from starlette.concurrency import run_in_threadpool

from core.errors import InvalidRequest
from core.runs.runners.local import LocalRunner
from dashboard.server.exposure import current_user_id, warnings_at_start

_log = logging.getLogger(__name__)
GOODBYE_S = 1  # for answers under way when the server ends
END_S = 3.0  # after that, for all else, of which the workers have CLOSE_GRACE_S
LOOK_EVERY_S = 2.0  # for runs that an ended server left; its workers need a moment to end theirs


async def resume_interrupted_runs(runner: Callable[[], LocalRunner]) -> None:
    """Start the runner without waiting for a visitor, and resume what the end of a server left.

    Another server that shares the data folder may end at any time; its runs are resumed here as well.
    """
    said = ""
    while True:
        try:
            for run_id in await run_in_threadpool(lambda: runner().resume_what_a_restart_left()):
                _log.warning("The run %s is resumed; the end of a server had interrupted it.", run_id)
            said = ""
        except InvalidRequest as error:  # the folder cannot be written; pages say so too
            if str(error) != said:
                _log.warning(str(error))
            said = str(error)
        except Exception:  # a locked file, say: at the next look it may be free
            if not said:
                _log.exception("The runs of an ended server could not be looked for.")
            said = "failed"
        await asyncio.sleep(LOOK_EVERY_S)


@asynccontextmanager
async def runs_resumed(runner: Callable[[], LocalRunner]) -> AsyncIterator[None]:
    """resume_interrupted_runs() beside the server, whose end ends all workers."""
    task = asyncio.create_task(resume_interrupted_runs(runner))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        with suppress(InvalidRequest):  # there is none where its folder cannot be written
            await run_in_threadpool(lambda: runner().close())


@asynccontextmanager
async def ends_soon() -> AsyncIterator[None]:
    """Around the server's life: nothing that is slow holds up its end.

    Streamlit sets no bound for who brings or takes a file slowly; its server is whose method the signals have
    by now. A thread that waits, for a zip, a locked store or a driver, would keep the process; what is lost
    with it is no more than a kill -9 can take.
    """
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if not isinstance(server, uvicorn.Server):  # somebody else's process
        yield
        return
    server.config.timeout_graceful_shutdown = GOODBYE_S
    yield
    ending = threading.Timer(END_S, os._exit, (0,))
    ending.daemon = True
    ending.start()


def warn(has_login: bool) -> None:
    """Say what an operator should know of who can reach the server."""
    for sentence in warnings_at_start(st.get_option("server.address"), has_login, current_user_id()):
        _log.warning(sentence)
