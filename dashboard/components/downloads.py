"""Buttons that download what a page shows: its numbers as files, its charts as one SVG."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from dashboard.components.svg import svg_button

CSV, JSON = "text/csv", "application/json"


class File(NamedTuple):
    """A file to download; its content may be made when it is asked for."""

    label: str
    name: str
    content: str | Callable[[], str]
    mime: str = CSV


def downloads(*files: File, svg: str | None = None) -> None:
    """A button for each file, and one for the charts under the name `svg`; none of them causes a rerun."""
    with st.container(horizontal=True):
        for file in files:
            st.download_button(
                file.label,
                file.content,
                file.name,
                file.mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"download {file.name}",
            )
        if svg:
            svg_button(svg)
