"""How large uploaded files may be, said below each control that takes one, where a refused one is seen."""

from __future__ import annotations

import streamlit as st

from core.operator_settings import operator_settings


def say_upload_limits() -> None:
    """The browser says no more of a refused file than the number 413."""
    of_file, of_tab = st.get_option("server.maxUploadSize"), operator_settings().max_upload_mib
    st.caption(
        f"A file may have {of_file} MB, and all files in this tab together {of_tab} MiB. An upload that ends "
        "with 413 was more than that: remove a file, or reload the page."
    )
