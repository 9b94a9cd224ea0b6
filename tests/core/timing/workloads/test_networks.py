"""Training steps of whole networks do the work that they count."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from core.timing.workloads import WORKLOADS, networks


def test_flops_are_those_that_torch_counts_in_the_whole_network() -> None:
    for name, size in (("mlp_step", 7), ("lenet_step", 7), ("resnet18_step", 1)):
        for step in ("forward", "training"):
            operation = WORKLOADS[name].prepare(size, "float32", "cpu", 0, step)
            with FlopCounterMode(display=False) as counter:
                operation()
            assert WORKLOADS[name].flops(size, step) == counter.get_total_flops()


@pytest.mark.parametrize("name", ["mlp", "lenet", "resnet18"])
def test_networks_have_as_many_parameters_as_counted(name: str) -> None:
    network = getattr(networks, f"_{name.upper()}")
    assert sum(weight.numel() for weight in network.build().parameters()) == network.parameters
    if name == "resnet18":
        assert network.parameters == 11_689_512  # He et al. 2015, table 1, with 1,000 classes


def test_a_network_step_moves_the_weights() -> None:
    step = WORKLOADS["mlp_step"].prepare(16, "float32", "cpu", 0)
    losses = [step().item() for _ in range(50)]
    assert losses[-1] < losses[0]


def test_memory_of_a_training_step_is_what_autograd_keeps() -> None:
    for name in ("mlp_step", "lenet_step", "resnet18_step", "conv2d", "softmax"):
        kept: dict[int, int] = {}

        def keep(tensor: torch.Tensor, kept: dict[int, int] = kept) -> torch.Tensor:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        operation = WORKLOADS[name].prepare(
            16 if "resnet" not in name else 2, "float32", "cpu", 0, "training"
        )
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            operation()
        said = WORKLOADS[name].memory_bytes(16 if "resnet" not in name else 2, 4, "training")
        assert sum(kept.values()) <= said < 8 * sum(kept.values()), name
