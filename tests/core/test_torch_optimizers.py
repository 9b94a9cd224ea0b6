"""torch.optim's optimisers as they are used here: the same numbers, without torch's compiler."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import pytest
import torch

from core import torch_optimizers

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01, "fused": True}),
    ("SGD", {"lr": 0.1}),
    ("Adam", {"lr": 0.01, "weight_decay": 0.01, "fused": True}),
    ("AdamW", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01}),
]


@pytest.mark.parametrize(("name", "settings"), KINDS)
def test_steps_and_states_are_those_of_torch(name: str, settings: dict[str, Any]) -> None:
    start = torch.linspace(-1, 1, 7)
    ours, torchs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    optimizers = [
        getattr(torch_optimizers, name)([ours], **settings),
        getattr(torch.optim, name)([torchs], **settings),
    ]
    for step in range(6):
        if step == 3:  # either kind goes on where the other one stopped
            states = [copy.deepcopy(optimizer.state_dict()) for optimizer in reversed(optimizers)]
            for optimizer, state in zip(optimizers, states, strict=True):
                optimizer.load_state_dict(state)
        for optimizer, weights in zip(optimizers, (ours, torchs), strict=True):
            optimizer.zero_grad()
            (weights**4 - weights).sum().backward()
            optimizer.step()
    assert torch.equal(ours, torchs)
    assert torch.is_grad_enabled()
    assert isinstance(optimizers[0], getattr(torch.optim, name))
    assert type(pickle.loads(pickle.dumps(optimizers[0]))) is type(optimizers[0])


def test_a_training_does_not_load_torchs_compiler() -> None:
    program = """
import sys
from core.training import default_config
from core.training.loop import train
for optimizer in ("nesterov", "adam", "adamw", "rmsprop"):
    config = default_config("mlp", "moons", optimizer=optimizer, epochs=1, samples=50, engine="eager")
    list(train(config))
assert "torch" in sys.modules
assert "torch._dynamo" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
