"""The same seeds give the numbers that version 0.1 gave."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch

from tests.version_0_1.conftest import close, events_of, stored

NUMBERS = stored("numbers.json")

LOSSES = ("train_loss", "test_loss", "train_metric", "test_metric")

# Target and patience watched the test part then; now they watch samples that the training part gives up.
WATCHED = ("mlp_patience", "mlp_target")

# Its text is Python's own help, which each version of Python words anew; these numbers are those of 3.11.
OF_THIS_PYTHON = ("lstm_text",)

# Which units drop out is drawn by MKL on Intel's processors and by PyTorch on others.
DROPOUT_BY_MKL = {"mlp_norm_dropout_mkl": True, "mlp_norm_dropout": False}
MASK_BY_MKL = [0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1]


def drawn_by_mkl() -> bool:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return bool(torch.empty(16).bernoulli_(0.5).tolist() == MASK_BY_MKL)


# Trained by PyTorch alone then. Nearly untrained, it has images whose largest outputs differ by a rounding.
BY_PYTORCH = ("vgg",)


@pytest.mark.parametrize("name", [name for name in NUMBERS["trainings"] if name not in WATCHED])
def test_a_training_gives_its_numbers(name: str) -> None:
    if name in OF_THIS_PYTHON and sys.version_info[:2] != (3, 11):
        pytest.skip("the text that it learns is another one in this version of Python")
    if DROPOUT_BY_MKL.get(name, drawn_by_mkl()) != drawn_by_mkl():
        pytest.skip("this processor draws other units to drop")
    expected = NUMBERS["trainings"][name]
    by_pytorch = ["--set", "engine=eager"] if name in BY_PYTORCH else []
    events = events_of([*expected["argv"], *by_pytorch], expected["exit_code"])
    epochs = [event for event in events if event["event"] == "epoch_completed"]
    assert [{key: epoch[key] for key in LOSSES} for epoch in epochs] == [
        {key: close(epoch[key]) for key in LOSSES} for epoch in expected["each_epoch"]
    ]
    assert events[-1]["value"] == (None if expected["value"] is None else close(expected["value"]))
    assert (events[-1]["reason"], events[-1]["steps"]) == (expected["reason"], expected["steps"])


@pytest.mark.parametrize("name", WATCHED)
def test_a_training_that_is_watched_ends_for_the_same_reason(name: str) -> None:
    expected = NUMBERS["trainings"][name]
    events = events_of(expected["argv"])
    assert events[-1]["reason"] == expected["reason"]
    assert all(
        event["validation_loss"] is not None for event in events if event["event"] == "epoch_completed"
    )


@pytest.mark.parametrize("key", NUMBERS["curves"])
def test_a_curve_has_its_values(key: str) -> None:
    expected = NUMBERS["curves"][key]
    rows = [[row["x"], row["f"], row["derivative"]] for row in events_of(expected["argv"])]
    assert rows == [close([row["x"], row["f"], row["derivative"]]) for row in expected["rows"]]


def ranking(events: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Variants of an ensemble with their medians, best first."""
    finished = next(event for event in events if event["event"] == "ensemble_finished")
    return [(row["variant"], row["median"]) for row in finished["ranking"]]


@pytest.mark.parametrize("name", NUMBERS["ensembles"])
def test_an_ensemble_has_its_ranking(name: str) -> None:
    expected = NUMBERS["ensembles"][name]
    found = ranking(events_of(expected["argv"]))
    assert found == [(variant, close(median)) for variant, median in ranking(expected["events"])]


def test_signals_through_depth_have_their_moments() -> None:
    expected = NUMBERS["depth"]
    quantities = ("mean", "variance", "second_moment", "gradient")
    rows = [[row[quantity] for quantity in quantities] for row in events_of(expected["argv"])]
    assert rows == [close([row[quantity] for quantity in quantities]) for row in expected["rows"]]
