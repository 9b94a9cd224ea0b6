"""Weights come back as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load

from core.errors import InvalidRequest
from core.export.run import TrainingRun, why_no_checkpoint
from core.export.weights import weights
from core.models import MODELS
from core.records import from_record
from core.training.config import TrainConfig
from core.training.learners.registry import learner_for
from core.training.learners.supervised import SupervisedLearner

Train = Callable[..., TrainingRun]


@pytest.mark.parametrize("engine", ["eager", "compiled"])
def test_a_fresh_network_with_these_weights_has_the_metric_of_the_run(
    engine: str, train_briefly: Train
) -> None:
    run = train_briefly("mlp", "moons", engine=engine, samples=200)
    fresh = SupervisedLearner(run.config)
    fresh.network.load_state_dict(load(weights(run)))
    with torch.inference_mode():
        metric = fresh.objective.metric(fresh.network(fresh.test_inputs), fresh.test_targets).item()
    assert metric == run.of("training_finished")[0]["value"]


def test_the_metadata_holds_the_config(moons: TrainingRun, tmp_path: Any) -> None:
    (tmp_path / "weights.safetensors").write_bytes(weights(moons))
    with safe_open(tmp_path / "weights.safetensors", framework="numpy") as file:
        metadata = file.metadata()
        shapes = {name: list(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    assert from_record(TrainConfig, json.loads(metadata["config"])) == moons.config
    assert int(metadata["step"]) == moons.of("training_finished")[0]["steps"]
    assert shapes == dict(moons.of("training_started")[0]["shapes"])


SHORT: dict[str, dict[str, Any]] = {
    "rbm": {"data": "digits", "epochs": 1},
    "gan": {"data": "ring", "epochs": 1},
    "gcn": {"epochs": 1},
    "q_table": {"epochs": 1},
    "dqn": {"epochs": 1},
    "resnet": {"epochs": 1, "test_fraction": 0.8, "model_options": {"width": 2, "depth": "8"}},
}


@pytest.mark.parametrize("model", SHORT)
def test_weights_of_every_way_of_learning_are_those_of_the_checkpoint(
    model: str, train_briefly: Train
) -> None:
    run = train_briefly(model, **SHORT[model])
    assert run.state is not None
    resumed = learner_for(run.config)
    resumed.restore(run.state["learner"])
    kept, taken = resumed.network.state_dict(), load(weights(run))
    assert taken.keys() == kept.keys()
    assert all(torch.equal(taken[name], torch.as_tensor(kept[name])) for name in kept)


def test_every_way_of_learning_is_tried() -> None:
    assert {MODELS[name].learner for name in SHORT} == {model.learner for model in MODELS.values()}


def test_without_a_checkpoint_a_sentence_says_so(moons: TrainingRun) -> None:
    run = TrainingRun(moons.config, moons.records, None)
    assert "before its first checkpoint" in (why_no_checkpoint(run) or "")
    with pytest.raises(InvalidRequest, match="before its first checkpoint"):
        weights(run)
