"""Every process under torchrun runs this job, and all yield the same events.

Importing this never imports torch.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.errors import InvalidRequest
from core.events import Progress
from core.lazy import LazyModule
from core.statistics import MIN_SAMPLES, median_interval
from core.timing.collectives.config import BUS_FACTORS, CollectivesConfig
from core.timing.collectives.events import CollectiveFailed, CollectiveMeasured, ProcessesJoined
from core.timing.measure.environment import environment_of
from core.timing.results.events import SCHEMA, EnvironmentRead

if TYPE_CHECKING:
    import torch
    import torch.distributed as dist

    from core.timing.collectives import operations
else:
    torch = LazyModule("torch")
    dist = LazyModule("torch.distributed")
    operations = LazyModule("core.timing.collectives.operations")

# What torchrun puts into the environment of each process.
_TORCHRUN = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
_WARM_UP = 3
# A sample is so long at least: the clock and the agreement on its maximum take microseconds.
_SAMPLE_S = 0.002
_MAX_SAMPLES = 50


def under_torchrun() -> bool:
    """Whether this process was started by torchrun."""
    return all(name in os.environ for name in _TORCHRUN)


def collectives(config: CollectivesConfig) -> Iterator[Any]:
    """Yields EnvironmentRead, ProcessesJoined, and CollectiveMeasured for each operation and size, or
    CollectiveFailed for an operation. All processes have to run it, with the same config.

    Raises InvalidRequest where this is no process of torchrun, or one alone.
    """
    if not under_torchrun():
        raise InvalidRequest(
            "Collective operations need processes that talk: start this under torchrun, such as "
            "torchrun --nproc-per-node 2 -m core.timing collectives, or give --processes 2."
        )
    device, backend = _device_and_backend(config.backend)
    yield EnvironmentRead(SCHEMA, datetime.now(UTC).isoformat(timespec="seconds"), environment_of([device]))
    if device != "cpu":
        torch.cuda.set_device(device)
    dist.init_process_group(backend)
    try:
        if dist.get_world_size() < 2:
            raise InvalidRequest("One process has nobody to talk to: give --nproc-per-node 2 or more.")
        yield _joined(backend, device)
        yield from _measured(config, backend, device)
    finally:
        dist.destroy_process_group()


def _device_and_backend(asked: str | None) -> tuple[str, str]:
    """A GPU of its own for each process of this host, or the CPU."""
    here = int(os.environ.get("LOCAL_WORLD_SIZE", os.environ["WORLD_SIZE"]))
    with_gpus = torch.cuda.is_available() and torch.cuda.device_count() >= here
    if asked == "nccl" and not (with_gpus and dist.is_nccl_available()):
        raise InvalidRequest(
            f"NCCL needs a GPU for each of the {here} processes of this host; torch sees "
            f"{torch.cuda.device_count() if torch.cuda.is_available() else 0}. gloo works on the CPU."
        )
    backend = asked or ("nccl" if with_gpus and dist.is_nccl_available() else "gloo")
    return (f"cuda:{os.environ['LOCAL_RANK']}" if backend == "nccl" else "cpu"), backend


def _joined(backend: str, device: str) -> ProcessesJoined:
    everybody: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(everybody, (device, platform.node()))
    hosts = list(dict.fromkeys(host for _, host in everybody))
    return ProcessesJoined(
        backend, tuple(name for name, _ in everybody), tuple(hosts.index(host) for _, host in everybody)
    )


def _measured(config: CollectivesConfig, backend: str, device: str) -> Iterator[Any]:
    todo = len(config.operations) * len(config.sizes)
    done = 0
    for operation in config.operations:
        for size in sorted(config.sizes):
            yield Progress(done, todo, "points")
            try:
                event = _one(operation, size, config, backend, device)
            except (RuntimeError, ValueError, NotImplementedError) as error:
                event = CollectiveFailed(operation, backend, str(error).strip().splitlines()[0])
            yield event
            done += 1
            if isinstance(event, CollectiveFailed):
                done += len(config.sizes) - 1 - sorted(config.sizes).index(size)
                break
    yield Progress(todo, todo, "points")


def _one(
    operation: str, size: int, config: CollectivesConfig, backend: str, device: str
) -> CollectiveMeasured | CollectiveFailed:
    call, right = operations.prepare(operation, size, device)
    if not _everywhere(right(), device):
        return CollectiveFailed(operation, backend, f"a wrong result at {size:,} bytes")
    for _ in range(_WARM_UP):
        call()
    repeats = max(1, round(_SAMPLE_S / max(_slowest_s(call, 1, device), 1e-9)))
    samples: list[float] = []
    spent_s = 0.0
    # The samples are the same in every process, so that all end after the same one.
    while len(samples) < MIN_SAMPLES or (spent_s < config.max_seconds and len(samples) < _MAX_SAMPLES):
        took_s = _slowest_s(call, repeats, device)
        samples.append(took_s / repeats)
        spent_s += took_s
    low_s, high_s = median_interval(samples)
    median_s = statistics.median(samples)
    world = dist.get_world_size()
    rate = size / median_s / 1e9
    return CollectiveMeasured(
        operation, backend, world, size, median_s, low_s, high_s, len(samples), rate,
        rate * BUS_FACTORS[operation](world),
    )  # fmt: skip


def _slowest_s(call: Any, repeats: int, device: str) -> float:
    """Seconds of so many calls in the process that takes longest, the same number in all."""
    dist.barrier()
    _wait_for(device)
    began = time.perf_counter()
    for _ in range(repeats):
        call()
    _wait_for(device)
    seconds = torch.tensor([time.perf_counter() - began], dtype=torch.float64, device=device)
    dist.all_reduce(seconds, op=dist.ReduceOp.MAX)
    return float(seconds)


def _everywhere(truth: bool, device: str) -> bool:
    """Whether it is true in all processes."""
    least = torch.tensor([int(truth)], device=device)
    dist.all_reduce(least, op=dist.ReduceOp.MIN)
    return bool(least)


def _wait_for(device: str) -> None:
    if device != "cpu":
        torch.cuda.synchronize(device)
