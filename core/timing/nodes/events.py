"""What is made of the results of several nodes, besides the events of core.cluster."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NodePointCompared:
    """One point of a node against the same point of another: the other of two, the middle one of several.

    ratio is the node's time over the reference's; the rest as in PointCompared.
    """

    node: str
    reference: str
    workload: str
    step: str
    data: str
    size: int
    dtype: str
    device: str
    threads: int | None
    node_s: float
    reference_s: float
    ratio: float
    low: float  # the ratio's 99% interval
    high: float
    floor: float  # the least relative difference that is called one
    verdict: str


@dataclass(frozen=True)
class NodeJudged:
    """One device of a node against the others, over all points that they have in common.

    ratio is the median over the points of the node's time over that of the other of two nodes, or of the
    median node of several; paired by point, so that only what is the same is compared.
    """

    node: str
    device: str
    against: str  # in words
    points: int
    ratio: float
    low: float | None  # the median's interval; None for so few points that none bounds it
    high: float | None
    floor: float  # the noise of these nodes at different moments: no smaller difference is called one
    verdict: str  # FASTER, SLOWER, SAME or UNSURE
    slower: int  # points whose own verdict is SLOWER
    faster: int
    worst: str  # the point with the largest ratio, and the ratio
    worst_ratio: float
    reason: str = ""  # why a difference is not called one
