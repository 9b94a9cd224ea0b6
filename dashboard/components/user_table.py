"""The controls of a user's own table: a CSV file and its target column."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.data import DATASETS, csv_table, user_csv


def choose_table(data: str) -> dict[str, Any]:
    """A user's CSV file and its target column. Raises InvalidRequest for a file that is no table."""
    limits = (
        f"At most {csv_table.MAX_ROWS:,} rows and {csv_table.MAX_COLUMNS} columns, the first row their names."
    )
    given = st.file_uploader("CSV file", type="csv", key="upload", help=limits)
    file = kept_table(given.getvalue()) if given else st.session_state.get("file", "")
    names = user_csv.columns(file)
    if st.session_state.get("target_column") not in names:
        st.session_state.pop("target_column", None)
    default = names.index(user_csv.default_target(file, DATASETS[data].task))
    target = st.selectbox(
        "Target column", names, default, key="target_column", bind="query-params", filter_mode=None
    )
    return {"file": file, "target_column": target}


@st.cache_data(max_entries=4, show_spinner=False)
def kept_table(content: bytes) -> str:
    """Keep an uploaded file; gives its name in the store of tables."""
    return user_csv.add(content)
