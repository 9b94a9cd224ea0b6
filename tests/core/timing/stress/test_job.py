"""A load of this very machine: samples, a verdict, and an end when it is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.events import Progress, StopRequested
from core.timing.__main__ import main
from core.timing.results import files
from core.timing.stress import job, load
from core.timing.stress.config import StressConfig
from core.timing.stress.events import ASKED_TO, TOO_HOT, StressEnded, StressSampled
from core.timing.stress.job import stress


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "_SIDES", (128,))
    monkeypatch.setattr(load, "_BLOCK_S", 0.02)
    monkeypatch.setattr(job, "_EVERY_S", 0.2)


def test_the_command_samples_once_in_a_while_and_ends_in_a_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "stress.json"
    asked = ["--devices", "cpu,cuda:99", "--minutes", "0.05", "--out", str(file), "--json"]
    assert main(["stress", *asked]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[:2] == ["environment_read", "device_absent"]
    assert kinds.count("stress_sampled") >= 2
    ended = events[-1]
    assert ended["event"] == "stress_ended"
    assert ended["wrong"] == 0
    assert ended["products"] > 0
    assert ended["relative_error"] < 1e-5
    assert files.read(file) == events


def test_a_stop_ends_it_with_a_verdict() -> None:
    events = stress(StressConfig(minutes=60.0))
    while not isinstance(next(events), StressSampled):
        pass
    left = [events.throw(StopRequested()), *events]  # type: ignore[attr-defined]
    (ended,) = [event for event in left if isinstance(event, StressEnded)]
    assert ended.stopped_by == ASKED_TO


def test_closing_it_leaves_nothing_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []
    monkeypatch.setattr(job._Watched, "end", kept := _kept(job._Watched.end, loads))
    events = stress(StressConfig(minutes=60.0))
    while not isinstance(next(events), StressSampled):
        pass
    events.close()  # type: ignore[attr-defined]
    assert [one.load.ended for one in loads] == [True]
    assert kept is job._Watched.end


def _kept(end, seen):  # type: ignore[no-untyped-def]
    def noting(self, why, at_s):  # type: ignore[no-untyped-def]
        seen.append(self)
        end(self, why, at_s)

    return noting


def test_a_hot_device_is_stopped_before_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    read = job.devices.read

    def hot(device: str, since: object = None) -> object:
        return read(device, since) | {"temperature": job.Reading("temperature", 97.0, "°C")}  # type: ignore[arg-type]

    monkeypatch.setattr(job.devices, "read", hot)
    events = [event for event in stress(StressConfig(minutes=60.0)) if not isinstance(event, Progress)]
    assert events[-1].stopped_by == TOO_HOT
    assert events[-1].hottest == 97.0


def test_when_no_device_is_there_it_fails_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", "--devices", "cuda:99", "--minutes", "0.05"]) == 2
    assert "Nothing was measured" in capsys.readouterr().err


@pytest.mark.parametrize("asked", [["--minutes", "0"], ["--dtype", "int8"], ["--max-celsius", "500"]])
def test_what_cannot_be_is_refused_in_one_sentence(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stress", *asked]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
