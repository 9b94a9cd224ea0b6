"""Cost: how long each activation function takes on this machine, why, and what it keeps in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core import devices
from core.activations import ACTIVATIONS
from core.errors import InvalidRequest
from core.events import Picture
from core.runs.store import Run
from core.timing.activation_cost.config import CostConfig
from core.timing.activation_cost.table import cost_csv, cost_rows, fastest
from core.timing.results.table import NOTABLE_LOAD, other_load, to_json
from core.timing.roofline.points import roofline_points
from core.timing.workloads.workload import FLOATS
from dashboard.charts.cost import fused_chart, memory_chart, time_chart
from dashboard.charts.roofline import roofline_chart
from dashboard.components import runs
from dashboard.components.custom_activation import own_field
from dashboard.components.svg import svg_button

FIRST = ["relu", "leaky_relu", "sigmoid", "tanh", "gelu", "silu", "mish", "snake"]
NAMES = {activation.name: key for key, activation in ACTIVATIONS.items()}
SIZES = [4**power for power in range(5, 13)]
POINT_SECONDS = 0.3


def short(count: int) -> str:
    """4096 is "4k", 1048576 is "1M"; the address holds these too."""
    return f"{count >> 20}M" if count >= 2**20 else f"{count >> 10}k"


def choose() -> CostConfig | None:
    """What to measure, from the controls; None, with the reason on the page, when it cannot be measured."""
    names = st.multiselect(
        "Functions",
        [*NAMES],
        default=[ACTIVATIONS[key].name for key in FIRST],
        key="functions",
        bind="query-params",
        wrap=True,
    )
    own = own_field(st.container(), "Your own f(x)")
    sizes, formats, places, threads = st.columns([1.4, 2.2, 1, 1])
    size = sizes.select_slider(
        "Elements",
        SIZES,
        SIZES[5],
        format_func=short,
        key="size",
        bind="query-params",
        help="1k is 1,024, 1M is 1,048,576. Few elements stay in the processor's caches; many must come from "
        "memory.",
    )
    dtype = formats.pills(
        "Precision", FLOATS, default=FLOATS[0], required=True, key="dtype", bind="query-params"
    )
    absent = devices.absent()
    found = {d.id: d.name for d in devices.devices() if d.kind not in absent and d.kind != "cpu"}
    names_of = {"cpu": "CPU"} | found
    device = places.pills(
        "Device",
        [*names_of],
        default="cpu",
        required=True,
        format_func=names_of.__getitem__,
        key="device",
        bind="query-params",
    )
    counts = sorted({1, devices.usable_cores()})
    count = threads.pills(
        "CPU threads",
        counts,
        default=1,
        required=True,
        key="threads",
        bind="query-params",
        help="One thread is disturbed least by other programs, so functions are told apart best.",
    )
    compare_unfused = st.toggle(
        "Compare with the unfused formula",
        value=True,
        key="composed",
        bind="query-params",
        help="PyTorch has one fused call for many functions. The same formula, one operation after another, "
        "shows what that is worth.",
    )
    try:
        return CostConfig(
            activations=(
                *(key for name, key in NAMES.items() if name in names),
                *([own] if own else []),
            ),
            size=size,
            dtype=dtype,
            device=device,
            threads=count,
            max_seconds=POINT_SECONDS,
            compare_unfused=compare_unfused,
        )
    except InvalidRequest as error:
        st.error(str(error))
        return None


def draw(run: Run, records: list[dict[str, Any]], _pictures: dict[str, Picture]) -> None:
    """The figures so far."""
    for record in records:
        if record["event"] == "device_absent":
            st.warning(f"{record['device']} is not here. {record['reason']}.")
        if record["event"] == "measurement_failed":
            st.warning(f"{record['workload']}, {record['step']}: {record['reason']}")
    rows = cost_rows(records)
    if not rows:
        if not run.ended:
            st.caption("First the roof: the best matrix product and the bandwidth of a copy.")
        return
    left, right = st.columns(2)
    with left:
        draw_times(rows, records)
    with right:
        draw_roof(records)
    saved = [record for record in records if record["event"] == "memory_saved"]
    left, right = st.columns(2)
    if any(row["verdict"] for row in rows):
        with left:
            draw_fused(rows)
    if saved:
        with right if any(row["verdict"] for row in rows) else left:
            draw_memory(saved)
    draw_table(run.id, rows, records)


def draw_times(rows: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]) -> None:
    """Bars, and who is fastest."""
    st.altair_chart(time_chart(rows), key="times")
    told = []
    for step in ("forward", "backward"):
        first, *tied = fastest(records, step) or [""]
        if first:
            others = f", tied with {', '.join(tied)}" if tied else ""
            told.append(f"Fastest {step}: **{first}**{others}.")
    st.caption(
        "Look at which bars are alike: cheap functions all take as long as reading and writing memory does. "
        + " ".join(told)
    )
    load = other_load(records)
    if load is not None and load >= NOTABLE_LOAD:
        st.caption(
            f":material/warning: Other programs used up to {load:.0f}% of the CPU during a measurement: "
            "times may be longer than they need to be, and more functions tie."
        )


def draw_roof(records: Sequence[dict[str, Any]]) -> None:
    """Each pass as a dot."""
    roofs = [record for record in records if record["event"] == "roof_measured"]
    st.altair_chart(roofline_chart(roofs, roofline_points(records), colour="step"), key="roof")
    st.caption(
        "Look at how far dots lie below the slanted line, which is what memory allows: those far below wait "
        "for exponentials and logarithms. Dots above it work in a cache. The flat line is the best matrix "
        "product, which no activation comes near: each element counts as one operation here."
    )


def draw_fused(rows: Sequence[dict[str, Any]]) -> None:
    """The fused call against the unfused formula."""
    st.altair_chart(fused_chart(rows), key="fused")
    st.caption(
        "Look for points right of 1: there the fused call beats the formula, since it reads and writes "
        "memory once. Both were measured in turns; SAME, FASTER and SLOWER in the table were confirmed twice."
    )


def draw_memory(saved: Sequence[dict[str, Any]]) -> None:
    """What a training step holds."""
    st.altair_chart(memory_chart(saved), key="memory")
    st.caption(
        "Look at what is saved in between: a network holds inputs and results of its layers anyway, but what "
        "a formula leaves in between is memory that only this function needs."
    )


def draw_table(name: str, rows: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]) -> None:
    """Every figure, to read and to take away."""
    number = st.column_config.NumberColumn
    shown = [
        {
            "Function": row["name"],
            "Pass": row["step"],
            "Median (µs)": 1e6 * row["median_s"],
            "95% CI (± %)": 50 * (row["ci_high_s"] - row["ci_low_s"]) / row["median_s"],
            "Over the fastest": row["times_as_long"],
            "Tied": row["tied"],
            "GB/s": row["gbps"],
            "% of copy": row["percent_of_bandwidth"],
            "Limit": row["limit"],
            "Saved (B)": row["saved_bytes"],
            "Fused": row["fused_times_as_fast"],
            "Verdict": row["verdict"],
        }
        for row in rows
    ]
    st.dataframe(
        shown,
        hide_index=True,
        key="figures",
        column_config={
            "Median (µs)": number(format="%.4g"),
            "95% CI (± %)": number(format="%.1f"),
            "Over the fastest": number(format="%.3gx", help="Times as long as the fastest in this pass"),
            "GB/s": number(format="%.3g"),
            "% of copy": number(format="%.0f", help="Of the bandwidth of a copy; above 100 a cache served"),
            "Saved (B)": number(format="%.3g", help="Bytes an element saved for the backward pass"),
            "Fused": number(format="%.3gx", help="Times as fast as the unfused formula"),
        },
    )
    text = cost_csv(rows)
    with st.container(horizontal=True):
        save(f"cost-{name}.csv", "CSV", text, "text/csv")
        save(f"cost-{name}.json", "JSON with raw samples", to_json(records), "application/json")
        svg_button(f"cost-{name}.svg")


def save(file_name: str, label: str, text: str, mime: str) -> None:
    """A button that downloads, without a rerun."""
    st.download_button(
        label, text, file_name, mime, icon=":material/download:", on_click="ignore", key=f"save-{mime}"
    )


st.title("Cost")
st.markdown("How long does an activation function take on this machine, and how much memory does it keep?")
config = choose()
if st.button("Start", type="primary", icon=":material/speed:", disabled=config is None) and config:
    runs.start("cost", config)
run = runs.addressed_run("cost")
if run:
    runs.follow(run, draw)
else:
    st.info("Choose functions, then press **Start**: the roof first, then a bar for each function and pass.")
