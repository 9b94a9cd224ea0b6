"""What the server allows for one run, said beside the button that starts it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.errors import InvalidRequest
from core.records import to_record
from core.runs.runners.limits import expected_usage
from core.timing.results.units import in_bytes, in_time
from dashboard.components import runs
from dashboard.components.markdown import escaped


def say_limits(job: str, config: Any, with_estimate: bool = True) -> None:
    """A line below the button: what the run is expected to take, and what the server allows.

    Nothing where the server allows everything. with_estimate: False where the page says it already.
    """
    limits = runs.runner().limits
    if not limits or config is None:
        return
    record = to_record(config)
    try:
        limits.check(job, record)
    except InvalidRequest as error:
        st.warning(escaped(str(error)), icon=":material/timer_off:")
        return
    about = _about(job, record) if with_estimate else ""
    st.caption(escaped(f"{about} This server allows {limits} for a run.".strip()))


def _about(job: str, record: dict[str, Any]) -> str:
    expected = expected_usage(job, record)
    parts = [f"{in_time(expected.seconds)} of work"] if expected.seconds is not None else []
    parts += [f"{in_bytes(expected.memory_bytes)} of memory"] if expected.memory_bytes is not None else []
    parts += [f"{in_bytes(expected.disk_bytes)} of disk"] if expected.disk_bytes is not None else []
    listed = [", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts
    return f"About {' and '.join(listed)}." if listed else ""
