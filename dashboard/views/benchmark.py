"""Benchmark: matrix products over sizes, precisions, devices and CPU threads, or the machine's roofline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st

from core import devices
from core.errors import InvalidRequest
from core.events import Picture
from core.runs.store import Run
from core.timing.results.conclusions import conclusions
from core.timing.results.files import parse
from core.timing.results.labels import environment_line
from core.timing.results.table import (
    NOTABLE_LOAD,
    Record,
    environment_of,
    fastest,
    measurements,
    other_load,
    rate_of,
    series_name,
    table,
    to_csv,
    to_json,
    workloads_of,
)
from core.timing.roofline.config import RooflineConfig
from core.timing.sweeps.config import SweepConfig, points
from core.timing.sweeps.speedup import against_random, speedup_curves, speedups
from core.timing.sweeps.suites import all_devices
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.operand_fill import OPERAND_FILLS
from dashboard.charts.benchmark import (
    data_chart,
    rate_chart,
    reading_chart,
    reported,
    speedup_chart,
    time_chart,
    unreported,
)
from dashboard.charts.speedup import overtaking_chart, told
from dashboard.components import runs
from dashboard.components.roofline import draw_roofline
from dashboard.components.svg import svg_button

SIZES = [2**power for power in range(5, 15)]
POINT_SECONDS = 1.0
PRODUCTS, ROOFLINE = "Matrix products", "Roofline"
ROOF_SECONDS = 20.0


def controls() -> SweepConfig | None:
    """What to measure, from the controls; None, with the reason on the page, when it cannot be measured."""
    accelerators = [device for device in devices.devices() if device.kind not in ("cpu", *devices.absent())]
    names = {"cpu": "CPU"} | {device.id: device.name for device in accelerators}
    cores = devices.usable_cores()
    counts = sorted({1, cores, *(2**power for power in range(cores.bit_length()))})

    sizes, dtypes, places, threads = st.columns([1.8, 2.8, 1, 1])
    smallest, largest = sizes.select_slider(
        "Sizes (N of N × N)",
        SIZES,
        (64, 4096 if accelerators else 2048),
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
    chosen_devices = places.pills(
        "Devices",
        list(names),
        selection_mode="multi",
        default=list(names),
        format_func=names.__getitem__,
        key="devices",
        bind="query-params",
    )
    chosen_threads = threads.pills(
        "CPU threads",
        counts,
        selection_mode="multi",
        default=[cores] if accelerators else sorted({1, cores}),
        key="threads",
        bind="query-params",
    )
    chosen_data = st.pills(
        "Data",
        OPERAND_FILLS,
        selection_mode="multi",
        default=["random"],
        key="data",
        bind="query-params",
        help="What the matrices hold. On some devices zeros look faster than real data, and denormal numbers "
        "slower: choose random and another to see by how much.",
    )
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
        st.error(str(error))
        return None


def tell_about_accelerators() -> None:
    """Say plainly when there is no GPU, and what is shown instead."""
    absent = devices.absent()
    if any(device.kind not in ("cpu", *absent) for device in devices.devices()):
        return
    st.info(
        f"**No GPU to compare with.** {absent['cuda']}. "
        "So this page compares the CPU with itself: its threads and its precisions.",
        icon=":material/memory:",
    )


def draw(run: Run, records: list[dict[str, Any]], _pictures: dict[str, Picture]) -> None:
    """The results of a sweep so far."""
    draw_result(records, run.config["sizes"], run.id)


def draw_result(records: Sequence[Record], sizes: Sequence[int], name: str) -> None:
    """Figures of one workload, and what could not be measured."""
    for record in records:
        if record["event"] == "device_absent":
            st.warning(f"{record['device']} is not here. {record['reason']}.")
        if record["event"] == "measurement_failed":
            st.warning(f"{series_name(record)}, size {record['size']}: {record['reason']}")
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
                f"Best {best['dtype']}",
                f"{rate:,.3g} {unit}" if rate < 100 else f"{rate:,.0f} {unit}",
                f"{series_name(best)}, size {best['size']}",
                delta_color="off",
                delta_arrow="off",
                width="content",
            )
    load = other_load(records)
    if load is not None and load >= NOTABLE_LOAD:
        st.caption(
            f":material/warning: Other programs used up to {load:.0f}% of the CPU during a measurement, so "
            "figures may be lower than this machine can do, above all those with all threads."
        )


def draw_readings(place: Any, records: Sequence[Record]) -> None:
    """What the devices reported after each measurement."""
    for reading in reported(records):
        show(place, reading_chart(records, reading), reading)
    place.caption("  \n".join(unreported(records)))


def draw_table(name: str, records: Sequence[Record]) -> None:
    """Every figure, to read and to take away."""
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
            "first_call_us": number("First call (µs)", format="localized"),
            "samples": "Samples",
            "stopped_by": "Stopped by",
        },
    )
    draw_saves(name, records)


def draw_saves(name: str, records: Sequence[Record]) -> None:
    """All figures as files."""
    with st.container(horizontal=True):
        save(f"benchmark-{name}.csv", "CSV", to_csv(records), "text/csv")
        save(f"benchmark-{name}.json", "JSON with raw samples", to_json(records), "application/json")
        svg_button(f"benchmark-{name}.svg")


def save(file_name: str, label: str, text: str, mime: str) -> None:
    """A button that downloads, without a rerun."""
    st.download_button(
        label, text, file_name, mime, icon=":material/download:", on_click="ignore", key=f"save-{mime}"
    )


def show(place: Any, chart: alt.Chart | alt.LayerChart, key: str) -> None:
    """A chart; its description is its text for those who cannot see it."""
    place.altair_chart(chart, key=f"chart-{key}")


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
        records = opened(upload.getvalue(), upload.name)
    except InvalidRequest as error:
        st.error(str(error))
        return True
    st.subheader(upload.name)
    st.caption(environment_line(environment_of(records)))
    st.markdown("\n".join(f"- {sentence}" for sentence in conclusions(records)))
    names = workloads_of(records)
    chosen = st.pills("Workload", names, default=names[0], required=True, key="workload") if names else None
    of = [record for record in records if record.get("workload", chosen) == chosen]
    draw_overtaking(records, chosen)
    draw_result(of, sorted({record["size"] for record in measurements(of)}), upload.name.rpartition(".")[0])
    if any(record["event"] in ("roof_measured", "peak_found") for record in records):
        st.subheader("Roofline")
        draw_roofline(records)
    return True


def draw_overtaking(records: Sequence[Record], workload: str | None) -> None:
    """From which size on an accelerator is faster than the CPU, where both did the same."""
    curves = [curve for curve in speedup_curves(records) if curve.workload == workload]
    if curves:
        st.altair_chart(overtaking_chart(curves), key="chart-overtaking")
        st.caption(
            "Look for where a line crosses 1, 10 and 40 (triangles): from that size on the device is as many "
            "times as fast. " + " ".join(sentence for curve in curves for sentence in told(curve))
        )


def draw_machine(run: Run, records: list[dict[str, Any]], _pictures: dict[str, Picture]) -> None:
    """The roofline of a run so far."""
    draw_roofline(records)
    if measurements(records):
        draw_saves(run.id, records)
    elif not run.ended:
        st.caption("First the best matrix product of each precision, then the copy, then what lies under it.")


@st.cache_data(max_entries=4, show_spinner=False)
def opened(content: bytes, name: str) -> list[Record]:
    """The records of an uploaded file; read once, however often the page is drawn."""
    return parse(content, name)


def another() -> None:
    """What is measured next has an address of its own."""
    st.query_params.pop("run", None)


def roofs_to_find() -> RooflineConfig:
    """All devices, in every precision."""
    return RooflineConfig(devices=all_devices(), max_seconds=ROOF_SECONDS)


def start_products() -> None:
    """Controls and button of a sweep over matrix products."""
    st.markdown(
        "How fast this machine multiplies matrices: each point is a median with its 95% confidence interval."
    )
    tell_about_accelerators()
    config = controls()
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
        "to that. It takes about a minute."
    )
    if st.button("Start", type="primary", icon=":material/speed:"):
        runs.start("roofline", roofs_to_find())


st.title("Benchmark")
measure = st.segmented_control(
    "Measure",
    [PRODUCTS, ROOFLINE],
    default=PRODUCTS,
    required=True,
    key="measure",
    bind="query-params",
    on_change=another,
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
