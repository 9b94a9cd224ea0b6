"""Panels of measured workloads: best rates, charts over the size, device readings, and all figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st

from core.timing.results.table import (
    Record,
    fastest,
    measurements,
    rate_of,
    series_name,
    table,
    to_csv,
    to_json,
)
from core.timing.sweeps.speedup import against_random, speedups
from dashboard.charts.machine.benchmark import (
    data_chart,
    rate_chart,
    reading_chart,
    reported,
    speedup_chart,
    time_chart,
    unreported,
)
from dashboard.components.downloads import JSON, File, downloads
from dashboard.components.markdown import escaped
from dashboard.components.measurements import draw_failures, draw_load_warning


def draw_result(records: Sequence[Record], sizes: Sequence[int], name: str) -> None:
    """Figures of one workload, and what could not be measured."""
    draw_failures(records)
    if not measurements(records):
        return
    draw_best(records)
    left, right = st.columns(2)
    show(left, rate_chart(records, sizes, log_y=st.session_state.get("log_rate", False)), "rate")
    show(right, time_chart(records, sizes), "time")
    left, right = st.columns(2)
    if any(speedup.series != speedup.reference for speedup in speedups(records)):
        show(left, speedup_chart(records, sizes), "speedup")
    draw_readings(right, records)
    if against_random(records):
        show(left, data_chart(records, sizes), "data")
        left.caption("Look for lines off 1: a benchmark on such data would mislead by so much.")
    draw_table(name, records)


def draw_best(records: Sequence[Record]) -> None:
    """The highest rate of each precision, and a word on what disturbed the run."""
    with st.container(horizontal=True):
        for best in fastest(records, by="dtype"):
            rate, unit = rate_of(best)
            st.metric(
                f"Best {escaped(best['dtype'])}",
                f"{rate:,.3g} {unit}" if rate < 100 else f"{rate:,.0f} {unit}",
                escaped(f"{series_name(best)}, size {best['size']}"),
                delta_color="off",
                delta_arrow="off",
                width="content",
            )
    draw_load_warning(
        records, "figures may be lower than this machine can do, above all those with all threads"
    )


def draw_readings(container: Any, records: Sequence[Record]) -> None:
    """What the devices reported during each measurement, or after it."""
    for reading in reported(records):
        show(container, reading_chart(records, reading), reading)
    container.caption("  \n".join(map(escaped, unreported(records))))


def draw_table(name: str, records: Sequence[Record]) -> None:
    """Every figure, to read and to download."""
    number = st.column_config.NumberColumn
    st.dataframe(
        table(records),
        hide_index=True,
        key="figures",
        column_config={
            "device": "Device",
            "dtype": "Precision",
            "threads": "Threads",
            "size": number("Size", format="%d"),
            "data": "Data",
            "gflops": number("GFLOP/s", format="localized"),
            "median_us": number("Median (µs)", format="localized"),
            "plus_minus_percent": number("95% CI (± %)", format="%.1f"),
            "first_call_us": number(
                "First call (µs)",
                format="localized",
                help="Of this size, in a process that may have used torch before",
            ),
            "samples": "Samples",
            "stopped_by": "Stopped by",
            "wall_us": number(
                "Wall (µs)",
                format="localized",
                help="What a program waits for each of many calls in a row; the median is the device's own "
                "time",
            ),
            "latency_us": number(
                "Latency (µs)", format="localized", help="One call alone, until its result is there"
            ),
            "launch_us": number(
                "Launch (µs)", format="localized", help="What a call takes the program itself"
            ),
            "launches_hidden": st.column_config.CheckboxColumn(
                "Launches hidden", help="The median is free of launching"
            ),
            "link": "Link",
            "not_believed": "Not believed",
        },
    )
    draw_downloads(name, records)


def draw_downloads(name: str, records: Sequence[Record]) -> None:
    """All figures as files."""
    downloads(
        File("CSV", f"benchmark-{name}.csv", to_csv(records)),
        File("JSON with raw samples", f"benchmark-{name}.json", to_json(records), JSON),
        svg=f"benchmark-{name}.svg",
    )


def show(container: Any, chart: alt.Chart | alt.LayerChart, key: str) -> None:
    """A chart; its description is its text for those who cannot see it."""
    container.altair_chart(chart, key=f"chart-{key}")
