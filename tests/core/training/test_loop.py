"""Training reaches what the networks are known for, repeats itself, and leaves no trace."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.data import load
from core.errors import InvalidRequest
from core.events import Frame, Picture, Progress, StopRequested, event_record
from core.models.mlp import MLP
from core.training import loop
from core.training.config import TrainConfig, default_config
from core.training.events import EpochCompleted, TrainingDiverged, TrainingFinished, TrainingStarted
from core.training.loop import train
from core.training.snapshots import SNAPSHOTS, selected

SLOW = pytest.mark.slow
TIMES = {"samples_per_s", "elapsed_s"}


def events(config: TrainConfig) -> list[Any]:
    """What a training yields, less what comes and goes."""
    return [event for event in train(config) if not isinstance(event, Progress | Picture)]


def numbers(config: TrainConfig) -> list[dict[str, Any]]:
    """The events' records without the times, which no two runs share."""
    records = [event_record(event) for event in events(config)]
    return [{key: value for key, value in record.items() if key not in TIMES} for record in records]


def quick(model: str, **settings: Any) -> TrainConfig:
    return default_config(model, **({"epochs": 1, "snapshot_every_s": None} | settings))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=SLOW) for seed in (1, 2))])
@pytest.mark.parametrize("data", ["moons", "circles", "spiral"])
def test_mlp_separates_points(data: str, seed: int) -> None:
    finished = events(default_config("mlp", data, seed=seed, snapshot_every_s=None))[-1]
    assert finished.metric == "accuracy"
    assert finished.value >= 0.95


def test_lenet_reads_digits() -> None:
    config = default_config("lenet", snapshot_every_s=None)
    assert config.test_fraction == 0.2
    assert config.epochs <= 10
    started, *_, finished = events(config)
    assert (started.train_samples, started.test_samples) == (4000, 1000)
    assert started.parameters == 61_706
    assert finished.value >= 0.97


@pytest.mark.parametrize("model", ["lstm", pytest.param("rnn", marks=SLOW), pytest.param("gru", marks=SLOW)])
def test_forecast_beats_tomorrow_equals_today(model: str) -> None:
    finished = events(default_config(model, "seattle_temps", snapshot_every_s=None))[-1]
    assert finished.metric == "skill"
    assert finished.details["rmse_ratio"] <= 0.55
    assert finished.value == pytest.approx(1 - finished.details["rmse_ratio"], rel=1e-4)
    assert finished.details["rmse"] < finished.details["baseline_rmse"]


@pytest.mark.parametrize(
    ("data", "worst", "best"),
    [
        ("seattle_weather", 0.04, 0.2),
        pytest.param("us_employment", 0.03, 0.2, marks=SLOW),
        ("sp500", -0.1, 0.05),
    ],
)
def test_real_series_are_forecast_a_little_better_than_naively_and_prices_are_not(
    data: str, worst: float, best: float
) -> None:
    started, *_, finished = events(default_config("gru", data, snapshot_every_s=None, snapshots=()))
    assert worst < finished.value < best
    errors = started.naive_rmse
    assert started.baseline_rmse == errors[started.baseline] == min(errors.values())
    assert finished.value == pytest.approx(1 - finished.details["rmse"] / min(errors.values()), rel=1e-3)


def test_events_come_in_order_and_count_right() -> None:
    config = quick("mlp", epochs=3, samples=200, test_fraction=0.5, batch_size=30)
    started, *epochs, finished = events(config)
    assert isinstance(started, TrainingStarted)
    assert all(isinstance(epoch, EpochCompleted) for epoch in epochs)
    assert isinstance(finished, TrainingFinished)
    assert started.steps_per_epoch == 4  # 100 samples in batches of 30, the last one of 10
    assert [(epoch.epoch, epoch.step) for epoch in epochs] == [(1, 4), (2, 8), (3, 12)]
    assert (finished.epochs, finished.steps, finished.reason) == (3, 12, "completed")
    assert finished.value == epochs[-1].test_metric
    assert sum(np.prod(shape) for shape in started.shapes.values()) == started.parameters
    assert 0 < epochs[0].elapsed_s <= epochs[-1].elapsed_s <= finished.elapsed_s


def test_progress_comes_with_every_step_and_within_evaluation() -> None:
    config = quick("mlp", samples=4000, test_fraction=0.5, batch_size=100, engine="eager")
    progress = [event for event in train(config) if isinstance(event, Progress)]
    assert [event.done for event in progress if event.unit == "steps"][:20] == list(range(1, 21))
    assert progress[-1].done == progress[-1].total == 20
    assert len(progress) >= 1 + 20 + 4 + 1  # the beginning, each step, and 2,000 + 500 samples evaluated


def test_epochs_are_those_of_a_loop_written_by_hand() -> None:
    config = quick("mlp", data="moons", epochs=2, optimizer="sgd", learning_rate=0.1, schedule="constant")
    data = load("moons", seed=0, test_fraction=0.5)
    inputs, targets = torch.from_numpy(data.train_inputs), torch.from_numpy(data.train_targets).float()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = MLP((2,), 1, (8, 8), torch.tanh)
    shuffle = torch.Generator().manual_seed(0)
    for _ in range(2):
        for batch in torch.randperm(len(inputs), generator=shuffle).split(10):
            loss = F.binary_cross_entropy_with_logits(model(inputs[batch])[:, 0], targets[batch])
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            with torch.no_grad():
                for parameter, gradient in zip(model.parameters(), gradients, strict=True):
                    parameter -= 0.1 * gradient
    outputs = model(torch.from_numpy(data.test_inputs))[:, 0]
    expected = F.binary_cross_entropy_with_logits(outputs, torch.from_numpy(data.test_targets).float())
    assert events(config)[-2].test_loss == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize("model", ["mlp", "lenet", "rnn", "lstm", "gru"])
def test_same_seed_same_numbers_whatever_ran_between(model: str) -> None:
    config = quick(model, seed=7)
    first = numbers(config)
    torch.manual_seed(123)
    torch.rand(5)
    np.random.default_rng().random()
    numbers(quick("mlp", data="circles", seed=8))
    assert numbers(config) == first
    assert numbers(quick(model, seed=8)) != first


@pytest.mark.parametrize("model", ["mlp", "lenet", "lstm"])
def test_same_seed_same_numbers_in_another_process(model: str) -> None:
    command = [sys.executable, "-m", "core.training", model, "--epochs", "1", "--seed", "7", "--json"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    records = [json.loads(line) for line in output.splitlines()]
    theirs = [{key: value for key, value in record.items() if key not in TIMES} for record in records]
    assert theirs == json.loads(json.dumps(numbers(quick(model, seed=7))))


@pytest.mark.parametrize("model", ["mlp", "lenet", "lstm"])
def test_pictures_change_no_number(model: str) -> None:
    without = numbers(quick(model))
    with_pictures = list(train(quick(model, snapshot_every_s=0.05)))
    assert sum(isinstance(event, Picture) for event in with_pictures) >= 2
    assert [
        {key: value for key, value in event_record(event).items() if key not in TIMES}
        for event in with_pictures
        if not isinstance(event, Progress | Picture | Frame)
    ] == without


def test_last_picture_shows_the_trained_network() -> None:
    config = quick("mlp", snapshots=("points", "decision_map"))
    pictures = [event for event in train(config) if isinstance(event, Picture)]
    assert [(picture.name, picture.step) for picture in pictures] == [("points", 0), ("decision_map", 50)]


def test_training_leaves_the_process_as_it_was() -> None:
    torch.manual_seed(5)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    np.random.seed(5)
    events(quick("mlp"))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert np.random.randint(10**9) == np.random.RandomState(5).randint(10**9)


def test_a_stopped_training_puts_the_threads_back_and_keeps_gradients_on() -> None:
    threads = torch.get_num_threads()
    training = train(quick("mlp"))
    for event in training:
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        if isinstance(event, EpochCompleted):
            break
    training.close()
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(("model", "data"), [("gan", "ring"), ("mlp", "moons"), ("q_table", "frozen_lake")])
@pytest.mark.parametrize("within_evaluation", [False, True])
def test_a_stopped_training_ends_with_a_frame_and_all_pictures_of_its_last_step(
    monkeypatch: pytest.MonkeyPatch, model: str, data: str, within_evaluation: bool
) -> None:
    """Otherwise they come as seldom as they are expensive: here once in a minute."""
    monkeypatch.setattr(loop, "MAX_LAST_MOMENT_S", 60.0)
    config = default_config(model, data, epochs=50, snapshot_every_s=60.0)
    training = train(config)
    step = 0
    for event in training:
        if not isinstance(event, Progress):
            continue
        if event.unit == "steps" and event.done >= 7 and (within_evaluation == (event.done == step)):
            break
        step = event.done
    last = [training.throw(StopRequested()), *training]
    frames = [event for event in last if isinstance(event, Frame)]
    pictures = {event.name: event.step for event in last if isinstance(event, Picture)}
    assert pictures == dict.fromkeys(repeated(config), event.done)
    assert [frame.step for frame in frames] in ([], [event.done])  # none where one had just been made


def repeated(config: TrainConfig) -> list[str]:
    """Snapshots that are drawn more than once."""
    return [key for key in selected(config) if not SNAPSHOTS[key].once]


def test_a_training_that_is_stopped_before_its_first_step_just_ends() -> None:
    training = train(quick("mlp"))
    while not isinstance(next(training), TrainingStarted):
        pass
    with pytest.raises(StopIteration):
        training.throw(StopRequested())


def test_divergence_is_reported_and_the_run_so_far_is_kept() -> None:
    config = quick("rnn", optimizer="sgd", learning_rate=100.0, activation="relu", epochs=5)
    *before, diverged, finished = events(config)
    assert isinstance(before[0], TrainingStarted)
    assert isinstance(diverged, TrainingDiverged)
    assert diverged.reason.startswith(
        "The loss is no longer a finite number after epoch 1. A learning rate of 100 is too large for sgd"
    )
    assert finished.reason == "diverged"
    assert finished.value is None
    json.dumps(event_record(finished), allow_nan=False)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU that torch can use")
def test_absent_gpu_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidRequest, match=r"The device 'cuda' cannot be used: .*(driver|CUDA)"):
        events(quick("mlp", device="cuda"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU that torch can use")
@pytest.mark.parametrize("model", ["mlp", "lenet", "lstm"])
def test_gpu_learns_what_the_cpu_learns(model: str) -> None:
    ours, theirs = (events(quick(model, epochs=3, device=device))[-1] for device in ("cuda", "cpu"))
    assert ours.value == pytest.approx(theirs.value, abs=0.03)


def test_two_threads_learn_as_well() -> None:
    if torch.get_num_threads() < 2:
        pytest.skip("needs two cores")
    assert events(quick("mlp", threads=2))[-1].value == events(quick("mlp"))[-1].value
