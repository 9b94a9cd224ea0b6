"""The collective operations: how each is called, and what it has to give."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.distributed as dist

_ELEMENT_BYTES = 4  # float32


# torch 2.13 calls them so; earlier ones have the longer names alone.
_gather = getattr(dist, "all_gather_single", None) or dist.all_gather_into_tensor
_scatter = getattr(dist, "reduce_scatter_single", None) or dist.reduce_scatter_tensor


class Prepared(NamedTuple):
    """One operation at one size in this process."""

    call: Callable[[], None]
    right: Callable[[], bool]  # whether the last call gave what it had to


def prepare(operation: str, size_bytes: int, device: str) -> Prepared:
    """Buffers and call of an operation; float32, at least one element for each process."""
    return _PREPARE[operation](max(1, size_bytes // _ELEMENT_BYTES), device)


def _all_reduce(count: int, device: str) -> Prepared:
    rank, world = dist.get_rank(), dist.get_world_size()
    data = torch.empty(count, device=device)

    def right() -> bool:
        data.fill_(rank + 1)
        dist.all_reduce(data)
        return bool((data == world * (world + 1) / 2).all())

    # Sums of sums would overflow after some hundred calls.
    zeros = torch.zeros(count, device=device)
    return Prepared(lambda: dist.all_reduce(zeros), right)


def _all_gather(count: int, device: str) -> Prepared:
    rank, world = dist.get_rank(), dist.get_world_size()
    part = max(1, count // world)
    mine, whole = torch.full((part,), float(rank), device=device), torch.empty(part * world, device=device)
    expected = torch.arange(world, device=device).repeat_interleave(part)

    def call() -> None:
        _gather(whole, mine)

    def right() -> bool:
        call()
        return bool((whole == expected).all())

    return Prepared(call, right)


def _reduce_scatter(count: int, device: str) -> Prepared:
    rank, world = dist.get_rank(), dist.get_world_size()
    part = max(1, count // world)
    whole, mine = torch.full((part * world,), float(rank), device=device), torch.empty(part, device=device)

    def call() -> None:
        _scatter(mine, whole)

    def right() -> bool:
        call()
        return bool((mine == world * (world - 1) / 2).all())

    return Prepared(call, right)


def _broadcast(count: int, device: str) -> Prepared:
    data = torch.full((count,), float(dist.get_rank() + 1), device=device)

    def call() -> None:
        dist.broadcast(data, src=0)

    def right() -> bool:
        call()
        return bool((data == 1).all())

    return Prepared(call, right)


def _send_recv(count: int, device: str) -> Prepared:
    """Each process sends to the next and receives from the one before, at the same time."""
    rank, world = dist.get_rank(), dist.get_world_size()
    mine, theirs = torch.full((count,), float(rank), device=device), torch.empty(count, device=device)
    before, after = (rank - 1) % world, (rank + 1) % world

    def call() -> None:
        pair = [dist.P2POp(dist.isend, mine, after), dist.P2POp(dist.irecv, theirs, before)]
        for one in dist.batch_isend_irecv(pair):
            one.wait()

    def right() -> bool:
        call()
        return bool((theirs == before).all())

    return Prepared(call, right)


_PREPARE: dict[str, Callable[[int, str], Prepared]] = {
    "all_reduce": _all_reduce,
    "all_gather": _all_gather,
    "reduce_scatter": _reduce_scatter,
    "broadcast": _broadcast,
    "send_recv": _send_recv,
}
