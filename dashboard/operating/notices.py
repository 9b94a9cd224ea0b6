"""What an operator says to everybody, on top of each page of a server that people share."""

from __future__ import annotations

import streamlit as st

from core.errors import InvalidRequest
from core.runs.hosting.notices import DRAINED, held
from dashboard.components.markdown import escaped
from dashboard.components.runner import is_shared, runner
from dashboard.components.visitor import Visitor, visitor

LOOK_EVERY_S = 30.0  # also on a page that nobody touches


def draw_notices(who: Visitor) -> None:
    """Nothing where one person sits at one machine. who: for whom the page was drawn."""
    if is_shared():
        st.fragment(_show, run_every=LOOK_EVERY_S)(who)


def _show(who: Visitor) -> None:
    if visitor().owner.id != who.owner.id:  # signed out in another tab: nothing more is shown here
        st.rerun()
    try:
        now = held(runner().store)
    except InvalidRequest:  # pages say that the folder cannot be read
        return
    if now.message:
        st.info(escaped(now.message), icon=":material/campaign:")
    if now.drained_since is not None:
        st.warning(DRAINED, icon=":material/hourglass_bottom:")
