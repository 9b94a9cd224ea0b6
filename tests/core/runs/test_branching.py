"""A training starts from any kept frame of another one: with its scores, and from there as that one did."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InvalidRequest
from core.events import Checkpoint, Frame
from core.records import to_record
from core.runs.branching import start_weights
from core.runs.recorder import Recorder
from core.runs.status import FINISHED
from core.runs.store import RunStore
from core.training.config import TrainConfig, default_config
from core.training.events import EpochCompleted, TrainingResumed, TrainingStarted
from core.training.loop import train


@pytest.fixture
def store(place: Path | str):
    store = RunStore(place)
    yield store
    store.close()


def recorded(store: RunStore, config: TrainConfig) -> str:
    """A training that has ended, in the store."""
    run_id = store.create("training", to_record(config))
    recorder = Recorder(store, run_id)
    for event in train(config):
        recorder.add(event)
    recorder.flush()
    store.end(run_id, FINISHED)
    return run_id


def branched(store: RunStore, config: TrainConfig, run_id: str, step: int | None = None) -> list[Any]:
    """The events of a training that starts from a frame."""
    config = replace(config, start_from=run_id, start_step=step)
    return [*train(config, weights=start_weights(store, run_id, step))]


def frames(events: list[Any]) -> list[Frame]:
    return [event for event in events if isinstance(event, Frame)]


SMALL: dict[str, dict[str, Any]] = {
    "compiled": {"model": "mlp", "data": "moons", "samples": 60},
    "eager": {"model": "mlp", "data": "moons", "samples": 60, "engine": "eager"},
    "recurrent": {"model": "lstm", "data": "copy_memory", "samples": 40, "hidden": (4,)},
    "generator": {"model": "gan", "data": "ring", "samples": 200, "hidden": (8, 8)},
    "graph": {"model": "gcn", "data": "karate_club"},
    "table": {"model": "q_table", "data": "frozen_lake"},
    "values": {"model": "dqn", "data": "cart_pole", "hidden": (8,)},
}


@pytest.mark.parametrize("name", SMALL)
def test_a_branch_begins_with_the_scores_of_the_frame(store: RunStore, name: str) -> None:
    config = default_config(**(SMALL[name] | {"epochs": 2, "seed": 5, "snapshots": ()}))
    run_id = recorded(store, config)
    last = store.frames(run_id)[-1]
    events = branched(store, config, run_id)
    first = frames(events)[0]
    started = next(event for event in events if isinstance(event, TrainingStarted))
    assert (started.start_from, started.start_step) == (run_id, last.step)
    assert first.step == 0
    assert first.weights.tobytes() == last.weights.tobytes()
    for figure in ("test_loss", "test_metric"):
        assert first.values[figure] == last.values[figure]


def test_without_memory_in_the_optimizer_a_branch_goes_on_as_the_run_did(store: RunStore) -> None:
    config = default_config(
        *("mlp", "moons"),
        optimizer="sgd",
        momentum=0.0,
        schedule="constant",
        batch_size=80,
        samples=100,
        epochs=30,
        seed=3,
    )
    run_id = recorded(store, config)
    whole = {frame.step: frame for frame in store.frames(run_id)}
    again = frames(branched(store, config, run_id, 10))
    for frame in again[:21]:  # one step an epoch
        for name, value in frame.values.items():
            assert value == pytest.approx(whole[10 + frame.step].values[name], rel=1e-4)
    other = frames(branched(store, replace(config, learning_rate=0.5), run_id, 10))
    assert other[0].values == again[0].values
    assert other[20].values["train_loss"] != pytest.approx(again[20].values["train_loss"], rel=1e-2)


def test_what_does_not_fit_is_refused_in_words(store: RunStore) -> None:
    config = default_config("mlp", "moons", epochs=1, samples=60, hidden=(4,), snapshots=())
    run_id = recorded(store, config)
    for wrong, sentence in (
        ({"hidden": (5,)}, "layers.0.weight has the shape 5 x 2 here and has the shape 4 x 2 there"),
        ({"hidden": (4, 4)}, "layers.1.weight has the shape 4 x 4 here"),
        ({"model_options": {"norm": "batch"}}, "norms.0.weight has the shape 4 here and is not there"),
    ):
        with pytest.raises(InvalidRequest, match=sentence):
            branched(store, replace(config, **wrong), run_id)
    with pytest.raises(
        InvalidRequest, match=r"start_step 99999 is no frame of the run .*; its frames are 0, 1, 2, 3\."
    ):
        start_weights(store, run_id, 99999)
    with pytest.raises(InvalidRequest, match="no training with the address 'nowhere'"):
        start_weights(store, "nowhere", None)
    store.write(run_id, frames=[replace(store.frames(run_id)[-1], step=step) for step in range(3, 20)])
    with pytest.raises(InvalidRequest, match=r"start_step 99999 is no frame .* of its 20 frames are 14, 15,"):
        start_weights(store, run_id, 99999)
    without = recorded(store, replace(config, snapshot_every_s=None))
    with pytest.raises(InvalidRequest, match="has no film"):
        start_weights(store, without, None)
    with pytest.raises(InvalidRequest, match=r"start_step needs start_from"):
        replace(config, start_step=3)
    with pytest.raises(InvalidRequest, match="needs the run store"):
        list(train(replace(config, start_from=run_id)))


def test_another_activation_or_other_data_of_the_same_shape_fits(store: RunStore) -> None:
    config = default_config("mlp", "moons", epochs=1, samples=60, hidden=(4,), snapshots=())
    run_id = recorded(store, config)
    events = branched(store, replace(config, data="circles", activation="relu"), run_id)
    assert any(isinstance(event, EpochCompleted) for event in events)


def test_a_branch_resumes_from_its_own_checkpoint(store: RunStore) -> None:
    config = default_config("mlp", "moons", epochs=2, samples=60, hidden=(4,), snapshots=(), engine="eager")
    run_id = recorded(store, config)
    config = replace(config, start_from=run_id)
    events, states = [], []
    for event in train(config, None, 1e-6, start_weights(store, run_id, None)):
        events.append(event)
        if isinstance(event, Checkpoint):
            states.append(deepcopy(event.state))
    state = states[0]
    resumed = [*train(replace(config, start_from=None), state)]  # the page's controls have no such setting
    assert next(event for event in resumed if isinstance(event, TrainingResumed)).changed == {}
    assert frames(resumed)[-1].weights.tobytes() == frames(events)[-1].weights.tobytes()


def test_new_weights_are_on_the_same_data_in_the_same_order() -> None:
    config = default_config("mlp", "moons", epochs=1, samples=60, hidden=(4,), seed=7)
    first, other, as_seed = (
        [*train(replace(config, weights_seed=seed), checkpoint_every_s=1e-6)] for seed in (None, 8, 7)
    )
    points = [
        next(event for event in events if getattr(event, "name", "") == "points") for events in (first, other)
    ]
    assert (points[0].arrays["train_points"] == points[1].arrays["train_points"]).all()
    assert frames(first)[0].weights.tobytes() != frames(other)[0].weights.tobytes()
    assert frames(first)[-1].weights.tobytes() == frames(as_seed)[-1].weights.tobytes()
    shuffles = [
        [event.state["learner"]["shuffle"] for event in events if isinstance(event, Checkpoint)][-1]
        for events in (first, other)
    ]
    assert shuffles[0].equal(shuffles[1])


def test_the_frame_that_is_shown_at_a_step_is_the_last_one_that_is_not_later(store: RunStore) -> None:
    run_id = store.create("training", {})
    assert store.frame_step(run_id, 3) is None
    store.write(run_id, frames=[Frame(step, {}, np.zeros(1, np.float32)) for step in (4, 5, 9)])
    assert [store.frame_step(run_id, step) for step in (2, 7, 9, 100, None)] == [4, 5, 9, 9, 9]
