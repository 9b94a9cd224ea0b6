"""Which nodes take part: each is asked about itself first, which also shows whether it can run this code."""

from __future__ import annotations

import time
from dataclasses import dataclass

from core.cluster.connection import Cluster, Ended, Node
from core.cluster.events import NodeFound, NodeLost
from core.cluster.remote import Probed, Refused, probe
from core.errors import InvalidRequest

ANSWER_S = 90.0  # a node's first process, which may have to load this code from a slow disk


@dataclass(frozen=True)
class Members:
    """The nodes that answered, with the number of the machine of each, and those that did not."""

    machines: dict[Node, int]
    lost: tuple[NodeLost, ...]

    def found(self) -> list[NodeFound]:
        """An event for each."""
        return [
            NodeFound(node.name, node.host, machine, node.cpus, node.gpus)
            for node, machine in self.machines.items()
        ]


def members_of(cluster: Cluster, answer_s: float = ANSWER_S) -> Members:
    """Ask all nodes at once. Raises InvalidRequest where none answers.

    None does that takes work from anybody: it does not know the token that is sent along.
    """
    asked = {cluster.start(node, probe, None): node for node in cluster.nodes()}
    answers: dict[Node, Probed] = {}
    lost: list[NodeLost] = []
    until = time.monotonic() + answer_s
    while asked and time.monotonic() < until:
        for task, message in list(cluster.messages(asked, 0.5)):
            match message:
                case Probed():
                    answers[task.node] = message
                case Refused(reason) | Ended(str(reason)):
                    lost.append(NodeLost(task.node.name, reason, "it took no part"))
                    del asked[task]
                case Ended():
                    del asked[task]
    cluster.cancel(asked)
    silent = f"it did not answer within {answer_s:.0f} s; was it started with RAY_AUTH_MODE=token?"
    lost += [NodeLost(node.name, silent, "it took no part") for node in asked.values()]
    if not answers:
        reasons = "; ".join(f"{one.node}: {one.reason.rstrip('.')}" for one in lost)
        raise InvalidRequest(f"No node of the cluster can be used: {reasons or 'none has a processor'}.")
    machines = list(dict.fromkeys(answer.machine for answer in answers.values()))
    ordered = sorted(answers, key=lambda node: node.name)
    return Members({node: machines.index(answers[node].machine) for node in ordered}, tuple(lost))
