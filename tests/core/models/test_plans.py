"""A plan, followed operation by operation with a network's numbers, gives what the network gives."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.models import MODELS
from core.models.model import CONVOLUTIONAL
from core.models.plans import Plan
from core.training import weights

PLANNED = [key for key, model in MODELS.items() if model.plan]
HIDDEN = {"mlp": (9, 7)}
NUMBERS = ("width", "dropout")  # options that are no choice


def choices(model: str) -> Iterator[dict[str, Any]]:
    """Every combination of a network's options that are a choice, and another width."""
    options = MODELS[model].options
    named = {name: option.choices or (True, False) for name, option in options.items() if name not in NUMBERS}
    for values in product(*named.values()):
        yield dict(zip(named, values, strict=True)) | ({"width": 4} if "width" in options else {})


CASES = [(model, options) for model in PLANNED for options in choices(model)]


def run_plan(plan: Plan, numbers: Tensor, x: Tensor) -> Tensor:
    """The plan by torch's functions."""
    kept = x
    for operation in plan.operations:
        at = operation.get("at", 0)

        def part(*shape: int) -> Tensor:
            nonlocal at
            size = int(torch.tensor(shape).prod())
            at += size
            return numbers[at - size : at].view(*shape)

        match operation:
            case {"op": "convolution", "incoming": incoming, "outgoing": outgoing, "kernel": kernel}:
                weight = part(outgoing, incoming, kernel, kernel)
                bias = part(outgoing) if operation["bias"] else None
                x = F.conv2d(x, weight, bias, operation["stride"], operation["padding"])
            case {"op": "batch_norm", "channels": channels}:
                weight, bias, mean, variance = (part(channels) for _ in range(4))
                x = F.batch_norm(x, mean, variance, weight, bias)
            case {"op": "layer_norm", "channels": channels}:
                x = F.layer_norm(x, (channels,), part(channels), part(channels))
            case {"op": "linear", "incoming": incoming, "outgoing": outgoing}:
                x = F.linear(x.flatten(1), part(outgoing, incoming), part(outgoing))
            case {"op": "activation"}:
                x = torch.tanh(x)
            case {"op": "max_pool", "size": size, "stride": stride}:
                x = F.max_pool2d(x, size, stride)
            case {"op": "mean"}:
                x = x.mean((2, 3))
            case {"op": "keep"}:
                kept = x
            case {"op": "add", "stride": stride}:
                kept = kept[:, :, ::stride, ::stride]
                x = torch.cat([x[:, : kept.shape[1]] + kept, x[:, kept.shape[1] :]], 1)
            case _:
                raise AssertionError(operation)
    return x


@pytest.mark.parametrize(("model", "options"), CASES)
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_a_plan_is_its_network(model: str, options: dict[str, Any], shape: tuple[int, ...]) -> None:
    entry, hidden = MODELS[model], HIDDEN.get(model, ())
    torch.manual_seed(3)
    network = entry.build(shape, 4, hidden, "tanh", **options)
    for tensor in weights.numbers_of(network).values():  # other running statistics than 0 and 1
        tensor.data += 0.1 * torch.rand_like(tensor)
    numbers = torch.from_numpy(weights.to_array(weights.numbers_of(network).values()))
    assert entry.plan is not None
    plan = entry.plan(shape, 4, hidden, **options)
    assert (plan.numbers, plan.input_shape) == (len(numbers), shape)
    images = torch.rand(2, *shape)
    with torch.no_grad():
        torch.testing.assert_close(run_plan(plan, numbers, images), network.eval()(images))


def test_every_convolutional_network_has_a_plan() -> None:
    assert all(model.plan for model in MODELS.values() if model.family == CONVOLUTIONAL)
