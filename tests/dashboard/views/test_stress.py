"""The Stress test page: a verdict for each device, figures and charts, and nothing that cannot be loaded."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.devices import Reading
from core.events import event_record
from core.records import to_record
from core.runs.status import FINISHED
from core.timing.results.events import SCHEMA, EnvironmentRead
from core.timing.stress.config import StressConfig
from core.timing.stress.events import StressEnded, StressSampled
from dashboard.components import runs


def open_stress(page: AppTest, rating: str | None, **readings: Reading) -> AppTest:
    """The page at a load of the CPU with these readings; without a rating it has not ended."""
    samples = [StressSampled("cpu", float(at), 300.0 - at, 10 * at, 0, readings) for at in range(1, 9)]
    events = [EnvironmentRead(SCHEMA, "2026", {}), *samples]
    if rating:
        ended = StressEnded("cpu", rating, "It says so.", "time is up", 8.0, 80, 2, 1024, 300.0, 290.0, None)
        events.append(ended)  # type: ignore[arg-type]
    store = runs.runner().store
    run_id = store.create("stress", to_record(StressConfig()))
    store.write(run_id, [(number, 0.0, event_record(event)) for number, event in enumerate(events, 1)])
    store.end(run_id, FINISHED)
    page.query_params["run"] = run_id
    page.run()
    assert not page.exception
    return page


@pytest.mark.parametrize(
    ("rating", "box"), [("good", "success"), ("fair", "warning"), ("poor", "error"), ("unknown", "info")]
)
def test_the_verdict_has_its_colour_and_its_figures(page: AppTest, rating: str, box: str) -> None:
    shown = open_stress(page, rating, temperature=Reading("temperature", 61.0, "°C"))
    assert "It says so." in getattr(shown, box)[0].value
    assert {metric.label: metric.value for metric in shown.metric} == {
        "CPU": "292 GFLOP/s",
        "Wrong elements": "2",
        "Temperature": "61 °C",
    }
    titles = [chart.proto.spec for chart in shown.get("vega_lite_chart")]
    assert len(titles) == 2  # rate and temperature


def test_what_a_device_does_not_report_has_its_reason(page: AppTest) -> None:
    why = Reading("temperature", None, "°C", "not reported: the system shows no CPU temperature sensor")
    shown = open_stress(page, None, temperature=why)
    assert any("the system shows no CPU temperature sensor" in caption.value for caption in shown.caption)
    assert len(shown.get("vega_lite_chart")) == 1
