"""A machine's roofline on a page: the best products, the chart, and every operation under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.timing.results.lines import other_line
from core.timing.results.table import Record
from core.timing.results.units import figure
from core.timing.roofline.events import RooflinePoint
from core.timing.roofline.points import roofline_points
from core.timing.workloads import WORKLOADS
from dashboard.charts.roofline import roofline_chart


def draw_roofline(records: Sequence[Record]) -> None:
    """Everything that the records tell of roofs; nothing where they have none."""
    roofs = [record for record in records if record["event"] == "roof_measured"]
    peaks = [record for record in records if record["event"] == "peak_found"]
    if peaks or roofs:
        _draw_peaks(peaks, roofs)
    if not roofs:
        return
    under = roofline_points(records)
    st.altair_chart(roofline_chart(roofs, under), key="chart-roofline")
    st.caption(
        "Look at how near each dot comes to the line above it. Left of the bend memory is the limit: more "
        "arithmetic for each byte would come free. Right of it the cores are. Dots above the slope work in "
        "a cache."
    )
    for record in peaks:
        if record["explanation"]:
            st.caption(f":material/info: {record['dtype']} on {record['device']}: {record['explanation']}.")
    if under:
        _draw_dots(under)


def _draw_peaks(peaks: Sequence[Record], roofs: Sequence[Record]) -> None:
    """The best product of each format and the bandwidth; how they were found is their help."""
    with st.container(horizontal=True):
        for peak in peaks:
            vendor = peak["vendor_gflops"]
            st.metric(
                f"{peak['dtype']} on {peak['device']}",
                f"{figure(peak['gflops'])} GFLOP/s",
                f"{peak['gflops'] / vendor:.0%} of the vendor's figure" if vendor else None,
                help=other_line(peak),
                delta_color="off",
                delta_arrow="off",
                width="content",
            )
        for roof in roofs:
            if roof["gbps"]:
                st.metric(f"Copy on {roof['device']}", f"{figure(roof['gbps'])} GB/s", width="content")


def _draw_dots(under: Sequence[RooflinePoint]) -> None:
    """Every operation in a table."""
    number = st.column_config.NumberColumn
    rows: list[dict[str, Any]] = [
        {
            "Operation": WORKLOADS[dot.workload].title if dot.workload in WORKLOADS else dot.workload,
            "Step": dot.step,
            "Device": dot.device,
            "Precision": dot.dtype,
            "Size": dot.size,
            "GFLOP/s": dot.gflops,
            "GB/s": dot.gbps,
            "FLOPs a byte": dot.intensity,
            "% of peak": dot.percent_of_peak,
            "% of copy": dot.percent_of_bandwidth,
            "Limit": dot.limit,
        }
        for dot in under
    ]
    st.dataframe(
        rows,
        hide_index=True,
        key="dots",
        column_config={
            "Size": number(format="%d"),
            **dict.fromkeys(("GFLOP/s", "GB/s", "FLOPs a byte"), number(format="%.3g")),
            "% of peak": number(format="%.1f", help="Of the best matrix product of this precision here"),
            "% of copy": number(format="%.0f", help="Of the copy bandwidth; above 100 a cache served"),
        },
    )
