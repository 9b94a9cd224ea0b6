"""The same job on every node: at the same time on different machines, in turns on one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from core.cluster.connection import Cluster, Ended, Node, Task
from core.cluster.events import NodeEvent, NodeFinished, NodeLost, NodeWaiting
from core.cluster.remote import Begun, Refused, Work
from core.events import NodeProgress, Progress, event_record

START_S = 120.0  # for other work of the cluster to leave the processors
NOTABLE_WAIT_S = 5.0
_POLL_S = 0.25


def on_each_node(
    cluster: Cluster, machines: Mapping[Node, int], work: Work, config: Any, start_s: float = START_S
) -> Iterator[Any]:
    """Yields NodeEvent and NodeProgress as they come, NodeFinished or NodeLost for each node.

    A node's job has all of its processors and GPUs, so that no other work of the cluster disturbs it.
    """
    waiting = list(machines)
    running: dict[Task, _Part] = {}
    while waiting or running:
        for node in _free(waiting, machines, running):
            waiting.remove(node)
            running[cluster.start(node, work, config, node.cpus, node.gpus)] = _Part()
        for task, message in cluster.messages(running, _POLL_S):
            yield from running[task].events(task.node, message)
        for task, part in list(running.items()):
            yield from part.patience(task.node, start_s)
            if part.done:
                cluster.cancel([task])
                del running[task]


def _free(waiting: list[Node], machines: Mapping[Node, int], running: Mapping[Task, Any]) -> list[Node]:
    """The next node of each machine on which nothing runs."""
    busy = {machines[task.node] for task in running}
    first = {machines[node]: node for node in reversed(waiting) if machines[node] not in busy}
    return [node for node in waiting if first.get(machines[node]) is node]


class _Part:
    """The job of one node, as far as it is known here."""

    def __init__(self) -> None:
        self.done = False
        self._started_s = time.monotonic()
        self._begun_s: float | None = None
        self._waits = False
        self._events = 0

    def events(self, node: Node, message: Any) -> Iterator[Any]:
        """What a message of the node means."""
        match message:
            case Begun():
                self._begun_s = time.monotonic()
            case Refused(reason) | Ended(str(reason)):
                yield self._lost(node, reason)
            case Ended():
                self.done = True
                yield NodeFinished(node.name, time.monotonic() - (self._begun_s or self._started_s))
            case Progress():
                yield NodeProgress(
                    message.done,
                    message.total,
                    message.unit,
                    message.rate_per_s,
                    message.rate_unit,
                    node=node.name,
                )
            case _:
                self._events += 1
                yield NodeEvent(node.name, event_record(message))

    def patience(self, node: Node, start_s: float) -> Iterator[Any]:
        """While other work has the node's processors: what is waited for, and last that it was in vain."""
        if self._begun_s is not None or self.done:
            return
        waited_s = time.monotonic() - self._started_s
        needs = f"its {node.cpus} processors" + (f" and {node.gpus} GPUs" if node.gpus else "")
        if waited_s > start_s:
            yield self._lost(node, f"other work had {needs} for {start_s:.0f} s")
        elif waited_s > NOTABLE_WAIT_S and not self._waits:
            self._waits = True
            yield NodeWaiting(node.name, f"other work of the cluster has {needs}")

    def _lost(self, node: Node, reason: str) -> NodeLost:
        self.done = True
        kept = "what it had measured until then is kept" if self._events else "nothing of it was measured"
        return NodeLost(node.name, reason, kept)
