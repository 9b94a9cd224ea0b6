"""Quick check: one button, a verdict in a minute, and what to paste into a ticket."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.errors import InvalidRequest
from core.events import Picture
from core.runs.store import Run
from core.timing.quick_check.config import QuickCheckConfig
from core.timing.quick_check.events import FAIR, GOOD, NOTE, POOR, UNKNOWN, WORDS
from core.timing.quick_check.findings import checked
from core.timing.quick_check.references import beside
from core.timing.quick_check.ticket import to_ticket, verdict_of
from core.timing.results.lines import findings_in_order, remedy_of
from core.timing.results.table import measurements, to_json
from core.timing.sweeps.speedup import speedup_curves
from dashboard.charts.machine.benchmark import rate_chart
from dashboard.charts.machine.references import reference_chart
from dashboard.charts.machine.speedup import overtaking_chart
from dashboard.components import runs
from dashboard.components.device_picker import device_names, pick_devices
from dashboard.components.downloads import JSON, File, downloads
from dashboard.components.layout import heading
from dashboard.components.limits import say_limits
from dashboard.components.markdown import escaped
from dashboard.components.results.comparison import compare_with, result_of_run
from dashboard.components.results.share_card import share_card

SECONDS = 45.0
# A word and an icon beside each colour, which not everybody can tell apart.
BADGES = {
    GOOD: ":green-badge[:material/check_circle: {}]",
    FAIR: ":orange-badge[:material/error: {}]",
    POOR: ":red-badge[:material/cancel: {}]",
    UNKNOWN: ":gray-badge[:material/help: {}]",
    NOTE: ":blue-badge[:material/info: {}]",
}
BOXES = {GOOD: st.success, FAIR: st.warning, POOR: st.error, UNKNOWN: st.info}
ICONS = {
    GOOD: ":material/check_circle:",
    FAIR: ":material/error:",
    POOR: ":material/cancel:",
    UNKNOWN: ":material/help:",
}
MARKDOWN, PNG = "text/markdown", "image/png"

Records = Sequence[dict[str, Any]]


def choose() -> QuickCheckConfig | None:
    """All devices unless some are left out; None, with the reason on the page, when none is chosen."""
    chosen = pick_devices(st.container()) if len(device_names()) > 1 else ["cpu"]
    try:
        return QuickCheckConfig(devices=tuple(chosen), max_seconds=SECONDS)
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return None


def draw(run: Run, records: list[dict[str, Any]], _pictures: dict[str, Picture]) -> None:
    """The verdict, what it rests on, charts, and what to take along."""
    verdict = verdict_of(records)
    if verdict:
        BOXES[verdict["rating"]](f"**{escaped(verdict['says'])}**", icon=ICONS[verdict["rating"]])
    draw_findings(verdict["findings"] if verdict else so_far(records))
    draw_charts(records)
    if verdict:
        draw_ticket(run, records)
    if run.ended:
        draw_earlier(run, records)


def so_far(records: Records) -> list[dict[str, Any]]:
    """The findings before the end: they may still change."""
    from core.records import to_record

    return [to_record(one) for one in checked(records).findings]


def draw_findings(findings: Sequence[Mapping[str, Any]]) -> None:
    """What needs attention first, and then what is known of each device."""
    for one in findings_in_order(findings):
        if one["rating"] in (POOR, FAIR):
            draw_finding(one, f", {one['device']}")
    others: dict[str, list[Mapping[str, Any]]] = {}
    for one in findings_in_order(findings):
        if one["rating"] not in (POOR, FAIR):
            others.setdefault(one["device"].partition(",")[0], []).append(one)
    names = device_names()
    for start in range(0, len(others), 2):
        for column, (device, of) in zip(st.columns(2), [*others.items()][start : start + 2], strict=False):
            with column.container(border=True, height="stretch"):
                known_as = f" :gray-badge[{device}]" if device in names and device != "cpu" else ""
                st.markdown(f"**{escaped(names.get(device, device))}**{known_as}")
                for one in of:
                    draw_finding(one)


def draw_finding(one: Mapping[str, Any], where: str = "") -> None:
    """One line, and what to look at below it."""
    words = BADGES[one["rating"]].format(WORDS[one["rating"]])
    words += f" **{escaped(one['subject'])}**{escaped(where)}: "
    words += escaped(one["says"])
    if remedy := remedy_of(one):
        words += f"  \n:gray[{escaped(remedy)}]"
    st.markdown(words)


def draw_charts(records: Records) -> None:
    """What the CPU and each accelerator do over the size, and where this machine stands among others."""
    curves = [curve for curve in speedup_curves(records) if curve.workload == "gemm"]
    products = [r for r in measurements(records) if r["workload"] == "gemm"]
    left, right = st.columns(2)
    with left:
        if curves:
            st.altair_chart(overtaking_chart(curves), key="chart-speedup")
            st.caption(
                "Look for where a line crosses 1: from that size on the device pays. Dashed: with the "
                "operands brought there and back, and the device's own time without launches."
            )
        elif products:
            sizes = sorted({record["size"] for record in products})
            st.altair_chart(rate_chart(products, sizes), key="chart-rate")
            st.caption("Look for where more threads begin to pay, and where the line becomes level.")
    with right:
        found = [record["dtype"] for record in records if record["event"] == "peak_found"]
        if found:
            formats = list(dict.fromkeys(found))
            dtype = st.pills(
                "Among other devices", formats, default=formats[0], required=True, key="reference_dtype"
            )
            st.altair_chart(reference_chart(beside(records, dtype), dtype), key="chart-references")
            st.caption(
                "Look at which devices lie near the dashed line. A data sheet says what no program reaches "
                "quite; measured are the best products that others found in long searches."
            )


def draw_ticket(run: Run, records: Records) -> None:
    """What to paste, and files."""
    with st.expander("Copy for a ticket", icon=":material/content_copy:"):
        name_host = st.toggle(
            "With the name of this host",
            key="name_host",
            help="Left out at first: what is pasted is often public.",
        )
        ticket = to_ticket(records, platform.node() if name_host else "")
        st.code(ticket, language="markdown", wrap_lines=True, height=260)
    st.download_button(
        "Picture to share",
        lambda: share_card(records),
        f"quick-check-{run.id}.png",
        PNG,
        icon=":material/image:",
        on_click="ignore",
    )
    downloads(
        File("Markdown", f"quick-check-{run.id}.md", to_ticket(records), MARKDOWN),
        File("JSON with raw samples", f"quick-check-{run.id}.json", lambda: to_json(records), JSON),
        svg=f"quick-check-{run.id}.svg",
    )


def draw_earlier(run: Run, records: Records) -> None:
    """What has changed since another check, of this machine or of any."""
    st.header("Since an earlier check")
    now = result_of_run(run.id, "this check", records)
    compare_with(("quick_check",), now, "Compare with an earlier check", f"quick-check-{run.id}", run.id)


heading(
    "quick_check",
    "What this CPU and each GPU reach, against what they should: arithmetic, memory, links, the cost of a "
    "call, and what disturbed the measurement. It runs alone on the machine for about "
    f"{SECONDS:.0f} seconds.",
)
config = choose()
if (
    st.button("Check this machine", type="primary", icon=":material/verified:", disabled=config is None)
    and config
):
    runs.start("quick_check", config)
say_limits("quick_check", config)
run = runs.addressed_run("quick_check")
if run:
    runs.follow(run, draw)
