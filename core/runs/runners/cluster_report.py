"""What the driver of a cluster says of its nodes, as the server keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ClusterNode:
    """A node as the driver has last said. runs: how many may run there at once, 0 where it can do none.

    refused: why it can do none; empty where it can.
    """

    name: str
    machine: str
    runs: int
    at_work: int
    refused: str


@dataclass(frozen=True)
class Report:
    """What the driver has said last. fault: why it has no cluster; empty where it has."""

    nodes: tuple[ClusterNode, ...] = ()
    max_concurrent_runs: int = 0  # on all nodes together
    fault: str = ""

    @property
    def machines(self) -> int:
        """How many machines the nodes are on that can do runs."""
        return len({node.machine for node in self.nodes if node.runs})


NOT_YET = Report(fault="The cluster has not answered yet.")


def report_of(record: Mapping[str, Any]) -> Report:
    """A line of the driver. Raises KeyError or TypeError for what is none."""
    return Report(
        tuple(ClusterNode(**node) for node in record["nodes"]), record["max_concurrent_runs"], record["fault"]
    )
