"""Events as lines for people: every figure of the event, in the field's words."""

from __future__ import annotations

from core.commands.event_texts import ensemble_text, training_text
from core.events import Picture
from core.training.ensembles.events import EnsembleFinished, RankedVariant
from core.training.events import EpochCompleted, SettingChanged, TrainingFinished, TrainingResumed


def test_an_epoch_tells_both_losses_and_metrics() -> None:
    event = EpochCompleted(
        epoch=3, step=75, train_loss=0.25, test_loss=0.5, train_metric=0.875, test_metric=0.75, details={},
        samples_per_s=12345.6, elapsed_s=1.25,
    )  # fmt: skip
    text = training_text(event)
    assert text is not None
    assert all(figure in text for figure in ("3", "0.2500", "0.5000", "0.8750", "0.7500", "12,346"))


def test_a_resumed_training_says_from_where_and_what_changed() -> None:
    text = training_text(TrainingResumed(4, 1000, {"learning_rate": 0.01}))
    assert text is not None
    assert text.startswith("resumed after 4 epochs")
    assert "learning_rate now 0.01" in text


def test_what_stopped_a_training_early_is_named() -> None:
    event = TrainingFinished("accuracy", 0.9, "target", 3, 75, 1.0, 2.0, {"rmse": 1.5})
    text = training_text(event)
    assert text is not None
    assert "0.9000" in text
    assert "rmse 1.5" in text
    assert "target" in text
    unknown = training_text(TrainingFinished("accuracy", None, "diverged", 0, 1, 1.0, 2.0, {}))
    assert unknown is not None
    assert "unknown" in unknown


def test_a_change_while_running_is_one_line_and_a_picture_none() -> None:
    text = training_text(SettingChanged(10, "learning_rate", 0.1, 0.01))
    assert text is not None
    assert "learning_rate now 0.01" in text
    assert training_text(Picture("map", 1, {})) is None


def test_a_ranking_marks_ties_with_the_first_alone() -> None:
    places = [
        RankedVariant(name, 0.9, 0.8, 1.0, 0.0, 0.0, 0.0, tied, diverged, 1.0)
        for name, tied, diverged in (("tanh", True, 0), ("relu", True, 0), ("sine", False, 2))
    ]
    finished = EnsembleFinished("accuracy", tuple(places), {}, 1.0, 1.0, 0.7, {places[0].variant: 0.8})
    text = ensemble_text(finished)
    assert text is not None
    _, first, second, third, majority = text.splitlines()
    assert first.endswith("balanced accuracy 0.8000")
    assert majority == "always the most frequent class 0.7000"
    assert "tied" not in first
    assert "tied" in second
    assert third.endswith("2 diverged")
