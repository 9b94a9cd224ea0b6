"""The Live monitor as a component of a page."""

from __future__ import annotations

import streamlit as st

from core.monitor.figures import described, strips
from dashboard.live.addresses import base
from dashboard.machine import routes

LOADER = """
const script = (address) => import(new URL(address, window.location.origin).href);
export default async (component) => (await script(component.data.script)).default(component);
"""
HTML = '<div class="monitor"></div>'
# What it is as high as at least, so that what stands below does not jump when it comes.
CSS = ".monitor { min-height: 900px; }"

_component = st.components.v2.component("live_monitor", html=HTML, css=CSS, js=LOADER)


def live_monitor(window_s: int, key: str) -> None:
    """Draw every device's readings now and over so many seconds; no script of the page runs for it again."""
    _component(key=key, data=data(window_s))


def data(window_s: int) -> dict[str, object]:
    """What the component needs beside what it fetches."""
    return {
        "script": routes.address("main.js"),
        "style": routes.address("monitor.css"),
        "readings": f"{base()}/machine/now",
        "files": {"CSV": f"{base()}/machine/readings.csv", "JSON": f"{base()}/machine/readings.json"},
        "window_s": window_s,
        "figures": dict(described()),
        "strips": {
            kind: [strip._asdict() for strip in strips(kind)] for kind in ("cpu", "cuda", "mps", "xpu")
        },
    }
