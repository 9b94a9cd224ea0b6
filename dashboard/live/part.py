"""A part of a page that is drawn again when what it shows has news; to ask for it costs next to nothing.

Streamlit's own clock (run_every) would draw it each time, whether or not anything is new or anybody sees it.
"""

from __future__ import annotations

import itertools

import streamlit as st

from dashboard.live import routes

LOADER = """
const script = (address) => import(new URL(address, window.location.origin).href);
export default async (component) => (await script(component.data.script)).default(component);
"""
KEY = "live-of-"  # main.py hides what has a key that begins so

_component = st.components.v2.component("live_part", html="<i></i>", js=LOADER)
_drawings = itertools.count()


def ask_for_news(seen: str, *run_ids: str) -> None:
    """At the end of a fragment that shows runs: the browser has it drawn again when there is news.

    seen: the mark of core.runs.news of all of them, from before what is drawn was read.
    """
    _ask("-".join(run_ids), routes.news_address(*run_ids), seen)


def ask_for_end(run_id: str) -> None:
    """At the end of a fragment that waits for a run: it is drawn again once, when that has ended."""
    _ask(run_id, routes.end_address(run_id), "", first_s=routes.END_S)


def ask_for_readings(name: str, seen: str) -> None:
    """At the end of a fragment that shows this machine's readings; name: of the fragment, of those of a page.

    seen: the mark of dashboard.live.readings, from before what is drawn was read.
    """
    _ask(name, routes.readings_address(), seen)


def _ask(name: str, address: str, seen: str, first_s: float = routes.FIRST_S) -> None:
    data = {
        "script": routes.script_address(),
        "address": address,
        "seen": seen,
        "first_s": first_s,  # until the first question
        "drawing": next(_drawings),  # else the script would not see a drawing of the same
    }
    _component(key=f"{KEY}{name}", data=data, on_news_change=lambda: None)
