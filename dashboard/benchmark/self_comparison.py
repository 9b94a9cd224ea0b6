"""False verdicts of self-comparisons on this machine: controls and results."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import InvalidRequest
from core.runs.store import Run
from core.timing.results.table import Record, to_json
from core.timing.results.verdicts import FASTER, SLOWER, UNSURE
from core.timing.self_comparison.config import SelfComparisonConfig
from core.timing.self_comparison.summary import sentences
from dashboard.charts.machine.self_comparison import self_comparison_chart
from dashboard.components.device_picker import device_names, pick_device
from dashboard.components.downloads import JSON, File, downloads
from dashboard.components.markdown import escaped
from dashboard.components.results.measurements import draw_failures

COMPARISONS = (10, 20, 50, 100, 200, 500)


def choose_self_comparison() -> SelfComparisonConfig | None:
    """The device and how often; None, with the reason on the page, when it cannot be measured."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        device = pick_device(st.container(width="content")) if len(device_names()) > 1 else "cpu"
        comparisons = st.select_slider(
            "Comparisons", COMPARISONS, 50, key="comparisons", bind="query-params", width=320
        )
    try:
        return SelfComparisonConfig(device=device, comparisons=int(comparisons))
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return None


def draw_self_comparisons(run: Run, records: Sequence[Record]) -> None:
    """The counts, the sentence at the end, and every comparison."""
    draw_failures(records)
    compared = [record for record in records if record["event"] == "self_compared"]
    if not compared:
        if not run.ended:
            st.caption("First the noise of the machine is measured, which no verdict goes below.")
        return
    for sentence in sentences(records):
        (st.warning if _false(compared) else st.success)(
            f"**{escaped(sentence)}**", icon=":material/balance:"
        )
    number = len(compared)
    unsure = sum(one["verdict"] == UNSURE for one in compared)
    with st.container(horizontal=True, gap="medium"):
        st.metric("False verdicts", f"{_false(compared)} of {number}", width="content")
        st.metric("Unsure", f"{unsure / number:.0%}", width="content")
        st.metric("Noise floor", f"{compared[0]['floor']:.1%}", width="content")
    st.altair_chart(self_comparison_chart(compared, run.config["comparisons"]), key="chart-self")
    st.caption(
        "Look for FASTER or SLOWER: the operation is the same, so each would be a false verdict. A line is "
        "the 99% interval of the ratio; grey is the noise floor, inside which nothing is called a difference."
    )
    downloads(
        File("JSON", f"self-comparison-{run.id}.json", lambda: to_json(records), JSON),
        svg=f"self-comparison-{run.id}.svg",
    )


def _false(compared: Sequence[Record]) -> int:
    return sum(one["verdict"] in (FASTER, SLOWER) for one in compared)
