"""Addresses of the server's own routes."""

from __future__ import annotations

import streamlit as st


def base() -> str:
    """What comes before /film and the others: nothing, or server.baseUrlPath."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""
