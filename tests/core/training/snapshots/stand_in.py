"""What stands in for a learner where a snapshot reads little of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch


def stand_in(network: Any = None, data: Any = None, step: int = 0, **more: Any) -> Any:
    """A learner with this network and this data, at a step."""
    device = torch.device("cpu")
    return SimpleNamespace(network=network, data=data, step=step, device=device, **more)
