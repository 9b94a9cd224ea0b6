"""A part of a page that is drawn again when its run has something new; to ask for it costs next to nothing.

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


def ask_for_news(run_id: str, seen: str) -> None:
    """At the end of a fragment that shows a run: the browser has it drawn again when there is news.

    seen: the mark of core.runs.news from before what is drawn was read.
    """
    data = {
        "script": routes.script_address(),
        "address": routes.news_address(run_id),
        "seen": seen,
        "drawing": next(_drawings),  # else the script would not see a drawing of the same
    }
    _component(key=f"{KEY}{run_id}", data=data, on_news_change=lambda: None)
