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
from core.timing.results.table import fastest, measurements, table
from core.timing.results.verdicts import compare_results
from tests.core.timing.results.examples import EXAMPLES, WITHOUT_WORDS

STORED = Path(__file__).parent / "stored"


def test_there_is_an_example_of_every_kind() -> None:
    # The words of frameworks and of several nodes are in rooms of their own, with their own tests.
    apart = ("core.timing.frameworks.", "core.timing.nodes.", "core.cluster.")
    kinds = {name for name, kind in _KINDS.items() if not kind.__module__.startswith(apart)}
    assert {record["event"] for record in EXAMPLES} == kinds


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


def of_a_gpu(**more: Any) -> dict[str, Any]:
    """A transfer that takes the card 2 us and a program 6."""
    (taken,) = [one for one in EXAMPLES if one["event"] == "measurement_taken"]
    waits = {"wall_s": 6e-6, "latency_s": 1.5e-5, "launch_s": 5.5e-6, "launches_hidden": False}
    link = {"pcie_generation": 4, "pcie_width": 16, "limit": "link"}
    return {**taken, "device": "cuda:0", "threads": None, "median_s": 2e-6, **waits, **link, **more}


def test_what_a_program_waits_and_the_link_stand_beside_an_accelerators_time() -> None:
    text = str(line(of_a_gpu()))
    for part in ("link, PCIe 4 x16", "wall 6 µs", "latency 15 µs", "launch 5.5 µs", "launches not hidden"):
        assert part in text
    page = FIGURES.markdown([of_a_gpu()])
    assert "| Wall | Latency | Launch | Launches hidden |" in page
    assert "| 6 µs | 15 µs | 5.5 µs | no |" in page
    (row,) = table([of_a_gpu()])
    assert (row["wall_us"], row["latency_us"]) == (pytest.approx(6), pytest.approx(15))
    assert (row["launches_hidden"], row["link"]) == (False, "PCIe 4 x16")
    answer = FIGURES.sentences([of_a_gpu()])
    assert any("waits up to 3 times as long for cuda:0" in sentence for sentence in answer)
    assert any("1 of 1 figures of cuda:0 hold launches too" in sentence for sentence in answer)


def test_of_a_cpu_nothing_is_said_of_launches() -> None:
    (taken,) = [one for one in EXAMPLES if one["event"] == "measurement_taken"]
    assert "wall" not in str(line(taken))
    assert "Wall" not in FIGURES.markdown([taken])
    assert not {"wall_us", "link"} & set(table([taken])[0])


def test_a_rate_that_is_not_believed_is_marked_and_never_the_best() -> None:
    doubt = "9,000 GFLOP/s is more than the device can do"
    wrong, right = of_a_gpu(gflops=9000.0, not_believed=doubt), of_a_gpu(gflops=10.0)
    assert f"! not believed: {doubt}" in str(line(wrong))
    assert [record["gflops"] for record in fastest([wrong, right], "dtype")] == [10.0]
    answer = FIGURES.sentences([wrong, right])
    assert doubt in answer[0]
    assert any("Best matrix multiplication on cuda:0: 10 GFLOP/s" in sentence for sentence in answer)
    assert doubt in FIGURES.markdown([wrong])


def test_float8_is_set_against_the_vendors_figure_only_as_the_vendor_counts() -> None:
    (peak,) = [one for one in EXAMPLES if one["event"] == "peak_found"]
    float8 = {**peak, "device": "cuda:0", "dtype": "float8", "vendor_gflops": 1000.0, "gflops": 400.0}
    text = str(other_line(float8))
    assert "with sums in float32" in text
    assert "vendor" not in text
    fast = str(other_line({**float8, "fast_accumulation_gflops": 800.0}))
    assert "800 GFLOP/s with fast accumulation; 80% of the vendor's figure" in fast
