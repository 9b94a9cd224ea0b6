"""A training that resumes from a checkpoint ends with the numbers of one that was never stopped."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidRequest
from core.events import Checkpoint, Picture, Progress, event_record
from core.runs.checkpoints import read, write
from core.training import loop
from core.training.checkpoint import check_fits
from core.training.config import TrainConfig, default_config
from core.training.events import EpochCompleted, TrainingResumed, TrainingStarted
from core.training.loop import train

TIMES = {"samples_per_s", "elapsed_s"}


@pytest.fixture(autouse=True)
def checkpoint_after_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long one takes to write."""
    monkeypatch.setattr(loop, "CHECKPOINT_FRACTION", math.inf)


def quick(model: str, **settings: Any) -> TrainConfig:
    return default_config(model, **({"epochs": 3, "snapshot_every_s": None, "seed": 4} | settings))


def outcome(events: list[Any]) -> list[dict[str, Any]]:
    """The records of the epochs and of the end, without times."""
    kept = [event for event in events if not isinstance(event, Progress | Picture | Checkpoint)]
    records = [event_record(event) for event in kept]
    return [
        {key: value for key, value in record.items() if key not in TIMES}
        for record in records
        if record["event"] in ("epoch_completed", "training_finished")
    ]


def cut_off(config: TrainConfig, path: Path, checkpoints: int) -> list[Any]:
    """Train until so many checkpoints have been written, and let go; the events so far."""
    events = []
    for event in train(config, None, 1e-6):
        events.append(event)
        if isinstance(event, Checkpoint):
            write(path, event.state)
            checkpoints -= 1
            if not checkpoints:
                break
    return events


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("mlp", {"engine": "eager", "data": "moons", "optimizer": "momentum"}),
        ("mlp", {"engine": "eager", "data": "moons", "optimizer": "adam", "schedule": "cosine"}),
        ("mlp", {"data": "moons"}),
        ("gru", {"epochs": 2}),
        ("mlp", {"data": "moons", "epochs": 40, "patience": 3, "learning_rate": 0.05}),
        ("mlp", {"data": "moons", "epochs": 40, "patience": 3, "learning_rate": 0.05, "engine": "eager"}),
    ],
)
@pytest.mark.parametrize("checkpoints", [1, 7, 60])
def test_one_that_was_cut_off_anywhere_ends_like_one_that_was_not(
    model: str, settings: dict[str, Any], checkpoints: int, tmp_path: Path
) -> None:
    config = quick(model, **settings)
    whole = outcome(list(train(config)))
    before = cut_off(config, tmp_path / "kept.pt", checkpoints)
    after = list(train(config, read(tmp_path / "kept.pt")))
    again = outcome(after)
    assert again == whole[len(whole) - len(again) :]
    completed = [event for event in before if isinstance(event, EpochCompleted)]
    assert len(again) - 1 >= len(whole) - 1 - len(completed)


def test_a_checkpoint_can_lie_within_an_epoch(tmp_path: Path) -> None:
    config = quick("mlp", data="moons", engine="eager")
    cut_off(config, tmp_path / "kept.pt", 5)
    kept = read(tmp_path / "kept.pt")
    assert kept["position"]["epoch"] == 0
    assert kept["position"]["batches"] > 0
    assert kept["epoch_began"]["step"] == 0


def test_a_branch_continues_with_the_setting_that_differs(tmp_path: Path) -> None:
    config = quick("mlp", data="moons", epochs=6)
    cut_off(quick("mlp", data="moons", epochs=3), tmp_path / "kept.pt", 1000)
    kept = read(tmp_path / "kept.pt")
    same = list(train(config, kept))
    slower = list(train(quick("mlp", data="moons", epochs=6, learning_rate=1e-6), kept))
    resumed = next(event for event in slower if isinstance(event, TrainingResumed))
    assert (resumed.epoch, resumed.changed) == (3, {"epochs": 6, "learning_rate": 1e-6})
    assert len(outcome(same)) == len(outcome(slower)) == 4
    last = kept["position"]["last"]["test_loss"]
    assert outcome(slower)[0]["test_loss"] == pytest.approx(last, abs=1e-3)
    assert outcome(same)[0] != outcome(slower)[0]


WATCHED = {"data": "moons", "epochs": 40, "patience": 3, "learning_rate": 0.05}


def test_one_that_had_ended_stays_ended_until_a_setting_changes(tmp_path: Path) -> None:
    config = quick("mlp", **WATCHED)
    whole = outcome(cut_off(config, tmp_path / "kept.pt", 1000))
    kept = read(tmp_path / "kept.pt")
    assert whole[-1]["reason"] == "plateau"
    assert outcome(list(train(config, kept))) == whole[-1:]
    more = outcome(list(train(quick("mlp", **WATCHED | {"epochs": 50}), kept)))
    assert len(more) > 1 + WATCHED["patience"] - 1


def test_the_split_stays_that_of_the_checkpoint(tmp_path: Path) -> None:
    cut_off(quick("mlp", **WATCHED), tmp_path / "kept.pt", 3)
    kept = read(tmp_path / "kept.pt")
    events = list(train(quick("mlp", **WATCHED | {"patience": None}), kept))
    started = next(event for event in events if isinstance(event, TrainingStarted))
    assert started.validation_samples > 0
    assert (events[-1].reason, events[-1].best_epoch) == ("completed", None)
    with pytest.raises(InvalidRequest, match=r"validation_fraction 0\.4"):
        check_fits(quick("mlp", **WATCHED, validation_fraction=0.4), kept)


def test_samples_that_were_learnt_from_cannot_validate_later(tmp_path: Path) -> None:
    cut_off(quick("mlp", data="moons"), tmp_path / "kept.pt", 3)
    with pytest.raises(InvalidRequest, match="patience 3 needs a validation split"):
        check_fits(quick("mlp", data="moons", patience=3), read(tmp_path / "kept.pt"))


def as_of_version_0_1(state: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """The same state as the first version wrote it, with settings that then watched the test part."""
    later = ("validation_fraction", "version")
    config = {name: value for name, value in state["config"].items() if name not in later}
    position = {name: value for name, value in state["position"].items() if name != "ended"}
    position |= {"best_loss": 0.1, "waited": 2}
    last = position["last"] or {}
    position["last"] = {key: value for key, value in last.items() if not key.startswith("validation")} or None
    return {
        "version": 1,
        "config": config | settings,
        "position": position,
        "learner": state["learner"],
        "epoch_began": state["epoch_began"],
    }


@pytest.mark.parametrize("checkpoints", [7, 60])
def test_one_of_version_0_1_resumes_with_the_same_numbers(checkpoints: int, tmp_path: Path) -> None:
    config = quick("mlp", data="moons", epochs=4)
    whole = outcome(list(train(config)))
    cut_off(config, tmp_path / "kept.pt", checkpoints)
    old = as_of_version_0_1(read(tmp_path / "kept.pt"), patience=2)
    events = list(train(quick("mlp", data="moons", epochs=4, patience=2), old))
    again = outcome(events)
    assert again == whole[len(whole) - len(again) :]
    resumed = next(event for event in events if isinstance(event, TrainingResumed))
    assert resumed.changed == {"patience": None}  # it watched the test part, and nothing is left to watch


@pytest.mark.parametrize("other", [{"seed": 5}, {"hidden": (4,)}, {"noise": 0.3}, {"batch_size": 7}])
def test_what_would_make_it_meaningless_is_refused(other: dict[str, Any], tmp_path: Path) -> None:
    cut_off(quick("mlp"), tmp_path / "kept.pt", 1)
    with pytest.raises(InvalidRequest, match=f"{next(iter(other))} .* differs from .* of the checkpoint"):
        check_fits(quick("mlp", **other), read(tmp_path / "kept.pt"))


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="There is no checkpoint"):
        read(tmp_path / "absent.pt")
    (tmp_path / "broken.pt").write_bytes(b"PK\x03\x04 half")
    with pytest.raises(InvalidRequest, match="is not a checkpoint that can be read"):
        read(tmp_path / "broken.pt")


def test_a_file_is_whole_or_as_before(tmp_path: Path) -> None:
    write(tmp_path / "kept.pt", {"a": 1})
    with pytest.raises(Exception, match=r"pickle|lambda"):
        write(tmp_path / "kept.pt", {"a": lambda: 1})
    assert read(tmp_path / "kept.pt") == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["kept.pt"]
