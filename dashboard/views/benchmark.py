"""Benchmark: every workload over its axes, suites, the machine's roofline, and results of any machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core import devices
from core.events import Picture
from core.runs.store import Run
from core.timing.results.table import measurements
from dashboard.benchmark import controls
from dashboard.benchmark.opened import (
    draw_earlier,
    draw_example,
    draw_figures,
    draw_opened,
    list_conclusions,
)
from dashboard.benchmark.panels import draw_downloads
from dashboard.benchmark.self_comparison import choose_self_comparison, draw_self_comparisons
from dashboard.components import address, runs
from dashboard.components.address import bound
from dashboard.components.device_picker import device_names
from dashboard.components.layout import heading
from dashboard.components.limits import say_limits
from dashboard.components.results.measurements import draw_failures
from dashboard.components.results.roofline import draw_roofline

WORKLOAD, SUITE, ROOFLINE, ITSELF, RESULT = "workload", "suite", "roofline", "self_comparison", "result"
MEASURED = {
    WORKLOAD: "Workload",
    SUITE: "Suite",
    ROOFLINE: "Roofline",
    ITSELF: "False verdicts",
    RESULT: "A stored result",
}
JOBS = {WORKLOAD: "timing", SUITE: "suite", ROOFLINE: "roofline", ITSELF: "self_comparison"}
INTRODUCTIONS = {
    WORKLOAD: "How fast this machine does one operation: each point is a median with its 95% confidence "
    "interval.",
    SUITE: "A ready choice of operations, first the roofs of each device, and what all of them say of the "
    "machine.",
    ROOFLINE: "How fast this machine can compute, how fast it can copy, and how near each kind of operation "
    "comes to that.",
    ITSELF: "How far verdicts can be trusted here: one operation is compared with itself many times, as two "
    "are compared everywhere. FASTER or SLOWER would be false.",
    RESULT: "A result of this or another machine, drawn again and compared.",
}


CHOICES: dict[str, Callable[[], Any]] = {
    WORKLOAD: controls.choose_workload,
    SUITE: controls.choose_suite,
    ROOFLINE: controls.roofline_config,
    ITSELF: choose_self_comparison,
}


def forget_run() -> None:
    """What is measured next has an address of its own."""
    address.changes().put("run", None)


def explain_missing_accelerator() -> None:
    """Say plainly when there is no GPU, and what is shown instead."""
    if len(device_names()) == 1:
        st.info(
            f"**No GPU to compare with.** {devices.absent().get('cuda', 'PyTorch finds none')}. "
            "So this page compares the CPU with itself: its threads and its precisions.",
            icon=":material/memory:",
        )


def start(measure: str) -> None:
    """Controls, the button, and about how long it will take."""
    config: Any = CHOICES[measure]()
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Start", type="primary", icon=":material/speed:", disabled=config is None) and config:
            runs.start(JOBS[measure], config)
        if measure in (WORKLOAD, SUITE):
            st.toggle("Logarithmic rate", key="log_rate", bind="query-params")
            st.toggle("Cold and first calls", key="first_calls", bind="query-params")
        if config:
            st.caption(controls.in_words(config))
    say_limits(JOBS[measure], config, with_estimate=False)


def draw(run: Run, records: list[dict[str, Any]], _pictures: dict[str, Picture]) -> None:
    """The results of a run so far: what they say, and below that all figures."""
    if run.job == JOBS[ITSELF]:
        draw_self_comparisons(run, records)
        return
    if run.ended or any(record["event"] in ("measurement_taken", "peak_found") for record in records):
        list_conclusions(records)
    if run.job == JOBS[ROOFLINE]:
        draw_machine(run, records)
    else:
        draw_figures(records, run.id, run.config)
    draw_earlier(run, records)


def draw_machine(run: Run, records: list[dict[str, Any]]) -> None:
    """The roofline of a run so far, and what failed."""
    draw_failures(records)
    draw_roofline(records)
    if measurements(records):
        draw_downloads(run.id, records)
    elif not run.ended:
        st.caption("First the best matrix product of each precision, then the copy, then further operations.")


heading("benchmark")
measure = bound(
    st.segmented_control,
    "Measure",
    MEASURED,
    WORKLOAD,
    key="measure",
    names=MEASURED,
    required=True,
    on_change=forget_run,
    label_visibility="collapsed",
)
st.markdown(INTRODUCTIONS[measure])
if measure == RESULT:
    draw_opened()
else:
    if measure == WORKLOAD:
        explain_missing_accelerator()
    start(measure)
    run = runs.addressed_run(JOBS[measure])
    if run:
        runs.follow(run, draw)
    else:
        st.caption(
            "The first points appear about a second after the start. A run has an address: share or reload "
            "it."
        )
        if measure == WORKLOAD and len(device_names()) == 1:
            draw_example()
