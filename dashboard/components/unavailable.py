"""What a page says while the run store is locked, full or gone, and how it comes back by itself."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.errors import StoreUnavailable
from dashboard.components.markdown import escaped

RETRY_S = 2.0
_REFUSED = "what the store could not take"


def say(error: StoreUnavailable, besides: str = "") -> None:
    """Which fault it is, and what else is to be known."""
    st.warning(f"{escaped(str(error))} {besides}".rstrip(), icon=":material/sync_problem:")


def guarded(show: Callable[[], None], is_back: Callable[[], bool]) -> None:
    """A part of the page that can be drawn by itself; while it cannot be, it says why."""

    def draw() -> None:
        _say_refusal()
        try:
            show()
        except StoreUnavailable as error:
            say(error)
            draw_anew_when(is_back)

    st.fragment(draw)()


def draw_anew_when(is_back: Callable[[], bool]) -> None:
    """Look now and then whether the store is back, and draw the page anew then."""
    drawn = False

    def look() -> None:
        nonlocal drawn
        if drawn and is_back():
            st.rerun()
        drawn = True  # never at once: the browser needs this page before the next one

    st.fragment(look, run_every=RETRY_S)()


def in_callback(call: Callable[[], None]) -> None:
    """Do what a control asks for; where the store cannot take it, the next part that is drawn says so."""
    try:
        call()
    except StoreUnavailable as error:
        st.session_state[_REFUSED] = str(error)


def _say_refusal() -> None:
    """In a corner, where it stays for a while when the part is drawn again."""
    if refused := st.session_state.pop(_REFUSED, None):
        st.toast(f"This was not done. {escaped(refused)}", icon=":material/sync_problem:", duration="long")
