"""Every kind of record has its words, and every figure of a result stands in each form of it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from core.timing.results import files
from core.timing.results.lines import line, other_line
from core.timing.results.record_checks import _KINDS
from core.timing.results.report import COMPARISONS, FIGURES
from core.timing.results.table import measurements
from core.timing.sweeps.gate import compare_results
from tests.core.timing.results.examples import EXAMPLES, WITHOUT_WORDS

STORED = Path(__file__).parent / "stored"


def test_there_is_an_example_of_every_kind() -> None:
    assert {record["event"] for record in EXAMPLES} == set(_KINDS)


@pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: record["event"])
def test_a_record_is_a_line_with_its_own_figures(record: dict[str, Any]) -> None:
    text = line(record) or COMPARISONS.line(record)
    if record["event"] in WITHOUT_WORDS:
        assert text is None
        return
    assert text
    for value in _shown(record):
        assert str(value) in text


def _shown(record: dict[str, Any]) -> list[Any]:
    """Names that a reader must find in the line."""
    names = ("workload", "activation", "step", "device", "dtype", "reason", "verdict", "limit", "explanation")
    return [record[name] for name in names if record.get(name) and (record["event"], name) not in _ELSEWHERE]


# A single step is named where it is not the default one; the device of a speed-up is in its series' name.
_ELSEWHERE = {
    ("roofline_point", "step"),
    ("measurement_taken", "step"),
    ("measurement_failed", "step"),
    ("speedup_curve", "step"),
    ("point_compared", "step"),
    ("point_not_compared", "step"),
    ("fused_compared", "dtype"),
    ("fused_compared", "device"),
    ("memory_saved", "dtype"),
}


def test_a_page_of_markdown_has_a_row_a_figure_and_what_is_missing() -> None:
    records = files.read(STORED / "schema_1.json")
    page = FIGURES.markdown(records)
    rows = [row for row in page.splitlines() if row.startswith("| gemm")]
    assert len(rows) == len(measurements(records))
    for record in records:
        if record["event"] == "device_absent":
            assert str(other_line(record)) in page


def test_csv_has_the_same_figures() -> None:
    records = files.read(STORED / "schema_3.json")
    rows = list(csv.DictReader(io.StringIO(FIGURES.csv(records))))
    assert [float(row["median_s"]) for row in rows] == [
        record["median_s"] for record in measurements(records)
    ]
    assert {"contamination", "retaken"} <= set(rows[0])


def test_a_comparison_has_a_line_a_row_and_a_verdict_for_each_point() -> None:
    from core.events import event_record

    records = files.read(STORED / "schema_1.json")
    compared = [json.loads(json.dumps(event_record(one))) for one in compare_results(records, records)]
    assert all(COMPARISONS.line(record) for record in compared)
    assert len(COMPARISONS.csv(compared).splitlines()) == 1 + len(compared)
    assert sum(row.startswith("| gemm") for row in COMPARISONS.markdown(compared).splitlines()) == len(
        compared
    )
    (first, *_) = COMPARISONS.sentences(compared)
    assert f"{len(compared)} points compared" in first


def test_a_regression_is_said_in_words() -> None:
    (record,) = [one for one in EXAMPLES if one["event"] == "point_compared"]
    worse = {**record, "regression": True, "verdict": "SLOWER", "ratio": 2.0, "takes": 3}
    assert "REGRESSION" in str(COMPARISONS.line(worse))
    assert any("takes 2 times as long" in sentence for sentence in COMPARISONS.sentences([worse]))
    assert COMPARISONS.sentences([]) == ["No point could be compared."]
