"""A training that has ended, as far as it is taken away: what was asked, what happened, where it stood."""

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
    from torch import nn

    from core.runs.store import RunStore


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """config, the records of all its events in order, and the state of its last checkpoint (None without).

    began_at: seconds since 1970. let_go: whether there was a checkpoint that is no longer kept.
    """

    config: TrainConfig
    records: Sequence[Mapping[str, Any]]
    state: Mapping[str, Any] | None
    began_at: float = 0.0
    let_go: bool = False

    def of(self, event: str) -> list[Mapping[str, Any]]:
        """The records of one kind of event."""
        return [record for record in self.records if record["event"] == event]

    @cached_property
    def network(self) -> nn.Module:
        """The network with the weights of the last checkpoint, at rest on the CPU.

        Raises InvalidRequest when there is no checkpoint.
        """
        from core.export.network import network_of

        return network_of(self)


def run_in_store(store: RunStore, run_id: str) -> TrainingRun:
    """A training of the run store. Raises InvalidRequest when there is none of this id."""
    run = store.get(run_id)
    if run is None or run.job != "training":
        raise InvalidRequest(f"There is no training with the address {run_id!r}.")
    kept = store.checkpoint(run_id)
    records = [record for _, record in store.events_after(run_id)]
    config, state = from_record(TrainConfig, run.config), kept["state"] if kept else None
    began_at = run.started_at or run.created_at
    return TrainingRun(config, records, state, began_at, let_go=run.pruned_at is not None)


def run_in_folder(folder: Path) -> TrainingRun:
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


def on_cpu(config: TrainConfig) -> TrainConfig:
    """The same training where no accelerator is."""
    return replace(config, device="cpu", engine="eager")
