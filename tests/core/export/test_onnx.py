"""The network as ONNX computes what torch computes, by ONNX's own reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator

from core.export.onnx import network_onnx, why_no_onnx
from core.export.run import TrainingRun
from core.models import MODELS
from core.training.learners.supervised import SupervisedLearner

FEW_IMAGES = {"data": "own_images", "epochs": 1, "batch_size": 50}  # 240 are there
BRIEFLY: dict[str, dict[str, Any]] = {
    "mlp": {"data": "moons", "samples": 200, "model_options": {"norm": "batch", "dropout": 0.2}},
    "lenet": FEW_IMAGES,
    "convnet": FEW_IMAGES,
    "alexnet": FEW_IMAGES | {"model_options": {"width": 2}},
    "vgg": FEW_IMAGES | {"model_options": {"width": 2}},
    "resnet": FEW_IMAGES | {"model_options": {"width": 2, "depth": "8"}},
    "rnn": {
        "data": "sines",
        "samples": 100,
        "epochs": 1,
        "model_options": {"bidirectional": True, "layers": 2},
    },
    "lstm": {"data": "parity", "samples": 100, "epochs": 1},  # of sequences that end early
    "gru": {"data": "copy_memory", "samples": 100, "epochs": 1},
    "transformer": {"data": "copy_memory", "samples": 100, "epochs": 1, "hidden": (8,)},
}


@pytest.mark.parametrize("model", BRIEFLY)
def test_outputs_are_those_of_torch(model: str, train_briefly: Callable[..., TrainingRun]) -> None:
    run = train_briefly(model, **BRIEFLY[model])
    proto = onnx.load_from_string(network_onnx(run))
    onnx.checker.check_model(proto, full_check=True)
    inputs = SupervisedLearner(run.config).test_inputs[:5].nan_to_num()
    with torch.inference_mode():
        expected = run.network(inputs)
    computed = torch.from_numpy(ReferenceEvaluator(proto).run(None, {"inputs": inputs.numpy()})[0])
    torch.testing.assert_close(computed, expected, rtol=1e-4, atol=1e-5)


def test_a_typed_activation_is_exported_too(train_briefly: Callable[..., TrainingRun]) -> None:
    run = train_briefly(
        "mlp", data="moons", samples=200, activation="min(x*tanh(softplus(x)), 3)+max(x, 1)/9"
    )
    proto = onnx.load_from_string(network_onnx(run))
    inputs = SupervisedLearner(run.config).test_inputs[:5]
    with torch.inference_mode():
        expected = run.network(inputs)
    computed = torch.from_numpy(ReferenceEvaluator(proto).run(None, {"inputs": inputs.numpy()})[0])
    torch.testing.assert_close(computed, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model", ["lstm", "transformer"])
def test_sequences_may_be_of_another_length(model: str, train_briefly: Callable[..., TrainingRun]) -> None:
    run = train_briefly(model, data="sines", samples=100, epochs=1, hidden=(8,))
    inputs = SupervisedLearner(run.config).test_inputs[:3, :17]
    evaluator = ReferenceEvaluator(onnx.load_from_string(network_onnx(run)))
    with torch.inference_mode():
        expected = run.network(inputs)
    computed = torch.from_numpy(evaluator.run(None, {"inputs": inputs.numpy()})[0])
    torch.testing.assert_close(computed, expected, rtol=1e-4, atol=1e-5)


def test_every_network_that_learns_from_targets_is_tried() -> None:
    assert set(BRIEFLY) == {name for name, model in MODELS.items() if model.learner == "supervised"}


def test_a_pair_of_networks_says_why_not(moons: TrainingRun) -> None:
    run = TrainingRun(moons.config, moons.records, None)
    assert "before its first checkpoint" in (why_no_onnx(run) or "")
    assert why_no_onnx(moons) is None
