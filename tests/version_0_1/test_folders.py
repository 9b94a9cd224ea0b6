"""A training of version 0.1 that was kept in a folder resumes with the numbers that 0.1 went on with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.version_0_1.conftest import HERE, close, events_of, stored

FOLDERS = sorted(path.name for path in (HERE / "folders").iterdir())

# Where the events of a long one end for `make test`: with the first epoch; `make slow` goes to their end.
FIRST_EPOCH = {"supervised_mid_epoch": 16_000}


def cases() -> Iterator[Any]:
    for name in FOLDERS:
        end = FIRST_EPOCH.get(name)
        yield pytest.param(name, end, id=name)
        if end:
            yield pytest.param(name, None, id=f"{name}_to_its_end", marks=pytest.mark.slow)


@pytest.mark.parametrize(("name", "end"), list(cases()))
def test_a_folder_resumes_with_the_same_numbers(name: str, end: int | None, tmp_path: Path) -> None:
    folder, other = tmp_path / "folder", tmp_path / "other"
    shutil.copytree(HERE / "folders" / name, folder)
    argv = stored(f"folders/{name}/command.json")["resume_argv"]
    argv += ["--set", f"max_steps={end}"] if end else []
    events = events_of([part.format(folder=folder, other=other) for part in argv])
    lines = (HERE / "folders" / name / "resumed.jsonl").read_text().splitlines()
    expected = [event for event in map(json.loads, lines) if not end or event.get("step", 0) <= end]
    numbers = [(event["train_loss"], event["test_loss"]) for event in events if "train_loss" in event]
    assert numbers == [
        close((event["train_loss"], event["test_loss"])) for event in expected if "train_loss" in event
    ]
    assert numbers
    assert events[-1]["steps"] == (end or expected[-1]["steps"])
    assert "training_resumed" in [event["event"] for event in events]
