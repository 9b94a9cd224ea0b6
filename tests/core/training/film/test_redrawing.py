"""Snapshots drawn from a film's frames are those that were drawn while it trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import InvalidRequest
from core.events import Frame, Picture, Progress
from core.training.config import default_config
from core.training.film import redrawing
from core.training.film.redrawing import redraw
from core.training.loop import train
from core.training.snapshots.catalogue import redrawable

SMALL: dict[str, dict[str, Any]] = {
    "points": {"model": "mlp", "data": "moons", "samples": 60},
    "batch norm": {"model": "mlp", "data": "moons", "samples": 60, "model_options": {"norm": "batch"}},
    "images": {"model": "convnet", "data": "mnist5k", "epochs": 1, "max_steps": 3},
    "recurrent": {"model": "gru", "data": "parity", "samples": 60, "hidden": (4,)},
    "text": {"model": "lstm", "data": "python_help", "hidden": (4,), "epochs": 1, "max_steps": 3},
    "generator": {"model": "gan", "data": "ring", "samples": 200, "hidden": (8, 8)},
    "machine": {"model": "rbm", "data": "digits", "hidden": (8,), "max_steps": 5},
    "graph": {"model": "gat", "data": "karate_club"},
    "table": {"model": "q_table", "data": "frozen_lake"},
    "values": {"model": "dqn", "data": "cart_pole", "hidden": (8,), "epochs": 1},
}


@pytest.mark.parametrize("name", SMALL)
def test_what_is_drawn_afterwards_is_what_was_drawn_while_training(name: str) -> None:
    settings = {"epochs": 2, "seed": 5} | SMALL[name]
    keys = redrawable(settings["model"], settings["data"])
    config = default_config(**settings, snapshots=keys)
    events = [*train(config)]
    frames = [event for event in events if isinstance(event, Frame)]
    drawn = {
        (picture.name, picture.step): picture
        for picture in redraw(config, frames, keys)
        if isinstance(picture, Picture)
    }
    assert {key for key, _ in drawn} == {event.name for event in events if isinstance(event, Picture)}
    same = [event for event in events if isinstance(event, Picture) and (event.name, event.step) in drawn]
    assert len(same) >= 2 * len(keys) - 1
    for picture in same:
        again = drawn[picture.name, picture.step]
        assert again.arrays.keys() == picture.arrays.keys()
        for array, values in picture.arrays.items():
            if array != "places":  # the signs of principal components are those of the picture before
                np.testing.assert_allclose(
                    again.arrays[array], values, rtol=1e-3, atol=1e-4, err_msg=picture.name
                )


def test_a_film_that_takes_long_is_drawn_at_some_frames_the_first_and_the_last_among_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = default_config("mlp", "moons", samples=60, epochs=20)
    frames = [event for event in train(config) if isinstance(event, Frame)]
    monkeypatch.setattr(redrawing, "MAX_S", 0.0)
    events = [*redraw(config, frames, ("confusion",))]
    steps = [event.step for event in events if isinstance(event, Picture)]
    assert (steps[0], steps[-1]) == (0, frames[-1].step)
    assert len(steps) < 6 < len(frames)
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert last.done == last.total == len(steps)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (("layer_norms",), "has to be recorded while it trains"),
        (("filters",), "snapshot 'filters'"),
        ((), "No snapshot"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(keys: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        list(redraw(default_config("mlp", "moons", samples=60), [], keys))
