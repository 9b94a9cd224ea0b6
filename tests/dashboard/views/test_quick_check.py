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
from core.timing.roofline.events import PeakFound
from dashboard.components import runs
from dashboard.components.markdown import escaped
from tests.core.timing.results.examples import EXAMPLES

PRODUCT = ("cpu", 2, "float32", 250.0, 512, 512, 512, 30, 1.0)
KEPT = ("environment_read", "measurement_taken")
QUIET = [{**record, "contamination": []} for record in EXAMPLES if record["event"] in KEPT]


def open_check(page: AppTest, *events: Any, ended: bool = True) -> AppTest:
    """The page at a check with these events besides a product that was measured."""
    store = runs.runner().store
    records = [*QUIET, *map(event_record, events)]
    if ended:
        records.append(event_record(checked(records)))
    run_id = store.create("quick_check", to_record(QuickCheckConfig()))
    store.write(run_id, [(number, 0.0, record) for number, record in enumerate(records, 1)])
    store.end(run_id, FINISHED)
    page.query_params["run"] = run_id
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
