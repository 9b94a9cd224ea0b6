"""Measure on every node, then compare the nodes."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

from core.cluster.address import RAY_VERSION
from core.cluster.connection import connected
from core.cluster.each_node import on_each_node
from core.cluster.events import NodeEvent
from core.cluster.members import members_of
from core.events import event_record
from core.timing.nodes.config import NodesConfig
from core.timing.nodes.merging import by_node
from core.timing.nodes.verdicts import compare_nodes
from core.timing.nodes.work import measure
from core.timing.results.events import SCHEMA, EnvironmentRead
from core.timing.results.table import Record


def measure_nodes(address: str, config: NodesConfig) -> Generator[Any]:
    """Yields EnvironmentRead of the whole, NodeFound for each node, NodeEvent for what each yields, then
    NodeFinished or NodeLost; at the end NodePointCompared and NodeJudged. NodeProgress comes between.

    A node that dies keeps what it had measured until then. Raises InvalidRequest when no cluster answers.
    """
    with connected(address) as cluster:
        members = members_of(cluster)
        names = [node.name for node in members.machines]
        environment = {"cluster": f"Ray {RAY_VERSION}", "nodes": names}
        yield EnvironmentRead(SCHEMA, datetime.now(UTC).isoformat(timespec="seconds"), environment)
        yield from members.found()
        yield from members.lost
        records: list[Record] = []
        for event in on_each_node(cluster, members.machines, measure, config):
            if isinstance(event, NodeEvent):
                records.append(event_record(event))
            yield event
    yield from compare_nodes(by_node(records))
