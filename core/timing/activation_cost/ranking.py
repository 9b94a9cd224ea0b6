"""Measured activation functions by time, with ties called ties. Records in, events out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.timing.activation_cost.events import CostRanked, RankedActivation
from core.timing.results.table import Record, measurements
from core.timing.results.verdicts import MIN_DIFFERENCE, SLOWER, compare_unpaired


def ranked(records: Sequence[Record]) -> Iterator[CostRanked]:
    """The ranking of measured activations for each step; records hold MeasurementTaken.

    Figures were taken one after another, so a difference must be larger than the noise between moments.
    """
    taken = [record for record in measurements(records) if record["workload"].startswith("activation_")]
    for step in dict.fromkeys(record["step"] for record in taken):
        of_step = sorted((r for r in taken if r["step"] == step), key=lambda record: record["median_s"])
        first = of_step[0]
        floor = max((record["noise_unpaired"] or 0.0 for record in of_step), default=0.0)
        ranking = []
        for record in of_step:
            found = compare_unpaired(first["times_s"], record["times_s"], floor)
            tied = record is first or found.verdict != SLOWER
            name = record["workload"].removeprefix("activation_")
            ranking.append(
                RankedActivation(name, record["median_s"], found.ratio, found.low, found.high, tied)
            )
        yield CostRanked(step, max(floor, MIN_DIFFERENCE), tuple(ranking))
