"""Two processes under torchrun talk, every operation gives what it has to, and one result comes of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.timing.__main__ import main
from core.timing.collectives.config import BUS_FACTORS
from core.timing.collectives.summary import sentences
from core.timing.results import files

ROOT = Path(__file__).parents[4]


def test_two_processes_measure_every_operation_and_write_one_result(tmp_path: Path) -> None:
    file = tmp_path / "collectives.json"
    asked = ["--processes", "2", "--sizes", "8,65536", "--max-seconds", "0.05", "--json", "--out", str(file)]
    command = [sys.executable, "-m", "core.timing", "collectives", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]  # of one process alone
    assert [event["event"] for event in events[:2]] == ["environment_read", "processes_joined"]
    assert events[1] | {"event": ""} == {
        "event": "",
        "backend": "gloo",
        "devices": ["cpu", "cpu"],
        "hosts": [0, 0],
    }
    measured = [event for event in events if event["event"] == "collective_measured"]
    assert [(one["operation"], one["size_bytes"]) for one in measured] == [
        (operation, size) for operation in BUS_FACTORS for size in (8, 65536)
    ]
    for one in measured:
        assert 0 < one["ci_low_s"] <= one["median_s"] <= one["ci_high_s"]
        assert one["algorithm_gbps"] == pytest.approx(one["size_bytes"] / one["median_s"] / 1e9)
        assert one["bus_gbps"] == pytest.approx(one["algorithm_gbps"] * BUS_FACTORS[one["operation"]](2))
    records = files.read(file)
    assert len(sentences(records)) == len(BUS_FACTORS)
    assert events[-1]["sentences"] == sentences(records)


def test_bus_factors_are_those_of_nccl_tests() -> None:
    of_eight = {operation: factor(8) for operation, factor in BUS_FACTORS.items()}
    assert of_eight == {
        "all_reduce": 1.75,
        "all_gather": 0.875,
        "reduce_scatter": 0.875,
        "broadcast": 1.0,
        "send_recv": 1.0,
    }


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([], "torchrun"),
        (["--operations", "gossip"], "all_reduce"),
        (["--sizes", "1"], "size 1"),
        (["--backend", "smoke"], "gloo"),
        (["--processes", "1"], "processes 1"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    asked: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["collectives", *asked]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1
