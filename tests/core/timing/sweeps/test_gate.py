"""The gate and the comparison of results: no difference from nothing, and a true one is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.timing.__main__ import main
from core.timing.results import files
from core.timing.results.table import measurements
from core.timing.results.verdicts import compare_results
from core.timing.sweeps.gate import TAKES

QUICK = ["--max-seconds", "0.1", "--target-ci", "0.2"]
FIRST = files.read(Path(__file__).parents[1] / "results" / "stored" / "schema_1.json")


def slowed(records: list[Any], factor: float) -> list[Any]:
    """The same result with every time so many times as long."""
    times = ("median_s", "ci_low_s", "ci_high_s")
    return [
        {
            **record,
            **{name: record[name] * factor for name in times},
            "times_s": [time_s * factor for time_s in record["times_s"]],
        }
        if record["event"] == "measurement_taken"
        else record
        for record in records
    ]


def steady(records: list[Any]) -> list[Any]:
    """The same points on a machine without noise or other programs."""
    return [
        record
        | dict.fromkeys(("ci_low_s", "ci_high_s"), record["median_s"])
        | {"times_s": [record["median_s"]] * 20}
        for record in map(dict, measurements(records))
    ]


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gate") / "baseline.json"
    sizes = ["--sizes", "64,128", "--devices", "cpu", "--threads", "1"]
    assert main(["run", "gemm", *sizes, "--out", str(path), *QUICK]) == 0
    return path


def gate(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[Any]]:
    capsys.readouterr()
    code = main(["gate", str(path), "--json", *QUICK])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return code, [line for line in lines if line["event"] in ("point_compared", "point_not_compared")]


def test_a_machine_against_itself_passes(baseline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, compared = gate(baseline, capsys)
    assert code == 0
    assert [line["size"] for line in compared] == [64, 128]
    assert not any(line["regression"] for line in compared)


def test_a_baseline_far_faster_is_a_regression_found_in_every_take(
    baseline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files.write(tmp_path / "faster.json", slowed(files.read(baseline), 1e-4))
    code, compared = gate(tmp_path / "faster.json", capsys)
    assert code == 1
    assert all(line["regression"] and line["takes"] == TAKES for line in compared)
    assert all(line["ratio"] > 1000 for line in compared)


def test_what_cannot_be_measured_here_is_reported_and_alone_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = [
        {**record, "device": "cuda:99", "threads": None} if record["event"] == "measurement_taken" else record
        for record in FIRST
    ]
    files.write(tmp_path / "elsewhere.json", elsewhere)
    code, compared = gate(tmp_path / "elsewhere.json", capsys)
    assert code == 2
    assert {line["event"] for line in compared} == {"point_not_compared"}
    files.write(tmp_path / "unknown.json", [{**record, "workload": "fft"} for record in FIRST])
    assert gate(tmp_path / "unknown.json", capsys)[0] == 2


@pytest.mark.parametrize(
    ("factor", "verdict"), [(1.0, "SAME"), (1.005, "SAME"), (1.05, "SLOWER"), (0.9, "FASTER")]
)
def test_without_noise_a_difference_is_called_what_it_is(factor: float, verdict: str) -> None:
    before = steady(FIRST)
    found = list(compare_results(before, slowed(before, factor)))
    assert {one.verdict for one in found} == {verdict}
    assert all(one.ratio == pytest.approx(factor) for one in found)


def test_no_difference_below_the_noise_floor_is_called_one() -> None:
    noise = {"event": "noise_measured", "device": "cpu", "threads": 1, "paired": 0.01, "unpaired": 0.2}
    before = [noise, *steady(FIRST)]
    assert {one.verdict for one in compare_results(before, slowed(before, 1.15))} == {"UNSURE"}
    assert {one.verdict for one in compare_results(before, slowed(before, 1.05))} == {"SAME"}
    assert {one.verdict for one in compare_results(before, slowed(before, 1.25))} == {"SLOWER"}


def test_what_other_programs_can_explain_is_not_called_slower() -> None:
    loaded = []
    for record in steady(FIRST):
        readings = {"others": {"name": "others", "value": 50.0, "unit": "%", "reason": None}}
        loaded += [record, {"event": "device_sampled", "device": "cpu", "readings": readings}]
    environment = {"event": "environment_read", "environment": {"usable_cores": 2}}
    found = {
        one.threads: one.verdict
        for one in compare_results(steady(FIRST), [environment, *slowed(loaded, 1.5)])
    }
    # Half of two cores was left: enough for one thread, and two took up to twice as long.
    assert found == {1: "SLOWER", 2: "UNSURE"}


def test_points_of_one_result_alone_are_reported() -> None:
    one, *others = steady(FIRST)
    found = list(compare_results([one], others))
    assert [event.reason for event in found[:2]] == [
        "only the first result has it",
        "only the second result has it",
    ]
