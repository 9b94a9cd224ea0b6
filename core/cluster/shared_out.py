"""Many parts of one job shared out among nodes; those of a node that dies are given to others."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.cluster.connection import Cluster, Ended, Node, Task
from core.cluster.events import NodeLost
from core.cluster.remote import Begun, Refused, Work
from core.errors import InvalidRequest

MAX_TRIES = 3  # for a part whose process dies, wherever it runs
MOVE_S = 60.0  # so long a part may wait for a processor or its process before another node may have it
_POLL_S = 0.25


@dataclass(frozen=True)
class PartEvent:
    """What a part yielded on a node. One that is given to another node yields everything again."""

    part: int
    node: str
    event: Any


@dataclass(frozen=True)
class PartDone:
    """A part came to its end."""

    part: int
    node: str


def shared_out(
    cluster: Cluster,
    nodes: Sequence[Node],
    work: Work,
    parts: Sequence[Any],
    counts: Sequence[int],
    noun: str,
    on_gpus: bool = False,
) -> Iterator[Any]:
    """Run work(part) for each, one on each processor (or GPU) at a time, wherever there is room.

    Yields PartEvent as they come, PartDone for each part, and NodeLost. Raises InvalidRequest when no node is
    left, and when a part has failed several times. counts: of how many things (noun) each part is, for
    messages.
    """
    able = [node for node in nodes if places(node, on_gpus)]
    if not able:
        raise InvalidRequest("No node of the cluster has a GPU that Ray may use.")
    for node in nodes:
        if node not in able:
            yield NodeLost(node.name, "it has no GPU that Ray may use", "it took no part")
    sharing = _Sharing(cluster, able, work, parts, counts, noun, on_gpus)
    while sharing.left():
        sharing.give_out()
        yield from sharing.take_in()


class _Sharing:
    """Which part is where."""

    def __init__(
        self,
        cluster: Cluster,
        nodes: Sequence[Node],
        work: Work,
        parts: Sequence[Any],
        counts: Sequence[int],
        noun: str,
        on_gpus: bool,
    ) -> None:
        self._cluster, self._work, self._parts = cluster, work, parts
        self._counts, self._noun, self._on_gpus = counts, noun, on_gpus
        self._nodes = list(nodes)
        self._waiting = deque(range(len(parts)))
        self._running: dict[Task, int] = {}
        self._since: dict[Task, float] = {}  # of tasks that have not begun
        self._tries: Counter[int] = Counter()
        self._reasons: list[str] = []
        self._in_use: set[Node] = set()  # by other work of the cluster

    def left(self) -> bool:
        """Whether there is more to do."""
        return bool(self._waiting or self._running)

    def give_out(self) -> None:
        """Start parts while a node has room, the emptiest node first."""
        if not self._waiting and (idle := self._room()):
            self._call_back(idle)
        while self._waiting and (room := self._room()):
            node = max(room, key=lambda one: room[one])
            part = self._waiting.popleft()
            task = self._cluster.start(node, self._work, self._parts[part], 1, int(self._on_gpus))
            self._running[task] = part
            self._since[task] = time.monotonic()

    def _room(self) -> Mapping[Node, int]:
        """Places for a part, of nodes that have one."""
        used = Counter(task.node for task in self._running)
        # A node that others use is asked again only where there is no other.
        nodes = [node for node in self._nodes if node not in self._in_use] or self._nodes
        free = {node: places(node, self._on_gpus) - used[node] for node in nodes}
        return {node: count for node, count in free.items() if count > 0}

    def _call_back(self, idle: Mapping[Node, int]) -> None:
        """Parts that wait for a processor elsewhere, while other nodes have nothing left to do."""
        now = time.monotonic()
        stuck = [
            task for task, since in self._since.items() if now - since > MOVE_S and task.node not in idle
        ]
        for task in stuck[: sum(idle.values())]:
            self._cluster.cancel([task])
            self._in_use.add(task.node)
            self._waiting.append(self._forget(task))

    def take_in(self) -> Iterator[Any]:
        """What has come from the nodes."""
        for task, message in list(self._cluster.messages(self._running, _POLL_S)):
            if task not in self._running:  # of a node that is lost
                continue
            match message:
                case Begun():
                    self._since.pop(task, None)
                case Refused(reason):
                    yield self._lost(task.node, reason)
                case Ended(str(reason)):
                    yield from self._failed(task, message, reason)
                case Ended():
                    yield PartDone(self._forget(task), task.node.name)
                case event:
                    yield PartEvent(self._running[task], task.node.name, event)

    def _forget(self, task: Task) -> int:
        self._since.pop(task, None)
        return self._running.pop(task)

    def _failed(self, task: Task, ended: Ended, reason: str) -> Iterator[Any]:
        """A process died: with its node, or alone, and then the part may have another try."""
        if ended.node_died:
            yield self._lost(task.node, reason)
            return
        part = self._forget(task)
        self._tries[part] += 1
        self._waiting.appendleft(part)
        if self._tries[part] == MAX_TRIES:
            raise InvalidRequest(
                f"A part has failed {MAX_TRIES} times, the last time on {task.node.name}: {reason}."
            )

    def _lost(self, node: Node, reason: str) -> NodeLost:
        """The node is asked no more; all that it has is given to others."""
        self._nodes.remove(node)
        self._reasons.append(f"{node.name}: {reason.rstrip('.')}")
        tasks = [task for task in self._running if task.node is node]
        self._cluster.cancel(tasks)
        again = [self._forget(task) for task in tasks]
        self._waiting.extendleft(reversed(again))
        if not self._nodes:
            raise InvalidRequest(f"No node of the cluster is left. {'; '.join(self._reasons)}.")
        count = sum(self._counts[part] for part in again)
        nouns = f"{count} {self._noun}{'s were' if count != 1 else ' was'}"
        return NodeLost(
            node.name, reason, f"{nouns} given to other nodes" if count else "it had nothing to do"
        )


def places(node: Node, on_gpus: bool = False) -> int:
    """How many parts a node runs at a time."""
    return min(node.cpus, node.gpus) if on_gpus else node.cpus


def parts_of(items: int, at_a_time: int, max_items: int) -> list[range]:
    """So many items in parts: a few parts for each place, so that slower ones may have fewer."""
    size = min(max_items, max(1, -(-items // (4 * at_a_time))))
    return [range(start, min(start + size, items)) for start in range(0, items, size)]
