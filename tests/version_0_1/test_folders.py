"""A training of version 0.1 that was kept in a folder resumes with the numbers that 0.1 went on with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.version_0_1.conftest import HERE, close, events_of, stored

FOLDERS = sorted(path.name for path in (HERE / "folders").iterdir())


LONG = ("supervised_mid_epoch",)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in FOLDERS]
)
def test_a_folder_resumes_with_the_same_numbers(name: str, tmp_path: Path) -> None:
    folder, other = tmp_path / "folder", tmp_path / "other"
    shutil.copytree(HERE / "folders" / name, folder)
    argv = stored(f"folders/{name}/command.json")["resume_argv"]
    events = events_of([part.format(folder=folder, other=other) for part in argv])
    lines = (HERE / "folders" / name / "resumed.jsonl").read_text().splitlines()
    expected = [json.loads(line) for line in lines]
    numbers = [(event["train_loss"], event["test_loss"]) for event in events if "train_loss" in event]
    assert numbers == [
        close((event["train_loss"], event["test_loss"])) for event in expected if "train_loss" in event
    ]
    assert events[-1]["steps"] == expected[-1]["steps"]
    assert "training_resumed" in [event["event"] for event in events]
