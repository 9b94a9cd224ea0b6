"""The Quick check page shows the verdict of a stored check, what it rests on, and what to take along."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.events import event_record
from core.records import to_record
from core.runs.status import FINISHED
from core.timing.quick_check.config import QuickCheckConfig
from core.timing.quick_check.events import FAIR, GOOD, POOR, UNKNOWN
from core.timing.quick_check.findings import checked
from core.timing.results.events import DeviceAbsent
from core.timing.results.table import measurements, to_json
from core.timing.results.verdicts import compare_results
from core.timing.roofline.events import PeakFound
from dashboard.components import runs
from dashboard.components.markdown import escaped
from tests.core.timing.results.examples import EXAMPLES
from tests.dashboard.conftest import view

PRODUCT = ("cpu", 2, "float32", 250.0, 512, 512, 512, 30, 1.0)
KEPT = ("environment_read", "measurement_taken")
QUIET = [{**record, "contamination": []} for record in EXAMPLES if record["event"] in KEPT]


def stored_check(records: list[dict[str, Any]]) -> str:
    """The address of a finished check."""
    store = runs.runner().store
    run_id = store.create("quick_check", to_record(QuickCheckConfig()))
    store.write(run_id, [(number, 0.0, record) for number, record in enumerate(records, 1)])
    store.end(run_id, FINISHED)
    return run_id


def open_check(page: AppTest, *events: Any, ended: bool = True) -> AppTest:
    """The page at a check with these events besides a product that was measured."""
    records = [*QUIET, *map(event_record, events)]
    if ended:
        records.append(event_record(checked(records)))
    page.query_params["run"] = stored_check(records)
    page.run()
    assert not page.exception
    return page


@pytest.mark.parametrize(
    ("events", "box"),
    [
        ([PeakFound(*PRODUCT, 0.9)], "success"),
        ([PeakFound(*PRODUCT, 0.7)], "warning"),
        ([PeakFound(*PRODUCT, 0.9), DeviceAbsent("cuda:0", "no kernels for this card")], "error"),
        ([], "info"),
    ],
    ids=[GOOD, FAIR, POOR, UNKNOWN],
)
def test_the_verdict_has_its_colour(page: AppTest, events: list[Any], box: str) -> None:
    shown = open_check(page, *events)
    assert [name for name in ("success", "warning", "error", "info") if len(getattr(shown, name))] == [box]
    words = "\n".join(one.value for one in shown.markdown)
    for finding in checked([*QUIET, *map(event_record, events)]).findings:
        assert escaped(finding.says) in words


def test_a_ticket_names_the_host_when_it_is_asked_to(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.node", lambda: "host-of-mine")
    open_check(page, PeakFound(*PRODUCT, 0.9))
    assert "host-of-mine" not in page.code[0].value
    page.toggle(key="name_host").set_value(True).run()
    assert "host-of-mine" in page.code[0].value
    assert len(page.get("download_button")) == 3


def test_findings_are_shown_before_the_end(page: AppTest) -> None:
    open_check(page, PeakFound(*PRODUCT, 0.9), ended=False)
    assert any("90% of what the cores" in one.value for one in page.markdown)
    assert not page.success
    assert not page.get("download_button")


def test_this_machine_stands_among_others(page: AppTest) -> None:
    open_check(page, PeakFound(*PRODUCT, 0.9))
    assert any("compared" in chart.proto.spec for chart in page.get("vega_lite_chart"))


def scaled(records: list[dict[str, Any]], factor: float, **other: Any) -> list[dict[str, Any]]:
    """The measurements of a check with each time so many times as long, and other fields."""
    return [
        {
            **one,
            "median_s": factor * one["median_s"],
            "times_s": [factor * t for t in one["times_s"]],
            **other,
        }
        for one in map(dict, measurements(records))
    ]


def test_an_earlier_check_is_compared_with_point_by_point(page: AppTest) -> None:
    earlier = [QUIET[0], *scaled(QUIET, 0.5), *scaled(QUIET, 1.0, size=4096)]
    baseline = stored_check(earlier)
    open_check(page, PeakFound(*PRODUCT, 0.9))
    assert len(page.get("download_button")) == 3
    page.selectbox(key="against").set_value(baseline).run()
    assert not page.exception
    assert page.query_params["against"] in (baseline, [baseline])
    expected, alone = compare_results(earlier, QUIET)
    compared, others = (frame.value for frame in page.dataframe)
    assert compared[["baseline", "now", "ratio"]].values.tolist() == [
        [1e6 * expected.baseline_s, 1e6 * expected.candidate_s, expected.ratio]
    ]
    assert compared["interval"].tolist() == [f"{expected.low:.3f} to {expected.high:.3f}"]
    assert compared["floor"].tolist() == [100 * expected.floor]
    assert compared["verdict"].tolist() == ["▼ SLOWER"]
    assert others[["only", "size"]].values.tolist() == [["Baseline", alone.size]]
    assert any(escaped("1 point compared: 1 SLOWER.") in one.value for one in page.markdown)
    assert len(page.get("download_button")) == 5


def test_an_address_names_what_a_check_is_compared_with(page: AppTest) -> None:
    page.query_params["against"] = stored_check(QUIET)
    open_check(page, PeakFound(*PRODUCT, 0.9))
    assert any("Same file" in one.value for one in page.info)
    another = view("quick_check")
    another.query_params["against"] = "nothing-of-mine"
    open_check(another, PeakFound(*PRODUCT, 0.9))
    assert ["nothing-of-mine" in one.value for one in another.warning] == [True]


def test_what_cannot_be_compared_with_is_answered_in_a_sentence(page: AppTest) -> None:
    open_check(page, PeakFound(*PRODUCT, 0.9))
    page.selectbox(key="against").set_value("file").run()
    for content, says in (
        (b"[1, 2", "odd.json is not a whole result file"),
        (to_json(QUIET[:1]).encode(), "odd.json holds no measurement"),
        (to_json([QUIET[0], *scaled(QUIET, 1.0, size=4096)]).encode(), "no point in common"),
    ):
        page.file_uploader(key="against_file").upload("odd.json", content).run()
        assert not page.exception
        (error,) = page.error
        assert says in error.value


def test_a_result_too_large_for_a_page_names_the_command(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.components.results.comparison.MAX_POINTS", 1)
    page.query_params["against"] = stored_check([*QUIET, *scaled(QUIET, 1.0, size=4096)])
    open_check(page, PeakFound(*PRODUCT, 0.9))
    assert ["2 points" in one.value and "core.timing compare" in one.value for one in page.error] == [True]
