"""Two results against each other: choose the earlier one, and see what became faster or slower since."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import streamlit as st

from core.errors import InvalidRequest
from core.events import event_record
from core.runs.listing import ListedRun, RunQuery, listed
from core.runs.status import FINISHED
from core.timing.results.comparisons import to_csv, to_markdown, verdicts
from core.timing.results.files import check_one_machine, parse
from core.timing.results.labels import environment_line, threads_label, workload_label
from core.timing.results.table import Record, environment_of, measurements, point_of
from core.timing.results.units import counted, duration, microseconds
from core.timing.results.verdicts import compare_results
from dashboard.charts.machine.comparison import MAX_ROWS, notable_first, ratio_chart
from dashboard.components import runs
from dashboard.components.address import bound
from dashboard.components.downloads import File, downloads
from dashboard.components.markdown import escaped
from dashboard.components.upload_limits import say_upload_limits
from dashboard.components.visitor import visitor

KEY = "against"  # of the choice, in the page's address
NOTHING, FILE = "nothing", "file"
OFFERED = 50  # of this server's runs, the newest
MAX_POINTS = 10_000  # 0.1 ms each, less than it takes to read them
MARKDOWN = "text/markdown"
SIGNS = {"FASTER": "▲", "SLOWER": "▼", "SAME": "●", "UNSURE": "◆"}  # those of the chart


@dataclass(frozen=True)
class Result:
    """One result, by the name that a person knows it by."""

    name: str
    records: Sequence[Record]
    key: str  # equal for equal content


def result_of_run(run_id: str, name: str, records: Sequence[Record]) -> Result:
    """What a run of this server has recorded."""
    return Result(name, records, f"{run_id} {len(records)}")


def read_result(content: bytes, name: str) -> Result:
    """An uploaded file. Raises InvalidRequest for what is no result file."""
    key = hashlib.sha256(content).hexdigest()
    records = parsed(key, name, content)
    if isinstance(records, InvalidRequest):
        raise records
    return Result(name, records, key)


@st.cache_resource(max_entries=4, show_spinner=False)
def parsed(key: str, name: str, _content: bytes) -> list[Record] | InvalidRequest:
    """The records of an uploaded file, or why it is none; read once, however often the page is drawn. Nobody
    changes them. key: of the content, so that Streamlit need not find one for some megabytes, too.
    """
    try:
        records = parse(_content, name)
        check_one_machine(records, name)
    except InvalidRequest as refused:  # an error that is raised would not be kept
        return refused
    return records


def compare_with(jobs: tuple[str, ...], now: Result, label: str, name: str, shown: str = "") -> None:
    """A choice of an earlier result, and below it the comparison with that.

    jobs: whose finished runs are offered. name: of the files to download. shown: the run that is on the page,
    which is not compared with itself.
    """
    try:
        baseline = _pick(jobs, label, shown)
        if baseline is not None:
            draw_comparison(baseline, now, name)
    except InvalidRequest as error:
        st.error(escaped(str(error)))


def draw_comparison(baseline: Result, now: Result, name: str) -> None:
    """Verdicts on every point that both have. Raises InvalidRequest where they have none in common."""
    for one in (baseline, now):
        points = len(measurements(one.records))
        if not points:
            raise InvalidRequest(f"{one.name} holds no measurement to compare.")
        if points > MAX_POINTS:
            raise InvalidRequest(
                f"{one.name} holds {points:,} points, and a page compares at most {MAX_POINTS:,}; for more "
                "there is python -m core.timing compare."
            )
    _draw_origins(baseline, now)
    if measurements(baseline.records) == measurements(now.records):
        st.info(
            "**Same file.** Both hold the same figures, so there is nothing to compare.",
            icon=":material/equal:",
        )
        return
    found = _judged(baseline.key, now.key, baseline.records, now.records)
    compared = [record for record in found if record["event"] == "point_compared"]
    alone = [record for record in found if record["event"] == "point_not_compared"]
    if not compared:
        raise InvalidRequest(f"{baseline.name} and {now.name} have no point in common.")
    st.markdown(f"**{escaped(' '.join(verdicts(found)))}**")
    st.altair_chart(ratio_chart(compared), key="chart-comparison")
    which = f"The {MAX_ROWS} most notable of {len(compared):,} points. " if len(compared) > MAX_ROWS else ""
    st.caption(
        f"{which}Look for what lies right of 1: it takes longer now. A line is a ratio's 99% interval; grey "
        "is the noise floor, inside which nothing is called a difference. What other programs may have "
        "caused is UNSURE."
    )
    _draw_points(compared)
    _draw_alone(alone, baseline, now)
    downloads(
        File("Comparison as CSV", f"comparison-{name}.csv", lambda: to_csv(found)),
        File("as Markdown", f"comparison-{name}.md", lambda: to_markdown(found), MARKDOWN),
    )


def _pick(jobs: tuple[str, ...], label: str, shown: str) -> Result | None:
    """What a person chooses, which the address then names; None while it is nothing."""
    names = {NOTHING: "Nothing", FILE: "A result file"} | _offered(jobs, shown)
    asked = st.query_params.get(KEY)
    if asked and asked not in names:
        st.query_params.pop(KEY)
        if asked != shown:
            st.warning(
                f"There is no finished {runs.JOB_TITLES[jobs[0]]} with the address “{escaped(asked[:40])}” "
                "to compare with; choose another one."
            )
    chosen = bound(st.selectbox, label, names, NOTHING, key=KEY, names=names)
    if chosen == NOTHING:
        return None
    if chosen != FILE:
        records = [record for _, record in runs.runner().store.events_after(chosen)]
        return result_of_run(chosen, names[chosen], records)
    upload = st.file_uploader(
        "The earlier result: a file that a JSON button here or `python -m core.timing ... --out FILE` wrote",
        type=["json", "jsonl"],
        key="against_file",
    )
    say_upload_limits()
    return None if upload is None else read_result(upload.getvalue(), upload.name)


def _offered(jobs: tuple[str, ...], shown: str) -> dict[str, str]:
    """Names of the newest finished runs, and of one that the address or the control already names."""
    store = runs.runner().store
    whose = None if visitor().sees_all() else visitor().owner.id
    query = RunQuery(jobs=jobs, statuses=(FINISHED,), owner=whose, limit=OFFERED)
    found = list(listed(store, query).runs)
    named = (st.query_params.get(KEY), st.session_state.get(KEY))
    older = tuple(one for one in named if one and one not in {run.id for run in found})
    if older:
        found += listed(store, RunQuery(jobs=jobs, statuses=(FINISHED,), ids=older)).runs
    return {run.id: _run_name(run) for run in found if run.id != shown}


def _run_name(run: ListedRun) -> str:
    zone = timezone(-timedelta(minutes=st.context.timezone_offset or 0))
    asked_for = datetime.fromtimestamp(run.created, zone)
    return f"{run.name or runs.JOB_TITLES[run.job].capitalize()}, {asked_for:%Y-%m-%d %H:%M} ({run.id[:6]})"


@st.cache_data(max_entries=8, show_spinner="Comparing")
def _judged(
    baseline_key: str, now_key: str, _baseline: Sequence[Record], _now: Sequence[Record]
) -> list[dict[str, Any]]:
    return [event_record(one) for one in compare_results(_baseline, _now)]


def _draw_origins(baseline: Result, now: Result) -> None:
    """Where both come from: one machine in one line, two in two."""
    machines = [environment_line(environment_of(one.records)) for one in (baseline, now)]
    names = [f"{escaped(one.name)}{_measured_at(one)}" for one in (baseline, now)]
    if machines[0] == machines[1]:
        st.caption(
            f"Baseline: {names[0]}  \nNow: {names[1]}  \nBoth were measured on {escaped(machines[0])}."
        )
        return
    st.caption(
        f":material/warning: They were measured on different machines, or with different versions.  \n"
        f"Baseline: {names[0]}: {escaped(machines[0])}  \nNow: {names[1]}: {escaped(machines[1])}"
    )


def _measured_at(result: Result) -> str:
    started = [record["started_at"] for record in result.records if record["event"] == "environment_read"]
    return f", measured {started[0][:16].replace('T', ' ')} UTC" if started and started[0] else ""


def _draw_points(compared: Sequence[Record]) -> None:
    number = st.column_config.NumberColumn
    st.dataframe(
        [
            {
                "verdict": f"{SIGNS[one['verdict']]} {one['verdict']}",
                **_point(one),
                "baseline": microseconds(one["baseline_s"]),
                "now": microseconds(one["candidate_s"]),
                "ratio": one["ratio"],
                "interval": f"{one['low']:.3f} to {one['high']:.3f}",
                "floor": 100 * one["floor"],
            }
            for one in notable_first(compared)
        ],
        hide_index=True,
        key="comparison",
        column_config=_POINT
        | {
            "verdict": "Verdict",
            "baseline": number("Baseline (µs)", format="localized"),
            "now": number("Now (µs)", format="localized"),
            "ratio": number("Ratio", format="%.3f", help="Now over baseline: 1.05 takes 5% longer"),
            "interval": st.column_config.TextColumn("99% interval", help="Of the ratio"),
            "floor": number(
                "Noise floor (%)", format="%.1f", help="The least difference that is called one here"
            ),
        },
    )


_POINT: dict[str, Any] = {
    "workload": "Workload",
    "device": "Device",
    "format": "Precision",
    "size": st.column_config.NumberColumn("Size", format="%d"),
    "threads": "Threads",
}


def _point(one: Record) -> dict[str, Any]:
    return {
        "workload": workload_label(one),
        "device": one["device"],
        "format": one["dtype"],
        "size": one["size"],
        "threads": threads_label(one),
    }


def _draw_alone(alone: Sequence[Record], baseline: Result, now: Result) -> None:
    """What cannot be compared, as only one of both has it."""
    if not alone:
        return
    before = {point_of(record) for record in measurements(baseline.records)}
    medians = {
        point_of(record): record["median_s"]
        for record in (*measurements(baseline.records), *measurements(now.records))
    }
    with st.expander(f"{counted(len(alone), 'point')} that only one of both has"):
        st.dataframe(
            [
                {
                    "only": "Baseline" if point_of(one) in before else "Now",
                    **_point(one),
                    "median": duration(medians[point_of(one)]),
                }
                for one in alone
            ],
            hide_index=True,
            key="comparison_alone",
            column_config=_POINT | {"only": "Only in", "median": "Median"},
        )
