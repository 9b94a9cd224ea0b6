"""What components of our own report when a person has done something in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

Message = Callable[[Any], None]


def handed_on(key: str, name: str, receive: Message | None) -> Callable[[], None]:
    """A callback of a component that hands its report of this name on, before the page is drawn again.

    Nothing where the session holds none: a part of the page that was drawn in between, without the component,
    forgets what it had reported.
    """

    def report() -> None:
        value = (st.session_state.get(key) or {}).get(name)
        if value is not None and receive:
            receive(value)

    return report
