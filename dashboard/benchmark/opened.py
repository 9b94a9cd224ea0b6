"""A result on the Benchmark page: its machine, what its figures say, and all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.errors import InvalidRequest
from core.runs.store import Run
from core.timing.results.conclusions import conclusions
from core.timing.results.kept import SIMULATED_GPU, kept_files, read_kept, simulated
from core.timing.results.labels import accelerators_label, environment_line
from core.timing.results.table import Record, environment_of, measurements, workloads_of
from core.timing.results.units import in_bytes
from core.timing.sweeps.speedup import speedup_curves
from core.timing.workloads import WORKLOADS
from dashboard.benchmark.controls import sizes_of
from dashboard.benchmark.panels import draw_result
from dashboard.charts.machine.speedup import overtaking_chart, sentences
from dashboard.components import address
from dashboard.components.address import bound
from dashboard.components.markdown import escaped
from dashboard.components.results.comparison import Result, compare_with, read_result, result_of_run
from dashboard.components.results.roofline import draw_roofline
from dashboard.components.upload_limits import say_upload_limits

MEASURING = ("timing", "suite", "roofline")  # jobs whose results can be set against each other
UPLOADED = "file"
MAX_ROOFLINE_POINTS = 500  # more points than these are drawn for one workload at a time
MAX_PILLS = 6  # more workloads than these are in a list


def draw_figures(records: Sequence[Record], name: str, config: dict[str, Any] | None = None) -> None:
    """Speed-up, charts and table of one workload, the machine's roofline, and downloads.

    config: of the run that is measuring it, whose sizes the charts have from the start.
    """
    chosen = _pick_workload(workloads_of(records))
    of = [record for record in records if record.get("workload", chosen) == chosen]
    draw_overtaking(records, chosen)
    planned = sizes_of(config, chosen) if config and chosen else []
    sizes = planned or sorted({record["size"] for record in measurements(of)})
    draw_result(of, sizes, name, records)
    if any(record["event"] in ("roof_measured", "peak_found") for record in records):
        st.header("Roofline")
        many = len(measurements(records)) > MAX_ROOFLINE_POINTS
        draw_roofline(of if many else records)


def _pick_workload(names: Sequence[str]) -> str | None:
    """Which of the workloads that were measured to look at."""
    if len(names) < 2:
        return names[0] if names else None
    titles = {name: WORKLOADS[name].title if name in WORKLOADS else name for name in names}
    if len(names) <= MAX_PILLS:
        return st.pills(
            "Show", names, default=names[0], required=True, key="shown", format_func=titles.__getitem__
        )
    return st.selectbox("Show", names, key="shown", format_func=titles.__getitem__, width=420)


def draw_overtaking(records: Sequence[Record], workload: str | None) -> None:
    """From which size on an accelerator is faster than the CPU, where both did the same."""
    curves = speedup_curves(records, workload) if workload else []
    if not curves:
        return
    st.altair_chart(overtaking_chart(curves), key="chart-overtaking")
    st.caption(
        "Look for where a line crosses 1, 10 and 40 (triangles): from that size on the device is as many "
        "times as fast. " + " ".join(escaped(sentence) for curve in curves for sentence in sentences(curve))
    )


def list_conclusions(records: Sequence[Record]) -> None:
    """What the figures say of the machine, one line a sentence."""
    st.markdown("\n".join(f"- {escaped(sentence)}" for sentence in conclusions(records)))


def draw_earlier(run: Run, records: Sequence[Record]) -> None:
    """What has changed since an earlier result, when this one is whole."""
    if run.ended and measurements(records):
        st.header("Since an earlier result")
        now = result_of_run(run.id, "this run", records)
        compare_with(MEASURING, now, "Compare with", run.id, run.id)


def draw_opened() -> None:
    """A result that comes with the program, or a file of a person's own."""
    names = {key: KEPT_TITLES.get(key, key.replace("_", " ").capitalize()) for key in kept_files()}
    names[UPLOADED] = "A file of your own"
    chosen = bound(st.pills, "Result", names, UPLOADED, key="result", names=names, required=True)
    if chosen != UPLOADED:
        draw_file(Result(names[chosen], read_kept(chosen), chosen), chosen)
        return
    upload = st.file_uploader(
        "A file that a JSON button here or `python -m core.timing ... --out FILE` wrote",
        type=["json", "jsonl"],
        key="result_file",
    )
    say_upload_limits()
    if upload is None:
        return
    try:
        result = read_result(upload.getvalue(), upload.name)
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return
    draw_file(result, upload.name.rpartition(".")[0])


KEPT_TITLES = {SIMULATED_GPU: "Example: a simulated GPU against a CPU"}


def draw_file(result: Result, name: str) -> None:
    """A result under the name of its machine, which is not this one: what it says, and its figures."""
    records = result.records
    draw_machine(result)
    list_conclusions(records)
    compare_with(MEASURING, result, "Compare with", name)
    draw_figures(records, name)


def draw_machine(result: Result) -> None:
    """The header of a result: what it was measured on and when, from its own record."""
    environment = environment_of(result.records)
    with st.container(border=True):
        st.header(escaped(result.name))
        draw_simulated(result.records)
        if not environment:
            st.caption("The file does not say on which machine it was measured.")
            return
        memory = environment.get("memory_bytes")
        facts = {
            "Processor": environment.get("cpu"),
            "Cores": environment.get("usable_cores"),
            "Memory": in_bytes(memory) if isinstance(memory, int | float) else None,
            "Accelerators": accelerators_label(environment),
            "Driver": _driver(environment),
            "PyTorch": environment.get("torch"),
            "Python": environment.get("python"),
            "System": environment.get("platform"),
            "Measured": measured_at(result.records),
        }
        st.markdown(" · ".join(f":gray[{name}] {escaped(str(fact))}" for name, fact in facts.items() if fact))


def _driver(environment: Mapping[str, Any]) -> str | None:
    gpus = environment.get("gpus")
    found = [gpu.get("driver") for gpu in gpus if isinstance(gpu, dict)] if isinstance(gpus, list) else []
    return next(filter(None, found), None)


def draw_simulated(records: Sequence[Record]) -> bool:
    """A warning on figures that no device has given; whether there is one."""
    mark = simulated(environment_of(records))
    if mark:
        st.warning(
            f"**Simulated, not measured.** {escaped(mark[0].upper() + mark[1:])}. It shows what such a "
            "result looks like, and is no evidence of what a GPU can do.",
            icon=":material/science:",
        )
    return mark is not None


def measured_at(records: Sequence[Record]) -> str | None:
    """The day and minute, as its record says."""
    started = next((one["started_at"] for one in records if one["event"] == "environment_read"), None)
    return f"{started[:16].replace('T', ' ')} UTC" if started else None


def draw_example() -> None:
    """What a GPU against a CPU looks like, for a visitor without one."""
    records = read_kept(SIMULATED_GPU)
    with st.container(border=True):
        st.header("What a GPU against a CPU looks like")
        draw_simulated(records)
        machine = environment_line(environment_of(records))
        st.caption(
            f"From a result that is kept with this program: {escaped(f'{machine}; {measured_at(records)}')}."
        )
        draw_overtaking(records, "gemm")
        if st.button("Open this result", icon=":material/folder_open:"):
            st.session_state.pop("measure", None)
            address.changes().put("run", None)
            st.query_params.from_dict({"measure": "result", "result": SIMULATED_GPU})
            st.session_state.pop("result", None)
            st.rerun()
