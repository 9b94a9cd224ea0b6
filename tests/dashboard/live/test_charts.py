"""A chart is drawn once for all who look at the same, and looks as if each had drawn it."""

from __future__ import annotations

import json
import threading
from typing import Any

import altair as alt
import pandas as pd
from streamlit.testing.v1 import AppTest

from dashboard.live.charts import DrawnCharts


def chart(value: float = 1.0) -> alt.Chart:
    return alt.Chart(pd.DataFrame({"x": [value], "y": [2.0]}), title="Loss").mark_line().encode(x="x", y="y")


def test_many_at_once_get_the_drawing_of_one() -> None:
    drawn, began, found = DrawnCharts(), [], []
    ready = threading.Barrier(8)

    def slow() -> alt.Chart:
        began.append(1)
        return chart()

    def look() -> None:
        ready.wait()
        found.append(drawn.of(("run", 1), slow))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(began) == 1
    assert all(one is found[0] for one in found)
    assert drawn.of(("run", 2), slow) is not found[0]
    assert len(began) == 2


def test_charts_in_memory_are_bounded_and_a_failure_is_not_held() -> None:
    drawn = DrawnCharts(max_bytes=5000)
    for n in range(50):
        drawn.of(n, lambda n=n: chart(n))  # type: ignore[misc]
    assert drawn._bytes <= 5000
    assert 0 < len(drawn._held) < 10

    def fails() -> alt.Chart:
        raise ValueError

    for _ in range(2):
        try:
            drawn.of("broken", fails)
        except ValueError:
            continue
        raise AssertionError
    assert not drawn._drawing


def page() -> None:
    import streamlit as st

    from dashboard.live.charts import draw_shared
    from tests.dashboard.live.test_charts import chart

    draw_shared(st.container(), "loss", "run", chart)
    st.altair_chart(chart(), key="own")


def test_it_is_the_chart_that_altair_chart_would_show() -> None:
    shared, own = AppTest.from_function(page).run().get("vega_lite_chart")
    assert shared.proto.spec == own.proto.spec
    assert [one.data.data for one in shared.proto.datasets] == [one.data.data for one in own.proto.datasets]


def runs_of_one_look() -> None:
    import streamlit as st

    from dashboard.charts.training.curves import metric_drawing
    from dashboard.live.charts import draw_shared
    from tests.dashboard.charts.training.test_curves import epoch

    for run, last in enumerate((0.7, 0.9)):
        epochs = [epoch(1), epoch(2, test_metric=last, details={"majority_accuracy": 0.6})]
        drawing = metric_drawing(epochs, "accuracy")
        draw_shared(st.container(), f"metric {run}", run, lambda drawing=drawing: drawing)
        st.altair_chart(drawing.chart(), key=f"own {run}")


def test_charts_of_one_look_have_their_own_rows_and_are_those_that_altair_chart_would_show() -> None:
    found = AppTest.from_function(runs_of_one_look).run().get("vega_lite_chart")
    for shared, own in zip(found[::2], found[1::2], strict=True):
        drawn, spec = shown_by(shared), shown_by(own)
        assert drawn == spec
    assert shown_by(found[0]) != shown_by(found[2])
    assert json.loads(found[0].proto.spec) == json.loads(found[2].proto.spec)


def shown_by(chart: Any) -> Any:
    """The specification with its rows in the places of their names."""
    spec = chart.proto.spec
    for dataset in chart.proto.datasets:
        spec = spec.replace(json.dumps(dataset.name), json.dumps(dataset.data.data.hex()))
    return json.loads(spec)
