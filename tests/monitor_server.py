"""The live monitor served as the dashboard serves it, and a bare page that shows it, without Streamlit."""

from __future__ import annotations

import contextlib
import html
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPMessage
from typing import NamedTuple

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from core.devices import Device, Reading
from core.devices.gpu_processes import GpuProcess, Identity
from core.monitor.poller import Poller
from core.monitor.sources import ListedProcess, Snapshot
from core.runs.store import RunStore
from dashboard.machine import routes
from dashboard.machine.monitor import CSS, HTML, data
from tests.browser.app import free_port

_PAGE = """<!doctype html><meta name="viewport" content="width=device-width"><title>Monitor</title>
<style>{css}</style>
<body style="margin: 0; font-family: sans-serif; background: var(--st-background-color); {theme}">
<main style="max-width: 1280px; margin: 16px auto; padding: 0 16px">{html}</main>
<script type="module">
  import mount from "{script}";
  window.unmount = await mount({{ parentElement: document.querySelector("main"), data: {data} }});
</script>"""
_THEME = {"background": "#FFFFFF", "text": "#1F2933", "border": "#D9DEE4", "primary": "#0072B2"}


class Answer(NamedTuple):
    """What a browser gets."""

    status: int
    body: bytes
    headers: HTTPMessage


@dataclass
class Source:
    """A device whose load is the number of readings, and whose driver can be blocked or made to fail."""

    name: str = "the source"
    notices: tuple[str, ...] = ("No GPU here.",)
    device: Device = field(default_factory=lambda: Device("cpu", "A device", "cpu"))
    reads: int = 0
    error: Exception | None = None
    goes: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.goes.set()

    def read(self, now_s: float) -> list[Snapshot]:
        """The device, once nobody blocks it."""
        self.goes.wait(60)
        if self.error is not None:
            raise self.error
        self.reads += 1
        readings = {"utilisation": Reading("utilisation", float(self.reads % 100), "%")}
        readings["clock"] = Reading("clock", None, "MHz", "not reported: Not Supported")
        processes = (ListedProcess(GpuProcess(77, None, None), Identity(reason="it has just ended")),)
        return [Snapshot(self.device.id, self.device, readings, processes=processes)]


class MonitorServer:
    """Where a browser finds the monitor of a poller."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str) -> Answer:
        """What is answered, errors too."""
        try:
            with urllib.request.urlopen(f"{self.url}{path}") as answer:
                return Answer(answer.status, answer.read(), answer.headers)
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), error.headers)


@contextlib.contextmanager
def monitor_server(poller: Poller, store: RunStore) -> Iterator[MonitorServer]:
    """Serve what a poller knows."""
    port = free_port()
    app = Starlette(routes=[Route("/page", _page), *routes.routes(lambda: poller, lambda: store)])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield MonitorServer(f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join()


def _page(request: Request) -> HTMLResponse:
    theme = "; ".join(f"--st-{name}-color: {color}" for name, color in _THEME.items())
    described = data(int(request.query_params.get("window", 120)))
    return HTMLResponse(
        _PAGE.format(
            css=CSS,
            html=HTML,
            theme=html.escape(theme),
            script=described["script"],
            data=json.dumps(described),
        )
    )
