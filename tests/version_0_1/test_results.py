"""Result files of version 0.1 open, and what is made of them is made of them still."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.timing.results import files
from tests.version_0_1.conftest import HERE, run

RESULTS = sorted(path for path in (HERE / "results").iterdir() if path.suffix in (".json", ".jsonl"))
FILES = [path for path in RESULTS if path.name != "made_by.json" and "environment_read" in path.read_text()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_result_file_opens_with_all_its_measurements(path: Path) -> None:
    text = path.read_text()
    is_document = text.lstrip("{\n ").startswith('"schema"')
    stored = json.loads(text)["events"] if is_document else [json.loads(line) for line in text.splitlines()]
    medians = [record["median_s"] for record in stored if record["event"] == "measurement_taken"]
    records = files.read(path)
    assert [r["median_s"] for r in records if r["event"] == "measurement_taken"] == medians
    assert run(["core.timing", "report", str(path)])[0] == 0


def test_there_are_files_to_read() -> None:
    assert len(FILES) >= 5
