"""What figures say about a machine is said when it is so, and not when it is not."""

from __future__ import annotations

from typing import Any

import pytest

from core.timing.results.conclusions import conclusions, nothing_measured
from core.timing.results.lines import line
from core.timing.results.markdown import to_markdown
from core.timing.results.table import to_csv
from tests.core.timing.results.examples import EXAMPLES

OF = {record["event"]: record for record in EXAMPLES}
TAKEN = OF["measurement_taken"] | {"contamination": [], "first_call_s": 1e-3, "joules": None}
TAKEN |= {"gflop_per_joule": None, "energy_source": None}


def said(*records: dict[str, Any]) -> str:
    return "\n".join(conclusions(records))


def test_the_best_product_of_each_format_comes_first() -> None:
    fast = TAKEN | {"dtype": "bfloat16", "precision": "bfloat16", "gflops": 1500.0}
    first = conclusions([TAKEN, fast])[0]
    assert first.startswith("Best matrix multiplication on cpu: 1.5 TFLOP/s in bfloat16")
    assert "268 GFLOP/s in float32" in first


def test_more_threads_are_set_against_fewer_of_the_same_product() -> None:
    one = TAKEN | {"threads": 1, "median_s": 1.8e-3}
    assert "2 threads multiply float32 matrices of N = 512 1.8 times as fast as 1" in said(TAKEN, one)
    assert "times as fast as" not in said(TAKEN)


def test_memory_limits_what_has_less_intensity_than_the_ridge() -> None:
    assert "below 26.8 FLOPs a byte memory limits float32" in said(TAKEN, OF["roof_measured"])


def test_another_precision_than_was_asked_for_is_named() -> None:
    assert "float32 was asked for and tf32 ran" in said(TAKEN | {"precision": "tf32"})
    assert "was asked for" not in said(TAKEN)


def test_operands_that_mislead_are_named_with_how_far() -> None:
    zeros = TAKEN | {"data": "zeros", "median_s": TAKEN["median_s"] / 2}
    assert "With operands that are zeros, gemm looks 2 times as fast" in said(TAKEN, zeros)
    assert "With operands" not in said(TAKEN, TAKEN | {"data": "zeros"})


def test_a_slow_first_call_is_named() -> None:
    assert "up to 20 times as long" in said(TAKEN | {"first_call_s": 0.02})
    assert "first call" not in said(TAKEN)


def test_energy_is_a_figure_or_a_reason() -> None:
    known = {"joules": 0.01, "gflop_per_joule": 26.8, "energy_source": "RAPL"}
    assert "26.8 GFLOP/J ±5%" in said(TAKEN | known | {"joules_interval": [0.0095, 0.0105]})
    assert "No energy figures for cpu: no counter" in said(
        TAKEN | {"energy_reason": "not reported: no counter."}
    )


def test_energy_without_a_spread_is_shown_nowhere() -> None:
    older = TAKEN | {
        "joules": 0.0123,
        "gflop_per_joule": 26.8,
        "energy_source": "RAPL",
        "joules_interval": None,
    }
    for text in (said(older), line(older), to_markdown([older]), to_csv([older])):
        assert "26.8" not in str(text)
        assert "0.0123" not in str(text)
    assert "its spread is not known" in to_markdown([older])


def test_processes_that_may_have_used_a_gpu_are_counted() -> None:
    conditions = {"listed_processes": 2, "reasons": {"foreign_processes": "not reported: Not Supported"}}
    assert "Up to 2 other processes were on cpu" in said(TAKEN | {"conditions": conditions})
    assert "other process" not in said(TAKEN | {"conditions": conditions | {"reasons": {}}})


def test_noise_is_named_with_what_contaminated_its_calibration() -> None:
    answer = said(TAKEN, OF["noise_measured"])
    assert "from 1.0% on" in answer
    assert "the calibration was contaminated (other programs used 20% of the CPU)" in answer


def test_a_floor_of_several_times_is_no_floor() -> None:
    noise = OF["noise_measured"] | {"paired": 0.03, "unpaired": 72.0, "contamination": []}
    answer = said(TAKEN, noise)
    assert "figures taken at different moments not at all" in answer
    assert "from 3.0% on" in answer


@pytest.mark.parametrize(("load", "words"), [(4.0, "at most 4%"), (40.0, "up to 40%")])
def test_the_load_of_other_programs_is_named(load: float, words: str) -> None:
    sample = {"event": "device_sampled", "device": "cpu", "readings": {"others": {"value": load}}}
    assert words in said(TAKEN, sample)
    marked = TAKEN | {"contamination": ["other programs used 20% of the CPU"]}
    assert "1 of 2 figures are marked as contaminated" in said(TAKEN, marked, sample)


def test_nothing_measured_is_one_sentence_with_each_reason_once() -> None:
    absent = OF["device_absent"]
    assert conclusions([absent, absent]) == ["Nothing was measured: cuda:0: there is no driver."]
    assert nothing_measured([]) == "Nothing was measured."
