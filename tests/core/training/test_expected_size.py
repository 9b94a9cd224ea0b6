"""What a training is expected to take is of the size that it takes, and grows with what makes it grow."""

from __future__ import annotations

from typing import Any

import pytest

from core.jobs import JOBS
from core.models import MODELS
from core.records import to_record
from core.training.config import default_config
from core.training.ensembles.config import EnsembleConfig
from core.training.expected_size import MIB, _kept_bytes, _weights, disk_bytes, memory_bytes

DIGIT = (1, 28, 28)
PAPERS: list[tuple[str, dict[str, Any]]] = [
    ("lenet", {}),
    ("convnet", {}),
    *(("alexnet", {"width": width}) for width in (8, 16)),
    *(("vgg", {"width": width, "depth": depth}) for width in (8, 16) for depth in ("11", "19")),
    *(("resnet", {"width": width, "depth": depth}) for width in (8, 16) for depth in ("14", "56")),
]


def record(model: str, data: str, **settings: Any) -> dict[str, Any]:
    return to_record(default_config(model, data, **settings))


@pytest.mark.parametrize(("model", "options"), PAPERS)
def test_expected_weights_of_the_networks_of_papers_are_those_of_torch(
    model: str, options: dict[str, Any]
) -> None:
    network = MODELS[model].build(DIGIT, 10, (), "relu", **options)
    theirs = sum(weight.numel() for weight in network.parameters())
    ours = _weights(record(model, "mnist5k", model_options=options))
    assert theirs / 1.6 < ours < 1.6 * theirs


@pytest.mark.parametrize("hidden", [(8,), (256, 256), (64,) * 6])
def test_expected_weights_of_an_mlp_are_those_of_torch(hidden: tuple[int, ...]) -> None:
    network = MODELS["mlp"].build(DIGIT, 10, hidden, "relu")
    theirs = sum(weight.numel() for weight in network.parameters())
    assert theirs / 1.2 < _weights(record("mlp", "mnist5k", hidden=hidden)) < 1.2 * theirs


@pytest.mark.parametrize("model", ["lenet", "convnet", "alexnet", "vgg", "resnet", "mlp"])
def test_what_a_sample_leaves_for_the_backward_pass_is_what_autograd_keeps(model: str) -> None:
    import torch

    hidden = (64,) if model == "mlp" else ()
    network = MODELS[model].build(DIGIT, 10, hidden, "relu").train()
    weights, kept = {weight.data_ptr() for weight in network.parameters()}, dict[int, int]()

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in weights:
            kept[tensor.data_ptr()] = tensor.nbytes
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        output = network(torch.rand(16, *DIGIT))
    theirs = sum(kept.values()) / len(output)
    assert theirs / 2 < _kept_bytes(record(model, "mnist5k")) < 2 * theirs


def test_larger_batches_networks_and_ensembles_take_more_and_a_gpu_holds_its_own() -> None:
    small = record("resnet", "mnist5k")
    memory = memory_bytes(small)
    assert memory is not None
    batch = record("resnet", "mnist5k", batch_size=1024)
    wide = record("resnet", "mnist5k", batch_size=1024, model_options={"width": 16})
    assert memory + 500 * MIB < (memory_bytes(batch) or 0) < (memory_bytes(wide) or 0)
    assert memory_bytes(small | {"device": "cuda"}) is None
    ensemble = EnsembleConfig(default_config("lenet", "mnist5k"), 100)
    alone = memory_bytes(to_record(ensemble.training))
    assert (JOBS["ensemble"].memory_bytes(to_record(ensemble)) or 0) > (alone or 0) + 100 * MIB


def test_disk_grows_with_epochs_and_weights() -> None:
    few = disk_bytes(record("mlp", "moons", epochs=10)) or 0
    assert few + 5_000_000 < (disk_bytes(record("mlp", "moons", epochs=10_000)) or 0)
    assert few + 2_000_000 < (disk_bytes(record("mlp", "mnist5k", hidden=(256, 256))) or 0)


@pytest.mark.parametrize("junk", [{}, {"model": "none", "data": 3}, {"model": "vgg", "batch_size": None}])
def test_of_what_is_no_training_something_comes_out(junk: dict[str, Any]) -> None:
    assert isinstance(memory_bytes(junk), int)
    assert isinstance(disk_bytes(junk), int)
