"""A film: whole frames at steps that the config alone decides, and the same numbers with it."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import vector_to_parameters

from core.events import Checkpoint, Frame, Picture, Progress
from core.training.config import TrainConfig, default_config
from core.training.events import EpochCompleted, TrainingFinished
from core.training.film.frames import frame_steps, frames_that_fit
from core.training.film.limits import MAX_BYTES, MAX_FRAMES, MIN_FRAMES
from core.training.learners.learner import Learner, Scores
from core.training.learners.registry import learner_for
from core.training.learners.supervised import SupervisedLearner
from core.training.loop import train


def quick(**settings: Any) -> TrainConfig:
    return default_config("mlp", "moons", **({"epochs": 5, "hidden": (4, 3), "seed": 3} | settings))


def film(config: TrainConfig, start: Any = None) -> list[Frame]:
    return [event for event in train(config, start) if isinstance(event, Frame)]


@given(st.integers(1, 100_000), st.integers(1, 100_000))
def test_a_film_is_bounded_dense_at_the_start_and_even_later(epochs: int, steps_per_epoch: int) -> None:
    steps, last = frame_steps(epochs, steps_per_epoch), epochs * steps_per_epoch
    assert steps[0] == 0
    assert steps[-1] == last
    assert steps == sorted(set(steps))
    assert min(last + 1, 40) <= len(steps) <= MAX_FRAMES
    assert steps[1] == 1
    gaps = [after - before for before, after in itertools.pairwise(steps)]
    assert max(gaps) <= max(1, math.ceil(last / 40))
    if epochs <= 100:
        assert {epoch * steps_per_epoch for epoch in range(epochs + 1)} <= set(steps)


@pytest.mark.parametrize("engine", ["compiled", "eager"])
def test_a_frame_is_whole_and_of_one_step(engine: str) -> None:
    config = quick(engine=engine)
    frames, learner = film(config), SupervisedLearner(config)
    assert [frame.step for frame in frames] == frame_steps(5, learner.steps_per_epoch)
    for frame in frames[::9]:
        vector_to_parameters(torch.from_numpy(frame.weights.copy()), learner.network.parameters())
        with torch.inference_mode():
            outputs = learner.network(learner.test_inputs)
            loss = learner.objective.loss(outputs, learner.test_targets).item()
            accuracy = learner.objective.metric(outputs, learner.test_targets).item()
        assert frame.values["test_loss"] == pytest.approx(loss, rel=1e-5)
        assert frame.values["test_metric"] == pytest.approx(accuracy)


def test_both_engines_make_the_same_film() -> None:
    compiled, eager = film(quick(engine="compiled")), film(quick(engine="eager"))
    assert [frame.step for frame in compiled] == [frame.step for frame in eager]
    for one, other in zip(compiled, eager, strict=True):
        np.testing.assert_allclose(one.weights, other.weights, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("engine", ["compiled", "eager"])
def test_a_training_has_the_same_numbers_with_a_film(engine: str) -> None:
    def numbers(**settings: Any) -> list[Any]:
        events = list(train(quick(engine=engine, **settings)))
        epochs = [event for event in events if isinstance(event, EpochCompleted)]
        ends = [event.value for event in events if isinstance(event, TrainingFinished)]
        return [(epoch.train_loss, epoch.test_loss) for epoch in epochs] + ends

    assert numbers() == numbers(snapshot_every_s=None)
    assert not film(quick(engine=engine, snapshot_every_s=None))


def test_a_resumed_training_ends_with_the_film_of_one_that_was_not_stopped() -> None:
    config, whole = quick(engine="eager"), film(quick(engine="eager"))
    before: list[Frame] = []
    for event in train(config, None, 1e-6):
        if isinstance(event, Frame):
            before.append(event)
        if isinstance(event, Checkpoint) and event.step > 20:
            state = event.state
            break
    after = film(config, state)
    first = after[0].step
    assert 0 < first < whole[-1].step
    joined = {frame.step: frame for frame in [*before, *after]}
    for frame in whole:
        np.testing.assert_array_equal(joined[frame.step].weights, frame.weights)


@pytest.mark.parametrize("engine", ["compiled", "eager"])
@pytest.mark.parametrize("steps", [1, 4, 5, 77])
def test_the_last_frame_is_where_a_training_ended_early_and_no_step_comes_twice(
    engine: str, steps: int
) -> None:
    shown = [frame.step for frame in film(quick(epochs=400, max_steps=steps, engine=engine))]
    assert shown[-1] == steps
    assert shown == sorted(set(shown))


FAMILIES: dict[str, dict[str, Any]] = {
    "batch norm": {"model": "mlp", "data": "moons", "samples": 60, "model_options": {"norm": "batch"}},
    "table": {"model": "mlp", "data": "diabetes"},
    "images": {"model": "convnet", "data": "mnist5k", "epochs": 1},
    "recurrent": {"model": "gru", "data": "parity", "samples": 60, "hidden": (4,)},
    "symbols": {"model": "lstm", "data": "copy_memory", "samples": 40, "hidden": (4,)},
    "graph": {"model": "gat", "data": "karate_club", "epochs": 12},
    "machine": {"model": "rbm", "data": "digits", "hidden": (8,)},
    "generator": {"model": "gan", "data": "ring", "samples": 200, "hidden": (8, 8)},
    "table of values": {"model": "q_table", "data": "frozen_lake"},
    "values": {"model": "dqn", "data": "cart_pole", "hidden": (8,)},
}


def small(name: str, **settings: Any) -> TrainConfig:
    return default_config(**({"epochs": 2, "seed": 5} | FAMILIES[name] | settings))


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_keeps_frames_from_which_its_scores_come_again(name: str) -> None:
    config = small(name)
    frames, learner = film(config), learner_for(config)
    assert [frame.step for frame in frames] == frame_steps(config.epochs, learner.steps_per_epoch)
    known = [frame for frame in frames if frame.values]
    assert {frame.step for frame in known} >= {
        epoch * learner.steps_per_epoch for epoch in range(1, config.epochs + 1)
    }
    for frame in {known[0].step: known[0], known[-1].step: known[-1]}.values():
        learner.set_weights(frame.weights)
        scores = scores_of(learner)
        for figure in ("test_loss", "test_metric"):
            assert getattr(scores, figure) == pytest.approx(frame.values[figure], rel=1e-6)


@pytest.mark.parametrize("name", ["recurrent", "generator", "table of values", "images"])
def test_every_family_has_the_same_numbers_with_a_film(name: str) -> None:
    def epochs(**settings: Any) -> list[tuple[float, float]]:
        events = train(small(name, snapshots=(), **settings))
        return [(event.train_loss, event.test_loss) for event in events if isinstance(event, EpochCompleted)]

    assert epochs() == epochs(snapshot_every_s=None)


def scores_of(learner: Learner) -> Scores:
    evaluation = learner.evaluate(Progress(0, 1, "steps"))
    while True:
        try:
            next(evaluation)
        except StopIteration as end:
            return end.value


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(MIN_FRAMES, MAX_FRAMES))
def test_a_film_of_a_large_network_has_fewer_frames(epochs: int, steps_per_epoch: int, limit: int) -> None:
    steps = frame_steps(epochs, steps_per_epoch, limit)
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, epochs * steps_per_epoch)
    assert min(limit, steps[-1] + 1) // 3 < len(steps) <= limit


def test_a_film_fits_into_its_bytes_or_there_is_none() -> None:
    for units in (10, 100, 300, 420, 440, 2000):
        network = nn.Linear(units, units)
        frames = frames_that_fit(network)
        assert frames * 4 * (units * units + units) <= MAX_BYTES
        assert frames == 0 or MIN_FRAMES <= frames <= MAX_FRAMES
    assert frames_that_fit(nn.Linear(10, 10)) == MAX_FRAMES
    assert frames_that_fit(nn.Linear(440, 440)) == MIN_FRAMES
    assert frames_that_fit(nn.Linear(2000, 2000)) == 0


def test_a_large_map_is_the_players_and_a_picture_of_other_films() -> None:
    def in_film(**settings: Any) -> set[str]:
        config = quick(epochs=1, snapshots=("decision_map", "confusion"), **settings)
        pictures = [event for event in train(config) if isinstance(event, Picture)]
        return {picture.name for picture in pictures if picture.in_film}

    assert in_film() == {"confusion"}
    assert in_film(model_options={"norm": "layer"}) == {"decision_map", "confusion"}
