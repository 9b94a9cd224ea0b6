"""A training that has ended, as it is exported: its config, its events, and its network then and before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import InvalidRequest
from core.records import from_record
from core.training.config import TrainConfig

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.runs.store import RunStore
    from core.training.learners.supervised import SupervisedLearner


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """A training that has ended, out of the run store or a folder."""

    config: TrainConfig
    records: Sequence[Mapping[str, Any]]  # of all its events, in order
    state: Mapping[str, Any] | None  # of its last checkpoint; None without one
    began_at: float = 0.0  # seconds since 1970
    pruned: bool = False  # its checkpoint was deleted to make room

    def of(self, event: str) -> list[Mapping[str, Any]]:
        """The records of one kind of event."""
        return [record for record in self.records if record["event"] == event]

    @cached_property
    def network(self) -> nn.Module:
        """The network with the weights of the last checkpoint, in evaluation mode on the CPU.

        Raises InvalidRequest when there is no checkpoint.
        """
        return load_network(self)

    @cached_property
    def untrained(self) -> SupervisedLearner:
        """Data, network and optimizer before the first step, on the CPU; of supervised runs alone.

        Raises InvalidRequest when the data is no longer there.
        """
        from core.training.learners.supervised import SupervisedLearner

        return SupervisedLearner(on_cpu(self.config))


def from_store(store: RunStore, run_id: str) -> TrainingRun:
    """A training of the run store. Raises InvalidRequest when there is none of this id."""
    run = store.get(run_id)
    if run is None or run.job != "training":
        raise InvalidRequest(f"There is no training with the address {run_id[:40]!r}.")
    kept = store.checkpoint(run_id)
    records = [record for _, record in store.events_after(run_id)]
    config, state = from_record(TrainConfig, run.config), kept["state"] if kept else None
    began_at = run.started_at or run.created_at
    return TrainingRun(config, records, state, began_at, pruned=run.pruned_at is not None)


def from_folder(folder: Path) -> TrainingRun:
    """A training that `--out` kept in a folder. Raises InvalidRequest when there is none that can be read."""
    from core.runs.run_folder import EVENTS, checkpoint_in

    config, _, state = checkpoint_in(folder)
    try:
        lines = (folder / EVENTS).read_text(encoding="utf-8").splitlines()
        ended_at = (folder / EVENTS).stat().st_mtime
    except OSError as error:
        raise InvalidRequest(f"{folder / EVENTS} cannot be read: {error.strerror}.") from None
    records = [json.loads(line) for line in lines]
    took_s = max((record.get("elapsed_s", 0.0) for record in records), default=0.0)
    return TrainingRun(config, records, state, ended_at - took_s)


def load_network(run: TrainingRun) -> nn.Module:
    """A network of the run's config with the weights of its last checkpoint, in evaluation mode on the CPU.

    Raises InvalidRequest when there is no checkpoint.
    """
    from core.training.learners.registry import learner_for

    missing = why_no_checkpoint(run)
    if missing is not None:
        raise InvalidRequest(f"There is no network: {missing}.")
    assert run.state is not None
    network = learner_for(on_cpu(run.config)).network
    state = run.state["learner"]
    try:
        if "model" in state:
            network.load_state_dict(state["model"])
        else:  # the compiled engine keeps all values of a kind in one row, in the network's own order
            _load_rows(network, state)
    except RuntimeError as error:
        raise InvalidRequest(
            "The weights of this run do not fit its network: its data is read otherwise now than when it was "
            "trained; train it again."
        ) from error
    return network.eval()


def _load_rows(network: nn.Module, state: dict[str, Any]) -> None:
    """Parameters, and the running statistics of batch normalisation."""
    import torch

    buffers = dict(network.named_buffers())
    running = [buffers[name] for name in buffers if name.endswith(("running_mean", "running_var"))]
    _fill([*network.parameters()], state["memory"]["theta"])
    _fill(running, state["memory"].get("running", torch.zeros(0)))
    for name, buffer in buffers.items():
        if name.endswith("num_batches_tracked"):
            buffer.fill_(state["step"])


def _fill(tensors: Sequence[Tensor], row: Tensor) -> None:
    import torch

    if len(row) != sum(tensor.numel() for tensor in tensors):
        raise RuntimeError("the number of values differs")
    with torch.no_grad():
        for tensor, values in zip(tensors, row.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(values.view_as(tensor))


def why_no_checkpoint(run: TrainingRun) -> str | None:
    """Why there are no weights, within a sentence; None when there are."""
    if run.state is not None:
        return None
    if run.pruned:
        return "the checkpoint of this run was pruned"
    return "the run ended before its first checkpoint"


def on_cpu(config: TrainConfig) -> TrainConfig:
    """The same training by the eager engine where no accelerator is."""
    return replace(config, device="cpu", engine="eager")
