"""Benchmark: matrix products over sizes, precisions, devices and CPU threads, or the machine's roofline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import devices
from core.errors import InvalidRequest
from core.events import Picture
from core.runs.store import Run
from core.timing.results.conclusions import conclusions
from core.timing.results.labels import environment_line
from core.timing.results.table import (
    Record,
    environment_of,
    measurements,
    workloads_of,
)
from core.timing.roofline.config import RooflineConfig
from core.timing.sweeps.config import SweepConfig, points
from core.timing.sweeps.speedup import speedup_curves
from core.timing.sweeps.suites import all_devices
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.operand_fill import OPERAND_FILLS
from dashboard.charts.machine.speedup import overtaking_chart, sentences
from dashboard.components import runs
from dashboard.components.address import bound
from dashboard.components.benchmark_panels import draw_downloads, draw_result
from dashboard.components.comparison import Result, compare_with, read_result, result_of_run
from dashboard.components.device_picker import device_names, pick_devices
from dashboard.components.layout import heading
from dashboard.components.markdown import escaped
from dashboard.components.measurements import draw_failures
from dashboard.components.roofline import draw_roofline

SIZES = [2**power for power in range(5, 15)]
POINT_SECONDS = 1.0
PRODUCTS, ROOFLINE = "gemm", "roofline"
MEASURED = {PRODUCTS: "Matrix products", ROOFLINE: "Roofline"}
ROOF_SECONDS = 20.0
MEASURING = ("timing", "roofline")  # jobs whose results can be set against each other


def choose() -> SweepConfig | None:
    """What to measure, from the controls; None, with the reason on the page, when it cannot be measured."""
    has_accelerator = len(device_names()) > 1
    widths = [1.5, 2.8, 1.9, 0.8] if has_accelerator else [1.8, 2.8, 1, 1]
    sizes, dtypes, device_column, threads = st.columns(widths)
    smallest, largest = sizes.select_slider(
        "Sizes (N of N × N)",
        SIZES,
        (64, 4096 if has_accelerator else 2048),
        key="sizes",
        bind="query-params",
    )
    chosen_dtypes = dtypes.pills(
        "Precisions",
        list(DTYPE_BYTES),
        selection_mode="multi",
        default=["float32", "bfloat16"],
        key="dtypes",
        bind="query-params",
        help="float16 runs at float32's speed, or far slower, on a CPU without instructions for it.",
    )
    chosen_devices, chosen_threads = pick_devices(device_column), choose_threads(threads, has_accelerator)
    chosen_data = choose_operand_fill()
    try:
        return SweepConfig(
            sizes=tuple(size for size in SIZES if smallest <= size <= largest),
            dtypes=tuple(chosen_dtypes),
            devices=tuple(chosen_devices),
            threads=tuple(chosen_threads),
            data=tuple(chosen_data),
            max_seconds=POINT_SECONDS,
        )
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return None


def choose_threads(container: DeltaGenerator, has_accelerator: bool) -> list[int]:
    """Counts of CPU threads; beside an accelerator all cores alone."""
    cores = devices.usable_cores()
    counts = sorted({1, cores, *(2**power for power in range(cores.bit_length()))})
    return container.pills(
        "CPU threads",
        counts,
        selection_mode="multi",
        default=[cores] if has_accelerator else sorted({1, cores}),
        key="threads",
        bind="query-params",
    )


def choose_operand_fill() -> list[str]:
    """What the matrices hold."""
    return list(
        st.pills(
            "Operands",
            OPERAND_FILLS,
            selection_mode="multi",
            default=["random"],
            key="data",
            bind="query-params",
            help="What the matrices hold. On some devices zeros look faster than real data, and denormal "
            "numbers slower: choose random and another to see by how much.",
        )
    )


def explain_missing_accelerator() -> None:
    """Say plainly when there is no GPU, and what is shown instead."""
    if len(device_names()) == 1:
        st.info(
            f"**No GPU to compare with.** {devices.absent().get('cuda', 'PyTorch finds none')}. "
            "So this page compares the CPU with itself: its threads and its precisions.",
            icon=":material/memory:",
        )


def draw(run: Run, records: list[dict[str, Any]], _pictures: dict[str, Picture]) -> None:
    """The results of a sweep so far."""
    draw_conclusions(run, records)
    draw_result(records, run.config["sizes"], run.id)
    draw_earlier(run, records)


def draw_conclusions(run: Run, records: Sequence[Record]) -> None:
    """What the figures say of the machine, as soon as there is one."""
    if run.ended or any(record["event"] in ("measurement_taken", "peak_found") for record in records):
        list_conclusions(records)


def list_conclusions(records: Sequence[Record]) -> None:
    """One line a sentence."""
    st.markdown("\n".join(f"- {escaped(sentence)}" for sentence in conclusions(records)))


def draw_earlier(run: Run, records: Sequence[Record]) -> None:
    """What has changed since an earlier result, when this one is whole."""
    if run.ended and measurements(records):
        st.subheader("Since an earlier result")
        now = result_of_run(run.id, "this run", records)
        compare_with(MEASURING, now, "Compare with", run.id, run.id)


def open_file() -> bool:
    """A result file of the command line or of this page, drawn again; False while there is none."""
    with st.expander("Open a result file", icon=":material/folder_open:"):
        upload = st.file_uploader(
            "A file that the JSON button below or `python -m core.timing ... --out FILE` wrote",
            type=["json", "jsonl"],
            key="result_file",
        )
    if upload is None:
        return False
    try:
        result = read_result(upload.getvalue(), upload.name)
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return True
    draw_file(result)
    return True


def draw_file(result: Result) -> None:
    """The machine of a result file, what its figures say, all of them, and what an earlier result says."""
    name, records = result.name.rpartition(".")[0], result.records
    st.subheader(escaped(result.name))
    st.caption(escaped(environment_line(environment_of(records))))
    list_conclusions(records)
    compare_with(MEASURING, result, "Compare with", name)
    names = workloads_of(records)
    chosen = st.pills("Workload", names, default=names[0], required=True, key="workload") if names else None
    of = [record for record in records if record.get("workload", chosen) == chosen]
    draw_overtaking(records, chosen)
    draw_result(of, sorted({record["size"] for record in measurements(of)}), name)
    if any(record["event"] in ("roof_measured", "peak_found") for record in records):
        st.subheader("Roofline")
        draw_roofline(records)


def draw_overtaking(records: Sequence[Record], workload: str | None) -> None:
    """From which size on an accelerator is faster than the CPU, where both did the same."""
    curves = [curve for curve in speedup_curves(records) if curve.workload == workload]
    if curves:
        st.altair_chart(overtaking_chart(curves), key="chart-overtaking")
        st.caption(
            "Look for where a line crosses 1, 10 and 40 (triangles): from that size on the device is as many "
            "times as fast. "
            + " ".join(escaped(sentence) for curve in curves for sentence in sentences(curve))
        )


def draw_machine(run: Run, records: list[dict[str, Any]], _pictures: dict[str, Picture]) -> None:
    """The roofline of a run so far, and what failed."""
    draw_failures(records)
    draw_conclusions(run, records)
    draw_roofline(records)
    if measurements(records):
        draw_downloads(run.id, records)
        draw_earlier(run, records)
    elif not run.ended:
        st.caption("First the best matrix product of each precision, then the copy, then further operations.")


def forget_run() -> None:
    """What is measured next has an address of its own."""
    st.query_params.pop("run", None)


def roofline_config() -> RooflineConfig:
    """All devices, in every precision."""
    return RooflineConfig(devices=all_devices(), max_seconds=ROOF_SECONDS)


def start_products() -> None:
    """Controls and button of a sweep over matrix products."""
    st.markdown(
        "How fast this machine multiplies matrices: each point is a median with its 95% confidence interval."
    )
    explain_missing_accelerator()
    config = choose()
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Start", type="primary", icon=":material/speed:", disabled=config is None) and config:
            runs.start("timing", config)
        st.toggle("Logarithmic rate", key="log_rate", bind="query-params")
        if config:
            count = len(points(config, config.devices))
            st.caption(
                f"{count} points, at most about {count * POINT_SECONDS:.0f} s; the largest sizes can take "
                "longer."
            )


def start_roofline() -> None:
    """The button alone: everything is measured."""
    st.markdown(
        "How fast this machine can compute, how fast it can copy, and how near each kind of operation comes "
        "to that, in about a minute."
    )
    if st.button("Start", type="primary", icon=":material/speed:"):
        runs.start("roofline", roofline_config())


heading("benchmark")
measure = bound(
    st.segmented_control,
    "Measure",
    MEASURED,
    PRODUCTS,
    key="measure",
    names=MEASURED,
    required=True,
    on_change=forget_run,
    label_visibility="collapsed",
)
if measure == ROOFLINE:
    start_roofline()
    run = runs.addressed_run("roofline")
else:
    start_products()
    run = runs.addressed_run("timing")
if open_file():
    pass
elif run:
    runs.follow(run, draw_machine if measure == ROOFLINE else draw)
else:
    st.caption(
        "The first points appear about a second after the start. A run has an address: share or reload it."
    )
