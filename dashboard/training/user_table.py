"""A user's own table: the controls of its file, target and columns, and how it will be read."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import Any

import streamlit as st

from core.data import DATASETS, csv_table
from core.data.table_columns import CHOICES, DROP, FILL, OF_COLUMNS, REFUSE, Choices, names_as_text
from core.data.table_reading import Preview, as_rows
from core.data.user import user_csv
from core.errors import InvalidRequest
from core.training import TrainConfig
from dashboard.components.address import bound
from dashboard.components.markdown import escaped
from dashboard.components.option_field import help_of, option_field
from dashboard.components.upload_limits import say_upload_limits

MISSING = {REFUSE: "ask first", DROP: "drop the rows", FILL: "fill in"}
LABELS = {
    "leave_out": "Leave out",
    "as_numbers": "As numbers",
    "as_categories": "As categories",
    "missing": "Missing values",
    "drop_missing": "Drop rows without",
    "fill_missing": "Fill in",
    "decimal": "Decimal mark",
    "merge_case": "Yes and YES are one",
}


def choose_table(data: str) -> dict[str, Any]:
    """A user's CSV file, its target column and what its columns are. Raises InvalidRequest for no table."""
    limits = (
        f"At most {csv_table.MAX_ROWS:,} rows and {csv_table.MAX_COLUMNS} columns, the first row their names."
    )
    given = st.file_uploader("CSV file", type="csv", key="upload", help=limits)
    say_upload_limits()
    file = kept_table(given.getvalue()) if given else st.session_state.get("file", "")
    names = kept_columns(file)
    default = user_csv.default_target(file, DATASETS[data].task)
    if st.session_state.get("target_column", default) not in names:
        # The browser keeps what it shows for a key that is gone: only another value replaces it.
        st.session_state["target_column"] = default
    target = st.selectbox(
        "Target column",
        names,
        names.index(default),
        key="target_column",
        bind="query-params",
        filter_mode=None,
    )
    with st.expander("Columns and missing values", icon=":material/table_edit:"):
        choices = choose_columns([name for name in names if name != target])
    return {"file": file, "target_column": target} | choices


def choose_columns(names: list[str]) -> dict[str, Any]:
    """What is read otherwise than by itself; what is left as it is has no entry."""
    chosen: dict[str, Any] = {}
    columns = cycle(st.columns(2))
    for name, option in CHOICES.items():
        wide = name in (*OF_COLUMNS[:3], "merge_case")
        with st.container() if wide else next(columns):
            label, help = LABELS[name], help_of(option)
            if name in OF_COLUMNS:
                shown = {column: column for column in names}
                picked = bound(st.multiselect, label, names, [], key=name, names=shown, help=help)
                chosen[name] = names_as_text(picked) if picked else ""
            elif name == "missing":
                chosen[name] = bound(
                    st.selectbox,
                    label,
                    [*MISSING],
                    REFUSE,
                    key=name,
                    names=MISSING,
                    filter_mode=None,
                    help=help,
                )
            else:
                chosen[name] = option_field(label, option, option.default, name)
    return {name: value for name, value in chosen.items() if value != CHOICES[name].default}


def control_values(options: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the controls for the options of a run, by their keys; the rest at their defaults."""
    values = {name: options.get(name, option.default) for name, option in CHOICES.items()}
    choices = Choices(**values)
    try:
        names = kept_columns(options.get("file", ""))
        values |= {name: [*choices.named(name, names)] for name in OF_COLUMNS}
    except InvalidRequest:  # the file is gone
        values |= {name: [] for name in OF_COLUMNS}
    return values | {name: options[name] for name in ("file", "target_column") if name in options}


def preview_of(config: TrainConfig) -> Preview | None:
    """How the table of a training will be read, or why it cannot be; None for other data."""
    data = DATASETS[config.data]
    if "file" not in data.options:
        return None
    options = {"file": "", "target_column": "", **config.data_options}
    try:
        return kept_preview(task=data.task, **options)
    except InvalidRequest as error:
        return Preview((), 0, 0, 0, (), str(error))


def with_labels(problem: str) -> str:
    """What stands in the way, with the labels of the controls in place of the names of the options."""
    for name, label in LABELS.items():
        problem = problem.replace(f"({name})", f"(“{label}”)")
    return problem


def draw_preview(preview: Preview) -> None:
    """What each column is read as."""
    if not preview.columns:
        return
    if preview.problem is None:
        used = f"{preview.used_rows:,} of {preview.rows:,} rows and {preview.features} features are used."
    else:
        used = f"None of the {preview.rows:,} rows can be used yet."
    st.caption(" ".join([used, *map(escaped, preview.notes)]))
    rows = [{name.capitalize(): value for name, value in row.items()} for row in as_rows(preview)]
    text = st.column_config.TextColumn
    st.dataframe(
        rows,
        hide_index=True,
        key="table preview",
        column_config={
            "Column": text(pinned=True),
            "Missing": st.column_config.NumberColumn(help="Cells without a value", width="small"),
            "Values": text(help="The range of numbers, or the categories with their rows"),
            "Remarks": text(help="What was converted or left out, and why", width="large"),
        },
    )


@st.cache_data(max_entries=4, show_spinner=False)
def kept_table(content: bytes) -> str:
    """Keep an uploaded file; gives its name in the store of tables."""
    return user_csv.add(content)


@st.cache_data(max_entries=16, show_spinner=False)
def kept_columns(file: str) -> tuple[str, ...]:
    """The columns of a file in the store."""
    return user_csv.columns(file)


@st.cache_data(max_entries=16, show_spinner=False)
def kept_preview(**options: Any) -> Preview:
    """A preview, made once for the same choices."""
    return user_csv.preview(**options)
