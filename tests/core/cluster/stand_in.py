"""A cluster inside this process: a job's events are handed over one by one, and nodes die on request."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from core.cluster import remote
from core.cluster.connection import Ended, Node, Task
from core.cluster.remote import Work


def nodes(*cpus: int, gpus: int = 0) -> list[Node]:
    return [
        Node(f"id{number}", f"node-{number}", "host", count, gpus) for number, count in enumerate(cpus, 1)
    ]


class StandIn:
    """Has the methods of Cluster that placing work needs."""

    def __init__(self) -> None:
        self.started: list[tuple[str, Any]] = []
        self.dead: set[Node] = set()
        self.busy: set[Node] = set()  # nodes whose processors other work has: nothing begins there
        self.crashes: dict[Any, int] = {}  # how many more times a part's process dies, by its config
        self.cancelled: list[Task] = []

    def start(self, node: Node, work: Work, config: Any, cpus: int = 0, gpus: int = 0) -> Task:
        self.started.append((node.name, config))
        if self.crashes.get(config, 0) > 0:
            self.crashes[config] -= 1
            return Task(node, iter((remote.Begun(), Ended("its process died"))))
        return Task(node, remote.run(work, config))

    def messages(self, tasks: Collection[Task], timeout_s: float) -> Iterator[tuple[Task, Any]]:
        for task in tasks:
            if task.node in self.dead:
                yield task, Ended("the node died", True)
            elif task.node not in self.busy:
                yield task, next(task.events, Ended())

    def cancel(self, tasks: Collection[Task]) -> None:
        self.cancelled += tasks
