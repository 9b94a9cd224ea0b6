"""A job's events reach the sinks, and Ctrl-C loses none of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from core.commands.job import event_printer, run_job
from core.events import Checkpoint, Picture, Progress


@dataclass(frozen=True)
class StepTaken:
    """An event."""

    loss: float


def job(interrupted: bool = False) -> Iterator[Any]:
    yield Progress(0, 2, "steps")
    yield StepTaken(0.5)
    yield Picture("map", 1, {"map": np.zeros(3)})
    if interrupted:
        raise KeyboardInterrupt
    yield Checkpoint(1, {"weights": np.zeros(3)})
    yield StepTaken(float("inf"))


def test_every_sink_gets_all_but_progress_in_order() -> None:
    first: list[Any] = []
    second: list[Any] = []
    assert run_job(job(), first.append, second.append)
    assert [type(event) for event in first] == [StepTaken, Picture, Checkpoint, StepTaken]
    assert first == second


def test_ctrl_c_ends_the_job_and_keeps_what_came() -> None:
    kept: list[Any] = []
    assert not run_job(job(interrupted=True), kept.append)
    assert [type(event) for event in kept] == [StepTaken, Picture]


def test_json_is_one_valid_object_a_line_without_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    run_job(job(), event_printer("json", lambda event: "never"))
    records = [json.loads(line, parse_constant=pytest.fail) for line in capsys.readouterr().out.splitlines()]
    assert records == [{"event": "step_taken", "loss": 0.5}, {"event": "step_taken", "loss": "inf"}]


def test_text_leaves_out_what_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    run_job(job(), event_printer("text", lambda event: f"loss {event.loss}" if event.loss < 1 else None))
    assert capsys.readouterr().out == "loss 0.5\n"


def test_formats_that_need_all_events_print_nothing_yet(capsys: pytest.CaptureFixture[str]) -> None:
    run_job(job(), event_printer("csv", str))
    assert capsys.readouterr().out == ""
