"""Cost: how long each activation function takes on this machine, why, and what it saves for backward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core import devices
from core.errors import InvalidRequest
from core.events import Picture
from core.runs.store import Run
from core.timing.activation_cost.config import CostConfig
from core.timing.activation_cost.table import cost_csv, cost_rows, fastest
from core.timing.results.table import to_json
from core.timing.results.units import half_width_percent, microseconds
from core.timing.roofline.points import roofline_points
from core.timing.workloads.workload import FLOATS
from dashboard.charts.cost import fused_chart, memory_chart, time_chart
from dashboard.charts.machine.roofline import roofline_chart
from dashboard.components import runs
from dashboard.components.activation_picker import custom_field, pick_activations
from dashboard.components.address import bound
from dashboard.components.device_picker import pick_device
from dashboard.components.downloads import JSON, File, downloads
from dashboard.components.layout import heading
from dashboard.components.limits import say_limits
from dashboard.components.markdown import escaped
from dashboard.components.results.measurements import draw_failures, draw_load_warning

DEFAULT = ["relu", "leaky_relu", "sigmoid", "tanh", "gelu", "silu", "mish", "snake"]
SIZES = {4**power: f"{4**power >> 20}M" if power >= 10 else f"{4**power >> 10}k" for power in range(5, 13)}
POINT_SECONDS = 0.3

Records = Sequence[dict[str, Any]]


def choose_activations() -> tuple[str, ...]:
    """Keys of functions, and what is typed, which need not be a function."""
    chosen = pick_activations(st.container(), DEFAULT)
    custom = custom_field(st.container())
    return (*chosen, *([custom] if custom else []))


def choose_conditions() -> dict[str, Any]:
    """Size, precision, device and threads, as fields of the config."""
    sizes, formats, device_column, threads = st.columns([1.4, 2.2, 1, 1])
    size = bound(
        sizes.select_slider,
        "Elements",
        SIZES,
        4**10,
        key="size",
        names=SIZES,
        help="1k is 1,024, 1M is 1,048,576. Few elements stay in the processor's caches; many must come from "
        "memory.",
    )
    dtype = formats.pills(
        "Precision", FLOATS, default=FLOATS[0], required=True, key="dtype", bind="query-params"
    )
    device = pick_device(device_column)
    counts = sorted({1, devices.usable_cores()})
    help_text = "Other programs disturb one thread least, so that functions differ most clearly."
    count = threads.pills(
        "CPU threads", counts, default=1, required=True, key="threads", bind="query-params", help=help_text
    )
    return {"size": size, "dtype": dtype, "device": device, "threads": count}


def choose() -> CostConfig | None:
    """What to measure, from the controls; None, with the reason on the page, when it cannot be measured."""
    activations, conditions = choose_activations(), choose_conditions()
    unfused = st.toggle(
        "Compare with the unfused formula",
        value=True,
        key="compare_unfused",
        bind="query-params",
        help="PyTorch has a fused call for many functions. The same formula, one operation after another, "
        "shows what that is worth.",
    )
    try:
        return CostConfig(
            activations=activations, **conditions, max_seconds=POINT_SECONDS, compare_unfused=unfused
        )
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return None


def draw(run: Run, records: list[dict[str, Any]], _pictures: dict[str, Picture]) -> None:
    """The figures so far."""
    draw_failures(records)
    rows = cost_rows(records)
    if not rows:
        if not run.ended:
            st.caption("First the roof: the best matrix product and the bandwidth of a copy.")
        return
    saved = [record for record in records if record["event"] == "memory_saved"]
    panels = [lambda: draw_times(rows, records), lambda: draw_roofline(records)]
    if any(row["verdict"] for row in rows):
        panels.append(lambda: draw_fused(rows))
    if saved:
        panels.append(lambda: draw_memory(saved))
    for start in range(0, len(panels), 2):
        for column, panel in zip(st.columns(2), panels[start : start + 2], strict=False):
            with column:
                panel()
    draw_table(run.id, rows, records)


def draw_times(rows: Records, records: Records) -> None:
    """Bars, and which function is fastest."""
    st.altair_chart(time_chart(rows), key="times")
    sentences = []
    for step in ("forward", "backward"):
        first, *tied = fastest(records, step) or [""]
        if first:
            others = f", tied with {', '.join(tied)}" if tied else ""
            sentences.append(f"Fastest {step}: **{first}**{others}.")
    st.caption(
        "Look at which bars are alike: cheap functions all take as long as reading and writing memory does. "
        + " ".join(sentences)
    )
    draw_load_warning(records, "times may be too long, and more functions tie")


def draw_roofline(records: Records) -> None:
    """Each pass as a point under the roofline."""
    roofs = [record for record in records if record["event"] == "roof_measured"]
    st.altair_chart(roofline_chart(roofs, roofline_points(records), colour="step"), key="roof")
    st.caption(
        "Look at how far points are below the slanted line, which is what memory allows: those far below "
        "wait for exponentials and logarithms. Points above it work in a cache. The flat line is the best "
        "matrix product, which no activation comes near: each element counts as one operation here."
    )


def draw_fused(rows: Records) -> None:
    """The fused call against the unfused formula."""
    st.altair_chart(fused_chart(rows), key="fused")
    st.caption(
        "Look for points right of 1: there the fused call beats the formula, since it reads and writes "
        "memory once. Both were measured in turns; SAME, FASTER and SLOWER in the table were confirmed twice."
    )


def draw_memory(saved: Records) -> None:
    """What a training step holds."""
    st.altair_chart(memory_chart(saved), key="memory")
    st.caption(
        "Look at the intermediate results: a network holds inputs and outputs of its layers anyway, but what "
        "a formula saves in between is memory that only this function needs."
    )


def draw_table(name: str, rows: Records, records: Records) -> None:
    """Every figure, to read and to download."""
    number = st.column_config.NumberColumn
    shown = [
        {
            "Function": row["name"],
            "Pass": row["step"],
            "Median (µs)": microseconds(row["median_s"]),
            "95% CI (± %)": half_width_percent(row),
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
            "Saved (B)": number(format="%.3g", help="Bytes per element saved for the backward pass"),
            "Fused": number(format="%.3gx", help="Times as fast as the unfused formula"),
        },
    )
    downloads(
        File("CSV", f"cost-{name}.csv", cost_csv(rows)),
        File("JSON with raw samples", f"cost-{name}.json", to_json(records), JSON),
        svg=f"cost-{name}.svg",
    )


heading(
    "cost", "How long does an activation function take on this machine, and how much memory does it need?"
)
config = choose()
if st.button("Start", type="primary", icon=":material/speed:", disabled=config is None) and config:
    runs.start("cost", config)
say_limits("cost", config)
run = runs.addressed_run("cost")
if run:
    runs.follow(run, draw)
else:
    st.info("Choose functions, then press **Start**: the roof first, then a bar for each function and pass.")
