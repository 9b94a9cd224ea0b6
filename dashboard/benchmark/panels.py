"""Panels of measured workloads: best rates, charts over the size, device readings, and all figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st

from core.timing.results.emulation import emulated_lines, is_emulated
from core.timing.results.labels import precision_label
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
from core.timing.sweeps.speedup import against_random, crossings, speedups
from dashboard.charts.machine.benchmark import (
    data_chart,
    has_bands,
    rate_chart,
    reading_chart,
    reported,
    speedup_chart,
    time_chart,
    unreported,
)
from dashboard.charts.machine.known import MAX_SERIES, Known, known_of
from dashboard.components.downloads import JSON, File, downloads
from dashboard.components.markdown import escaped
from dashboard.components.results.measurements import draw_failures, draw_load_warning


def draw_result(
    records: Sequence[Record], sizes: Sequence[int], name: str, every: Sequence[Record] | None = None
) -> None:
    """Figures of one workload, and what could not be measured.

    every: all records of the result, which say what the devices can do; they are what is downloaded.
    """
    draw_failures(records)
    taken = measurements(records)  # all that most charts look at, of records that are twice as many or more
    if not taken:
        return
    every = records if every is None else every
    known = known_of(every, records)
    draw_best(records, known)
    if known.shown is not None:
        st.caption(f"Charts show the {MAX_SERIES} fastest series; the table has all.")
    state = st.session_state
    left, right = st.columns(2)
    show(left, rate_chart(taken, sizes, state.get("log_rate", False), known), "rate")
    if of := has_bands(taken, known):
        left.caption(f"Shaded: 85 to 100% of what the {of} allows at each size, by arithmetic and memory.")
    first_calls = state.get("first_calls", False)
    show(right, time_chart(taken, sizes, known, first_calls), "time")
    if first_calls:
        right.caption("Thin lines: dotted the first call of a size, dashed calls on cold caches.")
    left, right = st.columns(2)
    if any(speedup.series != speedup.reference for speedup in speedups(taken)):
        show(left, speedup_chart(taken, sizes, known), "speedup")
        left.caption("  \n".join(map(escaped, crossings(taken)[:MAX_SERIES])))
    draw_readings(right, records)
    if against_random(taken):
        show(left, data_chart(taken, sizes, known), "data")
        left.caption("Look for lines off 1: a benchmark on such data would mislead by so much.")
    draw_table(name, taken, known, every)


def draw_best(records: Sequence[Record], known: Known) -> None:
    """The highest rate of each precision, and a word on what is emulated and what disturbed the run."""
    formats = known.emulated
    small = []
    with st.container(horizontal=True):
        for best in fastest(records, by="dtype"):
            rate, unit = rate_of(best)
            shown = f"{rate:,.3g} {unit}" if rate < 100 else f"{rate:,.0f} {unit}"
            if is_emulated(best, formats):
                small.append(f"{best['dtype']} reaches {shown} ({series_name(best)})")
                continue
            st.metric(
                f"Best {escaped(precision_label({'precision': None} | dict(best)))}",
                shown,
                escaped(f"{series_name(best)}, size {best['size']:,}"),
                delta_color="off",
                delta_arrow="off",
                width="content",
            )
    if small:
        st.caption(
            f":material/info: {escaped('; '.join(emulated_lines(formats)))}. {escaped('; '.join(small))}. "
            "Points of it beyond "
            "the axes of the others are in the table alone."
        )
    draw_load_warning(
        records, "figures may be lower than this machine can do, above all those with all threads"
    )


def draw_readings(container: Any, records: Sequence[Record]) -> None:
    """What the devices reported during each measurement, or after it."""
    sampled = [record for record in records if record["event"] == "device_sampled"]
    for reading in reported(sampled):
        show(container, reading_chart(sampled, reading), reading)
    container.caption("  \n".join(map(escaped, unreported(sampled))))


def draw_table(name: str, taken: Sequence[Record], known: Known, every: Sequence[Record]) -> None:
    """Every figure, to read and to download."""
    number = st.column_config.NumberColumn
    st.dataframe(
        _rows(taken, known),
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
            "precision": st.column_config.TextColumn(
                "Ran in", help="The precision that really ran, found by comparing with float64"
            ),
            "of_ceiling": number(
                "% of ceiling",
                format="%.0f",
                help="Of what the data sheet allows, or else the best product and copy that were measured",
            ),
            "cold_us": number("Cold (µs)", format="localized", help="On caches that were emptied before"),
            "limit": "Limit",
            "energy": st.column_config.TextColumn(
                "Energy of a call", help="With its 95% interval, or why it is not known", width="medium"
            ),
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
    draw_downloads(name, every)


def _rows(taken: Sequence[Record], known: Known) -> list[dict[str, Any]]:
    """The table, with what each point reaches of its ceiling where one is known."""
    reached = {(one.series, one.size): one.percent for one in known.ceilings(taken)}
    rows = table(taken)
    if not reached:
        return rows
    return [
        row | {"of_ceiling": reached.get((series_name(record), record["size"]))}
        for row, record in zip(rows, taken, strict=True)
    ]


def draw_downloads(name: str, records: Sequence[Record]) -> None:
    """All figures as files."""
    downloads(
        File("CSV", f"benchmark-{name}.csv", lambda: to_csv(records)),
        File("JSON with raw samples", f"benchmark-{name}.json", lambda: to_json(records), JSON),
        svg=f"benchmark-{name}.svg",
    )


def show(container: Any, chart: alt.Chart | alt.LayerChart, key: str) -> None:
    """A chart; its description is its text for those who cannot see it."""
    container.altair_chart(chart, key=f"chart-{key}")
