"""What work on several nodes yields, besides core.events.NodeProgress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NodeFound:
    """A node that takes part. Nodes of one machine take turns where they are measured."""

    node: str
    host: str
    machine: int  # a number for each machine: nodes with the same one share it
    cpus: int  # that Ray may use
    gpus: int


@dataclass(frozen=True)
class NodeWaiting:
    """A node whose processors other work of the cluster has."""

    node: str
    reason: str


@dataclass(frozen=True)
class NodeEvent:
    """What a node's own job yielded, as a record of a file holds it."""

    node: str
    record: Mapping[str, Any]


@dataclass(frozen=True)
class NodeFinished:
    """A node has done its part."""

    node: str
    elapsed_s: float


@dataclass(frozen=True)
class NodeLost:
    """A node that died, left, or cannot do the work. What it had begun is lost, and named here."""

    node: str
    reason: str
    lost: str  # what became of its part, in words
