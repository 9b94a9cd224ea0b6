"""Trainings that are shown side by side, with what they have recorded so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import InvalidRequest
from core.records import from_record
from core.runs.listing import ListedRun
from core.runs.store import Run
from core.training import TrainConfig
from dashboard.charts.training.curves import METRICS, Metric
from dashboard.components import runs
from dashboard.components.markdown import escaped


@dataclass(frozen=True)
class Shown:
    """A training on this page, with what it has recorded so far."""

    run: ListedRun
    stored: Run
    label: str  # its name in legends and tables, which no other run here has
    config: TrainConfig
    started: Mapping[str, Any]
    epochs: Sequence[Mapping[str, Any]]
    finished: Mapping[str, Any] | None
    version: tuple[int, int]  # of its records

    @property
    def metric(self) -> Metric:
        """How its metric is shown."""
        return METRICS[self.started["metric"]]


def with_records(chosen: Sequence[ListedRun]) -> list[Shown]:
    """The runs that have begun; of the others the page says why they are not drawn."""
    found = []
    for run, label in zip(chosen, labels(chosen), strict=True):
        kept = runs.runner().store.get(run.id)
        if kept is None:
            continue
        if not kept.ended:
            runs.runner().watched(run.id)
        try:
            config = from_record(TrainConfig, kept.config)
        except InvalidRequest as error:
            st.warning(f"{escaped(label)}: {escaped(str(error))}")
            continue
        records = runs.records(run.id)
        by_event = records.by_event
        events = {event: of_event[-1] for event, of_event in by_event.items()}
        epochs = by_event.get("epoch_completed", [])
        if epochs and "training_started" in events:
            started = events["training_started"]
            finished = events.get("training_finished")
            found.append(Shown(run, kept, label, config, started, epochs, finished, records.version))
        elif run.ended:
            st.info(f"{escaped(label)} ended before its first epoch.")
        else:
            st.info(f"{escaped(label)} has not completed an epoch yet.", icon=":material/hourglass_top:")
    return found


def labels(chosen: Sequence[ListedRun]) -> list[str]:
    """A short name for each run, none of them twice."""
    names = [run.name or run.id for run in chosen]
    return [
        name if names.count(name) == 1 else f"{name} ({run.id})"
        for name, run in zip(names, chosen, strict=True)
    ]
