"""Frameworks: the same work in NumPy, PyTorch, JAX, TensorFlow and others, one process each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core import devices
from core.errors import InvalidRequest
from core.events import Picture
from core.runs.store import Run
from core.timing.frameworks.config import FrameworksConfig
from core.timing.frameworks.environment import Found, Missing, look
from core.timing.frameworks.gone import GONE
from core.timing.frameworks.registry import BASELINE, ENTRIES, LIBRARIES
from core.timing.frameworks.report import conclusions, to_markdown
from core.timing.frameworks.table import baseline_of, by_work, figures, frameworks, of, to_csv, work_title
from core.timing.frameworks.work.catalogue import WORKS
from core.timing.results.files import parse
from core.timing.results.labels import environment_line
from core.timing.results.table import environment_of, to_json
from core.timing.results.units import duration, in_bytes
from dashboard.charts.machine.frameworks import start_chart, time_chart
from dashboard.components import runs
from dashboard.components.address import bound
from dashboard.components.downloads import JSON, File, downloads
from dashboard.components.layout import heading
from dashboard.components.limits import say_limits
from dashboard.components.markdown import escaped
from dashboard.components.upload_limits import say_upload_limits

Records = Sequence[Mapping[str, Any]]
MARKDOWN = "text/markdown"
LOOK_AGAIN_S = 60


@st.cache_data(ttl=LOOK_AGAIN_S, show_spinner=False)
def places() -> dict[str, Found | Missing]:
    """Where each framework is; asked in processes that import none of them."""
    return look()


def choose(here: Sequence[str]) -> FrameworksConfig | None:
    """What to compare, from the controls; None, with the reason on the page, when it cannot be measured."""
    titles = {key: ENTRIES[key].title for key in here}
    only = bound(st.pills, "Frameworks", here, [*here], key="only", names=titles, selection_mode="multi")
    works_column, against, threads = st.columns([2.4, 1.1, 0.9])
    names = {key: entry.title for key, entry in WORKS.items()}
    work = bound(works_column.pills, "Work", WORKS, [*WORKS], key="work", names=names, selection_mode="multi")
    first = BASELINE if BASELINE in here else here[0]
    baseline = bound(
        against.selectbox,
        "Baseline",
        here,
        first,
        key="baseline",
        names=titles,
        help="What the others are held against, in turns.",
    )
    counts = sorted({1, devices.usable_cores()})
    count = threads.pills(
        "Processors",
        counts,
        default=1,
        required=True,
        key="threads",
        bind="query-params",
        help="Each framework's process is kept to so many, and has as many threads.",
    )
    if not only or not work:
        st.error(f"No {'framework' if not only else 'work'} was chosen; at least one is needed.")
        return None
    try:
        return FrameworksConfig(tuple(only), tuple(work), baseline, count)
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return None


def start() -> None:
    """Controls and button; without any framework, what to do."""
    here = [key for key, entry in ENTRIES.items() if isinstance(places()[entry.library], Found)]
    config = choose(here) if here else None
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Start", type="primary", icon=":material/speed:", disabled=config is None)
        if config:
            figure_count = len({config.baseline, *config.only}) * len(config.works)
            st.caption(
                f"{figure_count} figures, some 3 s each; what has to be compiled takes up to some minutes "
                "the first time."
            )
    say_limits("frameworks", config)
    if pressed and config:
        runs.start("frameworks", config)


def open_file() -> bool:
    """A result file of the command line or of this page, drawn again; False while there is none."""
    with st.expander("Open a result file", icon=":material/folder_open:"):
        upload = st.file_uploader(
            "A file that the JSON button below or `python -m core.timing frameworks --out FILE` wrote, also "
            "on another machine, of frameworks that are not here",
            type=["json", "jsonl"],
            key="result_file",
        )
        say_upload_limits()
    if upload is None:
        return False
    try:
        records = opened(upload.getvalue(), upload.name)
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return True
    if not of(records, "framework_started"):
        st.error(f"“{escaped(upload.name)}” holds no comparison of frameworks.")
        return True
    st.header(escaped(upload.name))
    st.caption(escaped(environment_line(environment_of(records))))
    draw_all(records, upload.name.rpartition(".")[0], ended=True)
    return True


@st.cache_data(max_entries=4, show_spinner=False)
def opened(content: bytes, name: str) -> Records:
    """The records of an uploaded file; read once, however often the page is drawn."""
    return parse(content, name)


def draw(run: Run, records: list[dict[str, Any]], _pictures: dict[str, Picture]) -> None:
    """The figures so far."""
    draw_all(records, run.id, run.ended)


def draw_all(records: Records, name: str, ended: bool) -> None:
    """Conclusions, charts, tables and files; with what could not be measured."""
    draw_absent(records)
    rows = figures(records)
    if not rows:
        if not ended:
            st.caption("First the baseline, with how far two processes of it differ; then one after another.")
        return
    if ended:
        st.markdown("\n".join(f"- {escaped(sentence)}" for sentence in conclusions(records)))
    draw_charts(records)
    draw_figures(rows)
    draw_frameworks(records)
    downloads(
        File("CSV", f"frameworks-{name}.csv", to_csv(records)),
        File("JSON with raw samples", f"frameworks-{name}.json", to_json(records), JSON),
        File("Markdown", f"frameworks-{name}.md", to_markdown(records), MARKDOWN),
        svg=f"frameworks-{name}.svg",
    )


def draw_absent(records: Records) -> None:
    """A warning for each framework that is not here or failed."""
    for record in of(records, "framework_absent"):
        missing, reason, install = (escaped(record[key]) for key in ("title", "reason", "install"))
        st.warning(f"**{missing}** is left out: {reason}. To have it: {install}")
    for record in of(records, "work_failed"):
        failed, work = escaped(record["title"]), escaped(work_title(record["work"]))
        st.warning(f"**{failed}**, {work}: {escaped(record['reason'])}")


def draw_charts(records: Records) -> None:
    """One chart for each piece of work, and one of the wait for first results."""
    baseline = baseline_of(records)
    charts = {
        work: (
            time_chart(rows, baseline, work_title(work)),
            f"{rows[0]['size']}. Look for triangles: these were faster or slower than the baseline in turns, "
            "twice. Bars are 95% intervals.",
        )
        for work, rows in by_work(figures(records)).items()
    }
    charts["start"] = (
        start_chart(frameworks(records)),
        "Look at what a short program waits for: the import, and the first call of each piece of work with "
        "all that is compiled then. What an earlier run has compiled is used again where it is kept.",
    )
    pairs = [*charts.items()]
    for start in range(0, len(pairs), 2):
        for column, (key, (chart, caption)) in zip(st.columns(2), pairs[start : start + 2], strict=False):
            with column:
                st.altair_chart(chart, key=f"chart-{key}")
                st.caption(caption)


def draw_figures(rows: Records) -> None:
    """Every figure, to read and to sort."""
    number = st.column_config.NumberColumn
    shown = [
        {
            "Framework": row["title"],
            "Work": row["work_title"],
            "Median (µs)": 1e6 * row["median_s"],
            "95% CI (± %)": 50 * (row["ci_high_s"] - row["ci_low_s"]) / row["median_s"],
            "First call (ms)": 1e3 * row["first_call_s"],
            "GFLOP/s": row["gflops"],
            "Times the baseline": row["ratio"],
            "From": row["low"],
            "To": row["high"],
            "Floor (%)": None if row["floor"] is None else 100 * row["floor"],
            "Verdict": row["verdict"],
            "Error": row["relative_error"],
            "Agrees": row["agrees"],
            "Ran in": row["precision"],
            "Disturbed by": row["contamination"],
        }
        for row in rows
    ]
    st.dataframe(
        shown,
        hide_index=True,
        key="figures",
        column_config={
            "Median (µs)": number(format="%.4g", help="Of one call, until its result is there"),
            "95% CI (± %)": number(format="%.1f"),
            "First call (ms)": number(format="%.3g", help="With what has to be compiled"),
            "GFLOP/s": number(format="%.3g"),
            "Times the baseline": number(format="%.3gx", help="Its time over the baseline's, in turns"),
            "From": number(format="%.3g", help="Lower end of the 99% interval"),
            "To": number(format="%.3g", help="Upper end of the 99% interval"),
            "Floor (%)": number(format="%.1f", help="How far two processes of the baseline differ"),
            "Error": number(format="%.1e", help="Relative, against NumPy in float64"),
            "Ran in": st.column_config.TextColumn(help="The number format of the product, by its error"),
        },
    )


def draw_frameworks(records: Records) -> None:
    """Versions, start, memory and budget of each process."""
    shown = [
        {
            "Framework": row["title"],
            "Versions": row["versions"],
            "Import": duration(row["import_s"]),
            "First calls": duration(row["first_calls_s"]),
            "Compiled before": row["compiled_before"],
            "Memory, imported": "not reported"
            if row["memory_bytes"] is None
            else in_bytes(row["memory_bytes"]),
            "Memory at most": "not reported" if row["peak_bytes"] is None else in_bytes(row["peak_bytes"]),
            "Threads": row["threads"],
            "Processors": row["cpus"] or "any",
        }
        for row in frameworks(records)
    ]
    st.dataframe(shown, hide_index=True, key="versions")


def memory(count: int | None) -> str:
    """Bytes with their unit."""
    return "not reported" if count is None else in_bytes(count)


def version(place: Found | Missing) -> str:
    """What is installed of a framework that is here."""
    return ", ".join(place.versions.values()) if isinstance(place, Found) else ""


def how(place: Found | Missing) -> str:
    """Why a framework is not here, and what a person can do; empty for one that is."""
    return f"{place.reason}: {place.install}" if isinstance(place, Missing) else ""


def draw_list() -> None:
    """What is here, what is not and how to have it, and what is no longer developed."""
    found = places()
    here = [
        {
            "Framework": library.name,
            "Here": isinstance(found[key], Found),
            "Version": version(found[key]),
            "What it is": library.about,
            "Why not, and how to have it": how(found[key]),
        }
        for key, library in LIBRARIES.items()
    ]
    st.header("Frameworks here")
    st.dataframe(here, hide_index=True, key="here")
    st.header("No longer developed")
    gone = [
        {
            "Framework": entry.name,
            "Years": entry.years,
            "What became of it": entry.became,
            "Heir here": LIBRARIES[entry.heir].name if entry.heir else "",
        }
        for entry in GONE.values()
    ]
    st.table(gone)


heading(
    "frameworks",
    "The same product, activation, convolution and training steps in each framework: from the same arrays, "
    "on the same processors, in a process of its own, in turns, and held against NumPy in float64.",
)
start()
run = runs.addressed_run("frameworks")
if not open_file():
    if run:
        runs.follow(run, draw)
    else:
        st.info("Press **Start**: figures appear as they come, and a verdict beside each.")
draw_list()
