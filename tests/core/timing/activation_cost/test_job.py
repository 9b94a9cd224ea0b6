"""The cost of activation functions: everything asked for is measured, once, and ties are called ties."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from core.errors import InvalidRequest
from core.events import Progress, event_record
from core.jobs import JOBS
from core.records import from_record, to_record
from core.statistics import median_interval
from core.timing.activation_cost.config import CostConfig
from core.timing.activation_cost.events import CostRanked, FusedCompared, MemorySaved
from core.timing.activation_cost.job import cost
from core.timing.activation_cost.ranking import ranked
from core.timing.activation_cost.table import cost_rows, fastest
from core.timing.results.events import MeasurementTaken, RoofMeasured, SweepFinished
from core.timing.results.files import parse
from core.timing.results.lines import line
from core.timing.results.report import FIGURES
from core.timing.results.table import to_json

CONFIG = CostConfig(("relu", "sine", "identity"), size=4096, max_seconds=0.05)


@pytest.fixture(scope="module")
def everything() -> list[Any]:
    return list(cost(CONFIG))


@pytest.fixture(scope="module")
def records(everything: list[Any]) -> list[dict[str, Any]]:
    return [event_record(event) for event in everything if not isinstance(event, Progress)]


def of(events: list[Any], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_every_function_is_measured_forward_and_backward(everything: list[Any]) -> None:
    taken = [(event.workload, event.step) for event in of(everything, MeasurementTaken)]
    # The identity hands its gradient on, which is no work.
    assert taken == [
        ("activation_relu", "forward"),
        ("activation_relu", "backward"),
        ("activation_sine", "forward"),
        ("activation_sine", "backward"),
        ("activation_identity", "forward"),
    ]
    (roof,) = of(everything, RoofMeasured)
    assert roof.gbps > 0
    assert isinstance(of(everything, SweepFinished)[0], type(everything[-1]))


def test_fused_is_set_against_unfused_where_there_are_both(everything: list[Any]) -> None:
    compared = of(everything, FusedCompared)
    assert [(one.activation, one.step) for one in compared] == [("relu", "forward"), ("relu", "backward")]
    for one in compared:
        assert 0 < one.low <= one.times_as_fast <= one.high
        assert one.verdict in ("FASTER", "SLOWER", "SAME", "UNSURE")


def test_saved_memory_is_given_fused_and_unfused(everything: list[Any]) -> None:
    answer = {(one.activation, one.form): one for one in of(everything, MemorySaved)}
    assert answer["relu", "fused"].result_bytes == 4
    assert answer["relu", "unfused"].other_bytes == 1  # a mask
    assert set(answer) == {
        ("relu", "fused"),
        ("relu", "unfused"),
        ("sine", "fused"),
        ("identity", "fused"),
    }


def test_progress_never_goes_back_and_ends_full(everything: list[Any]) -> None:
    seen = of(everything, Progress)
    assert all(one.done <= next_one.done for one, next_one in pairwise(seen))
    assert seen[-1].done == seen[-1].total
    assert {one.total for one in seen} == {seen[-1].total}


def test_a_row_for_each_function_and_step(records: list[dict[str, Any]]) -> None:
    rows = cost_rows(records)
    assert [(row["name"], row["step"]) for row in rows] == [
        ("ReLU", "forward"),
        ("ReLU", "backward"),
        ("Sine", "forward"),
        ("Sine", "backward"),
        ("Identity", "forward"),
    ]
    for row in rows:
        moved = {"forward": 2, "backward": 3}[row["step"]] * 4 * CONFIG.size
        assert row["gbps"] == pytest.approx(moved / row["median_s"] / 1e9)
        assert row["percent_of_bandwidth"] > 0
        assert row["limit"]
        assert row["times_as_long"] >= 1
    assert [row["saved_bytes"] for row in rows] == [4, 4, 4, 4, 0]
    assert [row["unfused_saved_bytes"] for row in rows] == [1, 1, None, None, None]
    assert fastest(records, "forward")
    assert set(fastest(records, "forward")) <= {"ReLU", "Sine", "Identity"}


def test_rows_are_there_before_the_end(records: list[dict[str, Any]]) -> None:
    first = next(n for n, record in enumerate(records) if record["event"] == "measurement_taken")
    (row,) = cost_rows(records[: first + 1])
    assert row["times_as_long"] is row["saved_bytes"] is row["verdict"] is row["tied"] is None
    assert fastest(records[: first + 1], "forward") == []


def test_a_result_file_keeps_all_of_it(records: list[dict[str, Any]]) -> None:
    again = parse(to_json(records))
    assert cost_rows(again) == cost_rows(records)
    answer = "\n".join(filter(None, map(line, again)))
    for words in ("relu forward: fused it is", "relu saves 4 bytes an element", "Fastest forward"):
        assert words in answer
    assert FIGURES.markdown(again)


def measured(key: str, median_s: float, noise: float) -> dict[str, Any]:
    times_s = [median_s * (1 + 0.001 * (n % 7 - 3)) for n in range(50)]
    low_s, high_s = median_interval(times_s)
    return {
        "event": "measurement_taken",
        "workload": f"activation_{key}",
        "step": "forward",
        "median_s": median_s,
        "ci_low_s": low_s,
        "ci_high_s": high_s,
        "times_s": times_s,
        "noise_unpaired": noise,
    }


def test_a_difference_below_the_noise_between_moments_is_a_tie() -> None:
    taken = [measured("gelu", 1.3e-3, 0.2), measured("relu", 1.0e-3, 0.2), measured("elu", 1.1e-3, 0.2)]
    (ranking,) = ranked(taken)
    assert [(place.activation, place.tied) for place in ranking.places] == [
        ("relu", True),
        ("elu", True),
        ("gelu", False),
    ]
    assert ranking.places[2].times_as_long == pytest.approx(1.3, rel=0.01)
    (quiet,) = ranked([record | {"noise_unpaired": 0.02} for record in taken])
    assert [place.tied for place in quiet.places] == [True, False, False]
    assert isinstance(quiet, CostRanked)


def test_a_stored_config_starts_the_job_again() -> None:
    record = to_record(CONFIG)
    assert from_record(CostConfig, record) == CONFIG
    job = JOBS["cost"]
    assert job.exclusive
    assert isinstance(next(job.start(record)), Progress)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"activations": ()}, "at least one"),
        ({"activations": ("gelly",)}, "'gelly'"),
        ({"size": 0}, "size 0"),
        ({"size": 2**40}, "from 1 to"),
        ({"dtype": "int8"}, "float32, bfloat16"),
        ({"device": "abacus"}, "abacus"),
        ({"threads": 10_000}, "threads"),
        ({"max_seconds": 0.0}, "max-seconds"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as refused:
        CostConfig(**{"activations": ("relu",)} | settings)
    assert str(refused.value).endswith(".")


def test_an_absent_device_is_reported_and_nothing_else_is() -> None:
    events = [event_record(e) for e in cost(CostConfig(("relu",), device="cuda:99", max_seconds=0.05))]
    kinds = [record["event"] for record in events if record["event"] != "progress"]
    assert kinds == ["environment_read", "device_absent", "sweep_finished"]
