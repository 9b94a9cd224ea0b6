"""What a measurement of collective operations yields, besides core.events.Progress and EnvironmentRead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProcessesJoined:
    """Who takes part: one entry for each process, in the order of their ranks."""

    backend: str
    devices: tuple[str, ...]  # "cpu" or "cuda:0", of each process
    hosts: tuple[int, ...]  # a number for each host: processes with the same one share a machine


@dataclass(frozen=True)
class CollectiveMeasured:
    """One operation at one message size: the slowest process of each round counts."""

    operation: str
    backend: str
    processes: int
    size_bytes: int  # as nccl-tests counts it: of the whole message that a process gets or gives
    median_s: float
    ci_low_s: float  # ends of the median's 95% interval
    ci_high_s: float
    samples: int
    algorithm_gbps: float  # size_bytes / median_s / 1e9
    bus_gbps: float  # times the operation's bus factor


@dataclass(frozen=True)
class CollectiveFailed:
    """An operation that this backend cannot do, or that gave a wrong result."""

    operation: str
    backend: str
    reason: str
