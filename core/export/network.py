"""The network of a run, with the weights that it ended with."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core.errors import InvalidRequest
from core.export.run import TrainingRun, on_cpu
from core.training.learners.registry import learner_for


def network_of(run: TrainingRun) -> nn.Module:
    """The network with the weights of the run's last checkpoint, in evaluation mode on the CPU.

    Raises InvalidRequest when there is no checkpoint.
    """
    if run.state is None:
        if run.let_go:
            raise InvalidRequest("The weights of this run are no longer kept.")
        raise InvalidRequest("The run ended before its first checkpoint, so its weights were not kept.")
    network = learner_for(on_cpu(run.config)).network
    state = run.state["learner"]
    if "model" in state:
        network.load_state_dict(state["model"])
    else:
        _fill(network, state["memory"])
    return network.eval()


def _fill(network: nn.Module, memory: Mapping[str, Tensor]) -> None:
    """The compiled engine keeps all parameters in one row, in the network's own order."""
    with torch.no_grad():
        nn.utils.vector_to_parameters(memory["theta"], network.parameters())
