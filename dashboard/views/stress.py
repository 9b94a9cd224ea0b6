"""Stress test: devices at work for minutes, and whether they keep their speed and their results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.errors import InvalidRequest
from core.events import Picture
from core.runs.store import Run
from core.timing.quick_check.events import FAIR, GOOD, POOR, UNKNOWN
from core.timing.results.table import to_json
from core.timing.results.units import flops_rate
from core.timing.stress.config import StressConfig
from core.timing.workloads.workload import FLOATS_AND_TF32
from dashboard.charts.machine.stress import READINGS, rate_chart, reading_chart
from dashboard.components import runs
from dashboard.components.device_picker import device_names, pick_devices
from dashboard.components.downloads import JSON, File, downloads
from dashboard.components.layout import heading
from dashboard.components.limits import say_limits
from dashboard.components.markdown import escaped
from dashboard.components.results.measurements import draw_failures

MINUTES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
BOXES = {
    GOOD: (st.success, ":material/check_circle:"),
    FAIR: (st.warning, ":material/error:"),
    POOR: (st.error, ":material/cancel:"),
    UNKNOWN: (st.info, ":material/help:"),
}

Records = Sequence[dict[str, Any]]


def choose() -> StressConfig | None:
    """What to load, from the controls; None, with the reason on the page, when it cannot be loaded."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        devices = pick_devices(st.container()) if len(device_names()) > 1 else ["cpu"]
        dtype = st.pills(
            "Format",
            FLOATS_AND_TF32,
            default="float32",
            required=True,
            key="dtype",
            bind="query-params",
        )
        minutes = st.select_slider("Minutes", MINUTES, 2.0, key="minutes", bind="query-params", width=260)
        hottest = st.number_input(
            "Stop at (°C)",
            30,
            110,
            95,
            key="max_celsius",
            bind="query-params",
            width=140,
            help="A device that reports this temperature is stopped; the others continue.",
        )
    try:
        return StressConfig(
            devices=tuple(devices), dtype=str(dtype), minutes=float(minutes), max_celsius=float(hottest)
        )
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return None


def draw(run: Run, records: list[dict[str, Any]], _pictures: dict[str, Picture]) -> None:
    """A verdict for each device, figures now, and charts over time."""
    draw_failures(records)
    samples = [record for record in records if record["event"] == "stress_sampled"]
    ended = [record for record in records if record["event"] == "stress_ended"]
    names = {one["device"]: one["device"] for one in samples} | device_names()
    for one in ended:
        box, icon = BOXES[one["rating"]]
        box(f"**{escaped(names.get(one['device'], one['device']))}**: {escaped(one['says'])}", icon=icon)
    if not samples:
        if not run.ended:
            st.caption("First the products are made: the size that takes a device long enough.")
        return
    draw_now(samples, ended, names)
    draw_charts(samples, names, 60 * run.config["minutes"])
    downloads(
        File("JSON", f"stress-{run.id}.json", lambda: to_json(records), JSON), svg=f"stress-{run.id}.svg"
    )


def draw_now(samples: Records, ended: Records, names: dict[str, str]) -> None:
    """The last sample of each device, and why a reading is missing."""
    last = {one["device"]: one for one in samples}
    with st.container(horizontal=True, gap="medium"):
        for device, one in last.items():
            st.metric(names[device], flops_rate(one["gflops"]), width="content")
            wrong = next((end["wrong"] for end in ended if end["device"] == device), one["wrong"])
            st.metric(
                "Wrong elements",
                f"{wrong:,}",
                help=f"Of {one['products']:,} products, each compared with the first; that was compared with "
                "float64.",
                width="content",
            )
            for reading, unit in (("temperature", "°C"), ("power", "W"), ("clock", "MHz")):
                value = (one["readings"].get(reading) or {}).get("value")
                if value is not None:
                    st.metric(READINGS[reading][0], f"{value:,.0f} {unit}", width="content")
    for device, one in last.items():
        missing = [
            f"{READINGS[reading][0].lower()} {one['readings'][reading]['reason']}"
            for reading in READINGS
            if (one["readings"].get(reading) or {}).get("reason")
        ]
        if missing:
            st.caption(f"{escaped(names[device])}: {escaped('; '.join(missing))}.")


def draw_charts(samples: Records, names: dict[str, str], total_s: float) -> None:
    """The rate, and beside it what the devices report."""
    charts = [
        ("rate", rate_chart(samples, names, total_s)),
        *((reading, reading_chart(samples, names, reading, total_s)) for reading in READINGS),
    ]
    shown = [(key, chart) for key, chart in charts if chart is not None]
    for start in range(0, len(shown), 2):
        columns = st.columns(2) if len(shown) > 1 else [st.container()]
        for column, (key, chart) in zip(columns, shown[start : start + 2], strict=False):
            column.altair_chart(chart, key=f"chart-{key}")
    st.caption(
        "Look for a rate that falls while temperature rises or power reaches its dashed limit; crosses mark "
        "seconds in which the clock was throttled."
    )


heading(
    "stress",
    "Matrix products on every chosen device at once, each compared with the first: a machine whose cooling "
    "and power suffice keeps its rate, and no result ever differs.",
)
config = choose()
if st.button("Start", type="primary", icon=":material/play_arrow:", disabled=config is None) and config:
    runs.start("stress", config)
say_limits("stress", config)
run = runs.addressed_run("stress")
if run:
    runs.follow(run, draw)
