"""Each snapshot applies where the network and the data have what it shows, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from torch import nn

from core.data import DATASETS
from core.errors import InvalidRequest
from core.events import Picture
from core.models import MODELS
from core.models.registry import default_data
from core.models.transformer import CausalSelfAttention
from core.training import snapshots
from core.training.config import default_config
from core.training.learners.registry import learner_for
from core.training.settings import from_texts
from core.training.snapshots import GROUPS, SNAPSHOTS, applicable, defaults, selected
from core.training.snapshots.schedule import SnapshotSchedule, drawing
from core.training.stopwatch import Stopwatch

ROOM = Path(snapshots.__file__).parent
SUPERVISED = [name for name, model in MODELS.items() if model.learner == "supervised"]
# What serves several snapshots and holds none.
SHARED = {"__init__", "history", "named_layers"}


def every_pair() -> Iterator[tuple[str, str]]:
    """Each network with each data set that fits it."""
    for model, entry in MODELS.items():
        for data, dataset in DATASETS.items():
            if dataset.kind in entry.kinds:
                yield model, data


def test_every_entry_has_its_file_and_every_file_an_entry() -> None:
    files = {(group, path.stem) for group in GROUPS for path in (ROOM / group).glob("*.py")}
    entries = {(snapshot.group, snapshot.module) for snapshot in SNAPSHOTS.values()}
    assert {file for file in files if file[1] not in SHARED} == entries
    assert [key for key in SNAPSHOTS if not callable(drawing(key))] == []


@pytest.mark.parametrize("model", SUPERVISED)
def test_families_are_what_the_networks_are_made_of(model: str) -> None:
    data = default_data(model)
    options = {"depth": "8", "width": 2} if model == "resnet" else {}
    parts = [*learner_for(default_config(model, data, model_options=options)).network.modules()]  # type: ignore[attr-defined]
    family = MODELS[model].family
    assert any(isinstance(part, nn.RNNBase) for part in parts) == (family == "recurrent")
    assert any(isinstance(part, nn.Conv2d) for part in parts) == (family == "convolutional")
    assert any(isinstance(part, CausalSelfAttention) for part in parts) == (family == "attention")


def test_every_network_has_something_to_show_by_default() -> None:
    assert [pair for pair in every_pair() if not defaults(*pair)] == []


def test_every_snapshot_applies_somewhere_and_says_in_a_sentence_what_it_shows() -> None:
    assert {key for pair in every_pair() for key in applicable(*pair)} == {*SNAPSHOTS}
    assert [key for key, snapshot in SNAPSHOTS.items() if not snapshot.help.endswith(".")] == []
    assert {snapshot.group for snapshot in SNAPSHOTS.values()} == {*GROUPS}


@pytest.mark.parametrize(
    ("model", "data"),
    [
        ("mlp", "moons"),
        ("mlp", "sine_curve"),
        ("mlp", "hills"),
        ("mlp", "iris"),
        ("mlp", "diabetes"),
        ("lenet", "mnist5k"),
        ("mlp", "own_images"),
        ("gru", "seattle_temps"),
        ("rnn", "adding"),
        ("lstm", "copy_memory"),
        ("gru", "python_help"),
        ("transformer", "parity"),
        ("rbm", "digits"),
        ("gan", "ring"),
        ("gan", "digits"),
        ("gat", "karate_club"),
        ("q_table", "frozen_lake"),
        ("dqn", "cart_pole"),
    ],
)
def test_a_real_training_draws_what_applies_and_nothing_else(model: str, data: str) -> None:
    keys = applicable(model, data)
    learner = learner_for(default_config(model, data, snapshots=keys))
    if hasattr(learner, "returns"):
        learner.returns.append(1.0)
    schedule = SnapshotSchedule(learner, Stopwatch())
    drawn = [*schedule.of_data(), *schedule.pictures()]
    assert all(isinstance(picture, Picture) for picture in drawn)
    assert [picture.name for picture in drawn] == [*keys]


def test_pictures_of_tables_can_be_chosen_and_left_out() -> None:
    assert applicable("mlp", "iris")[:2] == ("table_points", "table_map")
    assert "predicted" in applicable("mlp", "diabetes")
    assert "table_map" in defaults("mlp", "iris")
    schedule = SnapshotSchedule(learner_for(default_config("mlp", "iris", snapshots=())), Stopwatch())
    assert [*schedule.of_data(), *schedule.pictures()] == []


def test_snapshots_are_the_defaults_unless_they_are_named() -> None:
    assert "layer_norms" in selected(default_config("mlp"))
    assert "weight_histograms" not in selected(default_config("mlp"))
    assert selected(default_config("mlp", snapshots=("weight_histograms",))) == ("weight_histograms",)
    assert selected(default_config("mlp", snapshots=())) == ()


def test_an_episode_comes_with_the_map_that_it_is_played_on() -> None:
    assert selected(default_config("q_table", snapshots=("episode",))) == ("world", "episode")
    assert selected(default_config("q_table", snapshots=("episode", "world"))) == ("world", "episode")
    assert selected(default_config("q_table", snapshots=("value_map",))) == ("value_map",)


def test_a_snapshot_that_does_not_apply_is_refused_with_those_that_do() -> None:
    with pytest.raises(InvalidRequest, match=r"'filters' of mlp on moons.*points, decision_map"):
        default_config("mlp", "moons", snapshots=("filters",))


@pytest.mark.parametrize("key", ["snapshots", "probes"])  # the second is the name of version 0.1
@pytest.mark.parametrize(
    ("text", "expected"),
    [("confusion, embedding", ("confusion", "embedding")), ("none", ()), ("", ()), ("usual", None)],
)
def test_command_line_names_snapshots(key: str, text: str, expected: tuple[str, ...] | None) -> None:
    assert from_texts("mlp", "moons", [f"{key}={text}"]) == {"snapshots": expected}
