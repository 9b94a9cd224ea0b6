"""weights.safetensors: weights in a format that most frameworks read, and whose reading runs no code."""

from __future__ import annotations

import json

from safetensors.torch import save

from core.export.run import TrainingRun
from core.records import to_record


def weights(run: TrainingRun) -> bytes:
    """Every parameter and running statistic by its name in the network, those of the last checkpoint.

    The metadata holds config (JSON) and step. Raises InvalidRequest when there is no checkpoint.
    """
    network = run.network  # before the state: it says when there is none
    assert run.state is not None
    tensors = {name: value.detach().clone().contiguous() for name, value in network.state_dict().items()}
    metadata = {"format": "pt", "config": json.dumps(to_record(run.config)), "step": str(step_of(run))}
    return save(tensors, metadata)


def step_of(run: TrainingRun) -> int:
    """Steps done when the last checkpoint was saved."""
    assert run.state is not None
    return int(run.state["learner"]["step"])
