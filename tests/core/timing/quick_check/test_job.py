"""A quick check of this very machine, from the command line to the ticket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.timing.__main__ import main
from core.timing.quick_check.events import POOR
from core.timing.quick_check.references import HERE, beside
from core.timing.quick_check.ticket import to_ticket, verdict_of
from core.timing.results import files


def test_a_check_ends_in_a_verdict_that_its_file_and_its_ticket_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "check.json"
    asked = ["--devices", "cpu,cuda:99", "--max-seconds", "5"]
    assert main(["check", *asked, "--strict", "--json", "--out", str(file)]) == 1  # one device is not here
    *_, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert last["event"] == "machine_checked"
    records = files.read(file)
    verdict = verdict_of(records)
    assert verdict == last
    assert verdict["rating"] == POOR
    subjects = {one["subject"] for one in verdict["findings"]}
    assert {
        "Use by PyTorch",
        "Matrix product in float32",
        "Memory",
        "Smallest call",
        "Steadiness",
    } <= subjects
    assert [row["is"] for row in beside(records, "bfloat16")].count(HERE) <= 1
    ticket = to_ticket(records, "host-of-mine")
    assert "host-of-mine" in ticket
    assert "host-of-mine" not in to_ticket(records)
    for one in verdict["findings"]:
        assert one["says"].replace("|", "\\|") in ticket
    assert main(["report", str(file)]) == 0  # it is a result file as any other
    assert "Timing report" in capsys.readouterr().out


def test_too_little_time_is_refused_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--max-seconds", "1"]) == 2
    assert "max-seconds 1" in capsys.readouterr().err
