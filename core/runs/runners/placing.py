"""Which run goes to which node of a cluster next: the store's rules for each machine, and what a node has.

The order of the queue, the limits and who runs alone are those of core.runs.scheduling; a node is only chosen
for the run whose turn it is. All that is decided here follows from the arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.cluster.connection import Node
from core.jobs import JOBS
from core.runs import scheduling
from core.runs.runners.limits import IDLE_WORKER_BYTES, expected_usage
from core.runs.scheduling import OpenRun

MAX_RUNS = 8  # at once on a node, where the operator has set nothing else


@dataclass(frozen=True)
class Member:
    """A node that can do runs. machine: as its workers name it; several nodes may be on one machine."""

    node: Node
    machine: str

    def limit(self, max_runs: int | None) -> int:
        """How many runs may run there at once: half of its processors, at most 8, where none is set."""
        return max_runs or max(1, min(MAX_RUNS, self.node.cpus // 2))


@dataclass(frozen=True)
class Needs:
    """What a run asks of a node."""

    gpus: int
    memory_bytes: int
    alone: bool = False

    def lacks(self, node: Node) -> str | None:
        """Why the node can never do the run; None where it can."""
        if self.gpus > node.gpus:
            return f"{node.name} has {node.gpus} GPUs that Ray may use, and it needs {self.gpus}"
        if 0 < node.memory_bytes < self.memory_bytes:
            have, want = node.memory_bytes >> 20, self.memory_bytes >> 20
            return f"{node.name} has {have:,} MiB of memory, and it needs about {want:,} MiB"
        return None


@dataclass(frozen=True)
class Placed:
    """A run that was given to a node and that has not come back: it is at work, held, or about to begin."""

    member: Member
    cpus: int
    begun: bool  # its worker has the run
    immediate: bool = False


@dataclass(frozen=True)
class Placement:
    """A run to start, where, and with what of the node."""

    run_id: str
    member: Member
    limit: int  # of the machine
    cpus: int
    gpus: int
    memory_bytes: int
    threads: int


def needs_of(job: str, config: Mapping[str, Any]) -> Needs:
    """As the job estimates it. A GPU of a number needs so many: Ray gives the first ones of a node."""
    training = config.get("training", config)
    devices = [str(device) for device in (training.get("device", "cpu"), *config.get("devices", ()))]
    numbers = [int(name.partition(":")[2] or 0) for name in devices if name.partition(":")[0] == "cuda"]
    memory = expected_usage(job, config).memory_bytes or IDLE_WORKER_BYTES
    return Needs(max(numbers, default=-1) + 1, int(memory), JOBS[job].exclusive)


def limit_of(machine: str, members: Sequence[Member], max_runs: int | None) -> int:
    """How many runs may run at once on a machine: what is set, or what its nodes have room for together."""
    mine = [member for member in members if member.machine == machine]
    return max_runs or sum(member.limit(None) for member in mine)


def why_never(needs: Needs, members: Sequence[Member]) -> str | None:
    """Why none of these nodes can ever do such a run; None where one can."""
    reasons = [needs.lacks(member.node) for member in members]
    return None if not reasons or None in reasons else "; ".join(filter(None, reasons))


def next_placement(
    open_runs: Sequence[OpenRun],
    immediate: Sequence[str],
    needs: Mapping[str, Needs],
    members: Sequence[Member],
    placed: Mapping[str, Placed],
    max_runs: int | None,
    now: float,
    warming: Collection[str] = (),
) -> Placement | None:
    """The next run to start, on the emptiest node that may have it; None while nothing may start.

    open_runs, immediate: as RunStore.waiting_runs() gives them. needs: of each run that waits. members: the
    nodes that have room in Ray's own accounts. placed: by the run's id. warming: machines on which something
    is compiled, so that nothing would be alone there.
    """
    begin = [run_id for run_id in immediate if run_id not in placed]
    if begin and (room := _for_immediate(members, placed, max_runs, needs[begin[0]])):
        return _placement(begin[0], room, needs[begin[0]], members, placed, max_runs, immediate=True)
    known = [_as_placed(run, placed.get(run.id), now) for run in open_runs]
    for member in sorted(members, key=lambda one: _load(one, placed, max_runs)):
        busy = member.machine in warming
        fitting = [run for run in known if run.running or _fits(run, needs, member, busy)]
        limit = limit_of(member.machine, members, max_runs)
        head = scheduling.next_run(fitting, limit, now, machine=member.machine)
        if head is not None:
            return _placement(head, member, needs[head], members, placed, max_runs)
    return None


def _as_placed(run: OpenRun, placed: Placed | None, now: float) -> OpenRun:
    """A run that is about to begin counts as at work where it was placed."""
    if placed is None or placed.begun or run.running or run.worker is not None:
        return run
    return replace(run, running=True, worker=f"{placed.member.machine}/0/0", claimed_at=now)


def _fits(run: OpenRun, needs: Mapping[str, Needs], member: Member, busy: bool) -> bool:
    wants = needs.get(run.id)  # none are known of a run that its worker holds
    return wants is None or (wants.lacks(member.node) is None and not (wants.alone and busy))


def _for_immediate(
    members: Sequence[Member], placed: Mapping[str, Placed], max_runs: int | None, needs: Needs
) -> Member | None:
    able = [
        member
        for member in members
        if needs.lacks(member.node) is None
        and sum(one.immediate and one.member.machine == member.machine for one in placed.values())
        < limit_of(member.machine, members, max_runs)
    ]
    return min(able, key=lambda member: _load(member, placed, max_runs), default=None)


def _load(member: Member, placed: Mapping[str, Placed], max_runs: int | None) -> tuple[float, str]:
    runs = sum(one.member == member for one in placed.values())
    return runs / member.limit(max_runs), member.node.name


def _placement(
    run_id: str,
    member: Member,
    needs: Needs,
    members: Sequence[Member],
    placed: Mapping[str, Placed],
    max_runs: int | None,
    immediate: bool = False,
) -> Placement:
    """What a run asks of its node: its part of the processors, all of them where it is to be alone.

    What runs that are held there keep is not asked for once more: they have given way. An immediate run
    passes the queue, and asks for no processor.
    """
    node, limit = member.node, limit_of(member.machine, members, max_runs)
    part = node.cpus if needs.alone else max(1, node.cpus // member.limit(max_runs))
    left = node.cpus - sum(one.cpus for one in placed.values() if one.member == member)
    cpus = 0 if immediate else max(0, min(part, left))
    gpus = node.gpus if needs.alone else needs.gpus
    return Placement(run_id, member, limit, cpus, gpus, needs.memory_bytes, part)
