"""What JAX and Keras need to do a run again: its order, its loop, its scores, its network in their words."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.activations import ACTIVATIONS, find
from core.activations.expressions.operations import OPERATIONS, TYPEABLE
from core.export import activation_translation, template
from core.export.activation_source import activation_source
from core.export.activation_translation import translated
from core.export.other_frameworks import (
    FRAMEWORKS,
    other_model,
    other_script,
    training_loop,
    why_no_other_script,
)
from core.export.run import TrainingRun
from core.export.script import config, data
from core.export.templates import training_loop as loop
from core.export.weights import weights
from core.models import MODELS
from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.schedules import SCHEDULES
from tests.core.export.test_script import changed_run, imported

Train = Callable[..., TrainingRun]
LIKE_THEM = ("mlp", "lenet", "convnet", "alexnet", "vgg", "resnet")


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1, 2**40 + 3])
def test_the_order_of_the_batches_is_that_of_torch(seed: int) -> None:
    shuffle, generator = np.random.RandomState(seed % 2**32), torch.Generator().manual_seed(seed)
    for count in (1, 2, 5, 1000, 3):
        theirs = torch.randperm(count, generator=generator)
        assert loop.random_order(shuffle, count).tolist() == theirs.tolist()


class OfTorch:
    """The run's network in PyTorch behind the loop that JAX and Keras share."""

    def __init__(self, run: TrainingRun) -> None:
        self.learner = SupervisedLearner(run.config)
        self.settings = {name: getattr(run.config, name) for name in ("l1", "clip_norm", "label_smoothing")}

    def learn(self, inputs: np.ndarray, targets: np.ndarray, learning_rate: float) -> None:
        (group,) = self.learner.optimizer.param_groups
        group["lr"] = learning_rate
        loss = template.loss_of(
            self.learner.network(torch.from_numpy(inputs)),
            torch.from_numpy(targets),
            template.BINARY,
            self.settings["label_smoothing"],
        )
        self.learner.optimizer.zero_grad()
        loss.backward()
        template.limit_and_penalise(self.learner.network, self.settings["clip_norm"], self.settings["l1"])
        self.learner.optimizer.step()

    def change(self, settings: Mapping[str, Any]) -> None:
        self.settings |= settings
        (group,) = self.learner.optimizer.param_groups
        group |= {name: value for name, value in settings.items() if name in group}

    def outputs(self, inputs: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return self.learner.network(torch.from_numpy(inputs)).numpy()


def test_the_common_loop_repeats_a_run_that_was_changed_and_ended_early(moons: TrainingRun) -> None:
    run = changed_run(moons)
    arrays = dict(np.load(io.BytesIO(data(run))))
    settings = json.loads(config(run))
    epochs = [*loop.train(OfTorch(run), arrays, settings, SCHEDULES[run.config.schedule].factor)]
    assert [epoch["step"] for epoch in epochs] == [10, 20, 25]
    for ours, theirs in zip(epochs, run.of("epoch_completed"), strict=True):
        for name in ("train_loss", "test_loss", "train_metric", "test_metric"):
            assert ours[name] == pytest.approx(theirs[name], rel=1e-6), name


@pytest.mark.parametrize("task", [template.BINARY, template.CLASSIFICATION, "regression"])
def test_scores_are_those_of_torch(task: str) -> None:
    draw = np.random.default_rng(0)
    outputs = draw.normal(0, 5, (50, 3 if task == template.CLASSIFICATION else 1))
    targets = draw.normal(size=50) if task == "regression" else draw.integers(0, 2, 50)
    of_torch = torch.from_numpy(outputs), torch.from_numpy(targets)
    if task == template.BINARY:
        of_torch = of_torch[0], of_torch[1].double()
    loss, metric = loop.loss_and_metric(outputs, targets, task)
    assert loss == pytest.approx(template.loss_of(*of_torch, task).item(), rel=1e-12)
    assert metric == pytest.approx(template.metric_of(*of_torch, task).item(), rel=1e-12)


def test_weights_are_read_as_they_were_written(moons: TrainingRun, tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    file.write_bytes(weights(moons))
    read = loop.read_weights(file)
    kept = moons.network.state_dict()
    assert set(read) == set(kept)
    assert all(np.array_equal(read[name], array.numpy()) for name, array in kept.items())


def test_a_wrong_call_of_a_script_ends_with_a_sentence(
    moons: TrainingRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loop, "FOLDER", tmp_path)
    (tmp_path / "config.json").write_text(config(moons))
    (tmp_path / "data.npz").write_bytes(data(moons))
    for words, said in ((["--best"], "Usage: python jax_script.py [--trained]"), (["--trained"], "kept no")):
        monkeypatch.setattr(sys, "argv", ["jax_script.py", *words])
        assert loop.main(lambda _config, _weights: OfTorch(moons), lambda _fraction: 1.0) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_activation_of_a_network_can_be_said_in_the_framework(framework: str) -> None:
    names = FRAMEWORKS[framework].names
    typed = [
        f"{name}(x/2)+x" if len(OPERATIONS[name].slopes) == 1 else f"{name}(sin(x), {name}(x, 0.5))"
        for name in TYPEABLE
    ]
    for key in (*MODELS["mlp"].activations, *typed):
        if key in ACTIVATIONS or not find(key).unfit:
            said = translated(activation_source(find(key).function), names)
            assert "torch" not in said, key
            assert "F." not in said, key


@pytest.mark.parametrize("model", LIKE_THEM)
def test_every_mlp_and_cnn_has_scripts_that_need_numpy_and_the_framework_alone(
    model: str, moons: TrainingRun
) -> None:
    run = replace(moons, config=default_config(model, "moons" if model == "mlp" else "own_images"))
    assert why_no_other_script(run) is None
    allowed = {*sys.stdlib_module_names, "numpy", "training_loop"}
    for framework in FRAMEWORKS:
        own = allowed | {framework, f"{framework}_model"}
        for source in (other_script(run, framework), other_model(run, framework), training_loop()):
            assert {name.split(".")[0] for name in imported(source)} <= own


def test_every_layer_with_weights_has_its_line(moons: TrainingRun) -> None:
    learner = moons.untrained
    for framework, dot in (("jax", "."), ("keras", "_")):
        text = other_model(moons, framework)
        for name in learner.network.state_dict():
            assert f'"{name.rpartition(".")[0].replace(".", dot)}"' in text


def test_an_activation_without_a_counterpart_leaves_no_half_of_an_export(
    moons: TrainingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(activation_translation._TRANSLATIONS, "F.relu")
    run = replace(moons, config=replace(moons.config, activation="relu"))
    assert "the activation 'relu' uses a function" in (why_no_other_script(run) or "")


def test_other_networks_say_why_there_is_no_such_script() -> None:
    others = [name for name in MODELS if name not in LIKE_THEM]
    assert others
    for name in others:
        run = TrainingRun(default_config(name), [], None)
        assert f"{MODELS[name].name} is neither an MLP nor" in (why_no_other_script(run) or "")
