"""What pages of measurements have in common: what could not be measured, and what disturbed the rest."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.timing.results.table import NOTABLE_LOAD, Record, other_load, series_name
from dashboard.components.markdown import escaped


def draw_failures(records: Sequence[Record]) -> None:
    """A warning for each device that is absent, and each measurement that failed or cannot be right."""
    for record in records:
        if record["event"] == "device_absent":
            st.warning(escaped(f"{record['device']} is not available. {record['reason']}."))
        if record["event"] == "measurement_failed":
            what = f"{record['workload']}, {series_name(record)}, size {record['size']}"
            st.warning(escaped(f"{what}: {record['reason']}"))
        if record.get("not_believed"):
            what = f"{record.get('dtype', 'copy')} on {record['device']}"
            left_out = f"{what}: a figure is not believed and left out. {record['not_believed']}."
            st.warning(escaped(left_out))


def draw_load_warning(records: Sequence[Record], consequence: str) -> None:
    """A word on other programs that used the CPU during a measurement, where that matters."""
    load = other_load(records)
    if load is not None and load >= NOTABLE_LOAD:
        st.caption(
            f":material/warning: Other programs used up to {load:.0f}% of the CPU during a measurement, so "
            f"{consequence}."
        )
