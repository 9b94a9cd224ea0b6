"""A race is fair, and who reached the target first is read off the epochs."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import InvalidRequest
from core.events import Frame
from core.models import MODELS
from core.training import default_config
from core.training.loop import train
from core.training.race import Reached, first_reached, fork, from_end, from_frame, raced_settings
from core.training.settings import SETTINGS


def epoch(number: int, metric: float | None) -> dict[str, Any]:
    return {"epoch": number, "step": 5 * number, "test_metric": metric, "elapsed_s": number / 4}


def test_a_target_is_reached_by_the_first_epoch_that_is_as_good() -> None:
    epochs = [epoch(1, None), epoch(2, 0.7), epoch(3, 0.9), epoch(4, 0.8), epoch(5, 0.95)]
    assert first_reached(50, epochs, 0.8) == Reached(epoch=3, step=15, samples=150, seconds=0.75)
    assert first_reached(50, epochs, 0.9) == first_reached(50, epochs, 0.8)
    assert first_reached(50, epochs, 0.96) is None
    assert first_reached(50, [], 0.0) is None


def test_both_sides_begin_with_the_same_weights() -> None:
    config = default_config("mlp", "moons", epochs=1, engine="eager")
    first = []
    for side in fork(config, "learning_rate", 0.5):
        frames = [event for event in train(side) if isinstance(event, Frame)]
        first.append(frames[0])
        assert frames[0].step == 0
    assert (first[0].weights == first[1].weights).all()
    assert first[0].values["test_loss"] == first[1].values["test_loss"]


def test_a_fork_changes_one_setting_or_option_alone() -> None:
    config = default_config("mlp", "moons")
    same, other = fork(config, "hidden", (4,))
    assert same == config
    assert (other.hidden, other.seed, other.learning_rate) == ((4,), config.seed, config.learning_rate)
    same, other = fork(config, "dropout", 0.5)
    assert other.model_options["dropout"] == 0.5
    assert other.model_options.keys() >= same.model_options.keys()


def test_a_fork_at_the_end_of_a_run_trains_on_from_there() -> None:
    config = from_end(default_config("mlp", "moons", epochs=7), "run1", epochs_done=9)
    for side in fork(config, "learning_rate", 0.5):
        assert (side.resume_from, side.epochs) == ("run1", 16)
    assert all(SETTINGS[name].mutable_on_resume for name in raced_settings(config))


def test_a_fork_at_a_frame_leaves_the_shapes_of_its_weights() -> None:
    config = from_frame(default_config("mlp", "moons"), "run1", 50)
    for side in fork(config, "activation", "relu"):
        assert (side.start_from, side.start_step, side.hidden) == ("run1", 50, config.hidden)
    assert {"hidden", "norm", "features", "initialisation"}.isdisjoint(raced_settings(config))


@pytest.mark.parametrize("model", MODELS)
def test_no_race_changes_the_data(model: str) -> None:
    config = default_config(model)
    for name in raced_settings(config):
        assert name in SETTINGS or name in MODELS[model].options or name == "features"
        assert name not in ("noise", "samples", "test_fraction", "target", "patience", "seed", "weights_seed")


@pytest.mark.parametrize(
    ("name", "value", "run", "sentence"),
    [
        ("seed", 1, None, "'seed' cannot differ in this race; choose from"),
        ("hidden", (4,), "run1", "'hidden' cannot differ"),
        ("noise", 0.3, None, "'noise' cannot differ"),
        ("learning_rate", -1.0, None, "learning_rate -1.0 is not possible"),
        ("learning_rate", 0.05, None, "Both would have the same learning rate"),
    ],
)
def test_what_is_no_race_is_refused_in_words(name: str, value: Any, run: str | None, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        fork(default_config("mlp", "moons", resume_from=run), name, value)


def test_a_race_cannot_have_more_epochs_than_a_training() -> None:
    with pytest.raises(InvalidRequest, match="12,000 epochs; at most 10,000"):
        from_end(default_config("mlp", "moons", epochs=4000), "run1", epochs_done=8000)
