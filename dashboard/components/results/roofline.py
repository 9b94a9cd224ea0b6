"""A machine's roofline on a page: the best products, the chart, and every operation under it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

import streamlit as st

from core.timing.results.emulation import Format, emulated, emulated_lines, is_emulated
from core.timing.results.lines import other_line, vendor_fraction
from core.timing.results.table import Record
from core.timing.results.units import figure
from core.timing.roofline.events import RooflinePoint
from core.timing.roofline.points import roofline_points
from core.timing.workloads import WORKLOADS
from dashboard.charts.machine.roofline import roofline_chart
from dashboard.components.markdown import escaped


def draw_roofline(records: Sequence[Record]) -> None:
    """The roofline of these records; nothing where they have none."""
    roofs = [record for record in records if record["event"] == "roof_measured"]
    peaks = [record for record in records if record["event"] == "peak_found"]
    formats = emulated(records)
    if peaks or roofs:
        _draw_peaks(peaks, roofs, formats)
    if not roofs:
        return
    points = roofline_points(records)
    st.altair_chart(roofline_chart(roofs, points, emulated=formats), key="chart-roofline")
    st.caption(
        "Look at how near each point comes to the line above it. Left of the bend memory is the limit: more "
        "arithmetic per byte would be free. Right of it the cores are. Points above the slope use a cache."
    )
    for record in peaks:
        if record["explanation"]:
            explained = f"{record['dtype']} on {record['device']}: {record['explanation']}."
            st.caption(f":material/info: {escaped(explained)}")
    if points:
        _draw_points(points)


def _draw_peaks(peaks: Sequence[Record], roofs: Sequence[Record], formats: Set[Format]) -> None:
    """The best product of each format and the bandwidth; how they were found is their help.

    What is emulated is no figure of the machine's strength, and stands below.
    """
    small = []
    with st.container(horizontal=True):
        for peak in peaks:
            if peak.get("not_believed"):
                continue
            if is_emulated(peak, formats):
                small.append(f"{peak['dtype']} reaches {figure(peak['gflops'])} GFLOP/s")
                continue
            fraction, other = vendor_fraction(peak), other_line(peak)
            st.metric(
                escaped(f"{peak['dtype']} on {peak['device']}"),
                f"{figure(peak['gflops'])} GFLOP/s",
                f"{fraction:.0%} of the vendor's figure" if fraction else None,
                help=escaped(other) if other else None,
                delta_color="off",
                delta_arrow="off",
                width="content",
            )
        for roof in roofs:
            if roof["gbps"]:
                st.metric(
                    f"Copy on {escaped(roof['device'])}", f"{figure(roof['gbps'])} GB/s", width="content"
                )
    if small:
        says = f"{'; '.join(emulated_lines(formats))}. {'; '.join(small)}."
        st.caption(f":material/info: {escaped(says)}")


def _draw_points(points: Sequence[RooflinePoint]) -> None:
    """Every operation in a table."""
    number = st.column_config.NumberColumn
    rows: list[dict[str, Any]] = [
        {
            "Operation": WORKLOADS[point.workload].title if point.workload in WORKLOADS else point.workload,
            "Step": point.step,
            "Device": point.device,
            "Precision": point.dtype,
            "Size": point.size,
            "GFLOP/s": point.gflops,
            "GB/s": point.gbps,
            "FLOPs per byte": point.intensity,
            "% of peak": point.percent_of_peak,
            "% of copy": point.percent_of_bandwidth,
            "Limit": point.limit,
        }
        for point in points
    ]
    st.dataframe(
        rows,
        hide_index=True,
        key="points",
        column_config={
            "Size": number(format="%d"),
            **dict.fromkeys(("GFLOP/s", "GB/s", "FLOPs per byte"), number(format="%.3g")),
            "% of peak": number(format="%.1f", help="Of the best matrix product of this precision here"),
            "% of copy": number(format="%.0f", help="Of the copy bandwidth; above 100 a cache served"),
        },
    )
