"""What each node of a cluster is asked to measure; what depends on the node is checked there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.checks import one_of
from core.errors import InvalidRequest
from core.timing.sweeps.suites import SUITES, workload_names
from core.timing.workloads.axes import AXES, LIMITS


@dataclass(frozen=True)
class NodesConfig:
    """A suite, or workloads, with axes over their own, as on one machine. Raises InvalidRequest."""

    suite: str | None = None
    workloads: tuple[str, ...] = ()
    axes: Mapping[str, Any] = field(
        default_factory=dict
    )  # of SweepConfig's fields; left out, each node's own
    within_s: float | None = None  # of a node; None for the suite's own

    def __post_init__(self) -> None:
        if (self.suite is None) == (not self.workloads):
            raise InvalidRequest("A suite or workloads can be measured; give one of both.")
        if self.suite is not None:
            one_of("suite", self.suite, SUITES)
        workload_names(self.workloads)
        for name, value in self.axes.items():
            one_of("setting", name, (*AXES, *LIMITS))
            (AXES.get(name) or LIMITS[name]).check(name, value)
        if self.suite is not None and self.within_s == 0:
            raise InvalidRequest("Nothing can be measured: within 0 seconds there is no time for any point.")
