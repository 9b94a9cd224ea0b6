"""Which run starts next, and which one gives way: fair among the people whose runs they are.

Of the runs that wait, short ones come first; then those of the owner who has the fewest at work; then those
of the owner whose last turn is longest ago; then the first that came. A run that is known to take long, and
has worked for a while, gives way when others wait: it saves a checkpoint, waits for its next turn, resumes.
Long runs have a turn now and then however many short ones come.

A run without checkpoints gives way where it may wait, and its worker holds it: a benchmark between two
points, so that what is measured stays, with nobody beside it when its turn comes again. A benchmark runs
alone and keeps all places from others: it gives way to short runs of anybody, and after its slice to runs of
other owners. Only so many are held at once, since each keeps a process; until one of them has ended, no
further one begins. Immediate runs pass the queue. All that is decided here follows from the open runs and the
time, so every worker decides alike.

There is one queue for all machines whose servers share a database; the limit, and being alone, are of each
machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.runs.hosting.notices import is_drained
from core.runs.identity import machine_of
from core.runs.status import PAUSED, QUEUED, RUNNING
from core.runs.tables import runs

SHORT_S = 5.0  # what is expected to take no longer than this is short
SLICE_S = 10.0  # how long a run works before it gives way to another owner's long one
MIN_SLICE_S = 1.5  # and before it gives way to a short one: else it would only load and save
MAX_HELD = 2
LONG_TURN_S = 20.0  # for so long, at most, short ones keep all long ones from starting


@dataclass(frozen=True)
class OpenRun:
    """What the order depends on, of a run that waits or is at work. Times are seconds since 1970."""

    id: str
    owner: str | None
    created_at: float
    turn_at: float  # when its owner's last turn began or ended; at first when it was queued
    running: bool = False
    exclusive: bool = False
    expected_short: bool = False
    resumable: bool = False  # it can give way: it leaves a checkpoint
    holdable: bool = False  # it can give way: its worker holds it
    worker: str | None = None  # that works on it, or holds it paused
    claimed_at: float | None = None  # since when it is at work
    worked_s: float = 0.0  # before that
    served_at: float | None = None  # when it was last claimed

    @property
    def machine(self) -> str:
        """Where it is at work, or held paused."""
        return machine_of(self.worker)

    def may_go_to(self, machine: str) -> bool:
        """Whether a worker there could have it: a paused one stays where it is held."""
        return self.worker is None or self.machine == machine

    def is_short(self, now: float) -> bool:
        """As expected of it, unless it has shown otherwise."""
        return self.expected_short and self.worked(now) < SLICE_S

    def worked(self, now: float) -> float:
        """Seconds at work so far."""
        return self.worked_s + (self.at_work_s(now) if self.running else 0.0)

    @property
    def held(self) -> bool:
        """Whether it waits in a worker that it has."""
        return not self.running and self.worker is not None

    def at_work_s(self, now: float) -> float:
        """Seconds at work in one go."""
        return now - self.claimed_at if self.claimed_at is not None else 0.0


# --- the rules ------------------------------------------------------------------------------------------


def queue(open_runs: Sequence[OpenRun], now: float) -> list[OpenRun]:
    """The runs that wait, the next one to start first."""
    at_work = Counter(run.owner for run in open_runs if run.running)
    worked: dict[str | None, float] = {}  # decides between owners whose turns ended at one moment
    for run in open_runs:
        worked[run.owner] = worked.get(run.owner, 0.0) + run.worked(now)

    def place(run: OpenRun) -> tuple[Any, ...]:
        of_owner = (at_work[run.owner], run.turn_at, worked[run.owner])
        return (not run.is_short(now), *of_owner, run.created_at, run.id)

    every = sorted((run for run in open_runs if not run.running), key=place)
    later = [run for run in every if _has_to_wait_for_held_ones(run, every)]
    waiting = [run for run in every if run not in later]
    long = next((run for run in waiting if not run.is_short(now)), None)
    if long and _long_ones_are_due(open_runs, long, now):
        waiting.remove(long)
        waiting.insert(0, long)
    return waiting + later


def _has_to_wait_for_held_ones(run: OpenRun, waiting: Sequence[OpenRun]) -> bool:
    return run.holdable and not run.held and sum(one.held for one in waiting) >= MAX_HELD


def _long_ones_are_due(open_runs: Sequence[OpenRun], head: OpenRun, now: float) -> bool:
    served = (run.served_at for run in open_runs if run.served_at is not None and not run.is_short(now))
    return now - max([head.turn_at, *served]) > LONG_TURN_S


def next_run(
    open_runs: Sequence[OpenRun], limit: int, now: float, held: str | None = None, machine: str = ""
) -> str | None:
    """The run at the head of the queue if it may start on a machine: below the limit, alone if exclusive.

    held: the paused run that the asking worker holds; it can have that one alone. Runs that pass the queue
    count as at work for an exclusive one only; see `immediate`.
    """
    at_work = [run for run in open_runs if run.running and run.machine == machine]
    head = next((run for run in queue(open_runs, now) if run.may_go_to(machine)), None)
    if head is None or len(at_work) >= limit or any(run.exclusive for run in at_work):
        return None
    if head.exclusive and at_work:
        return None
    mine = head.id == held if held else head.worker is None
    return head.id if mine else None


def may_start(open_runs: Sequence[OpenRun], run_id: str, limit: int, machine: str) -> bool:
    """Whether this run, which was given to a machine in its turn, may start there now: it still waits for
    any worker, and the machine has room for it.
    """
    run = next((one for one in open_runs if one.id == run_id), None)
    at_work = [one for one in open_runs if one.running and one.machine == machine]
    if run is None or run.running or run.worker is not None or len(at_work) >= limit:
        return False
    return not (run.exclusive and at_work) and not any(one.exclusive for one in at_work)


def gives_way(open_runs: Sequence[OpenRun], run_id: str, limit: int, now: float) -> bool:
    """Whether this run, which is at work, is to make room for one that waits."""
    at_work = [run for run in open_runs if run.running]
    counts = Counter(run.owner for run in at_work)
    run = next((one for one in at_work if one.id == run_id), None)
    if run is None or not _can_give_way(run, MIN_SLICE_S, now):
        return False
    waiting = [one for one in queue(open_runs, now) if one.may_go_to(run.machine)]
    if not waiting:
        return False
    if run.exclusive:  # alone, it keeps all places of its machine from the others
        others = any(one.owner != run.owner for one in waiting) and _can_give_way(run, SLICE_S, now)
        return others or any(one.is_short(now) for one in waiting)
    on_machine = Counter(one.machine for one in at_work)
    if waiting[0].exclusive:  # it needs a whole machine: the one where least is at work
        emptiest = min(on_machine, key=lambda machine: (on_machine[machine], machine))
        return run.machine == emptiest and _can_give_way(run, SLICE_S, now)
    # The places that are free are taken by the first of them; the rest needs the place of somebody.
    rest = waiting[max(0, limit - on_machine[run.machine]) :]
    short = sum(one.is_short(now) for one in rest)
    if run in _first_to_go(at_work, counts, MIN_SLICE_S, now)[:short]:
        return True
    fewer = sum(not one.is_short(now) and counts[one.owner] < counts[run.owner] for one in rest)
    return run in _first_to_go(at_work, counts, SLICE_S, now)[: short + fewer] and fewer > 0


def _first_to_go(
    at_work: Sequence[OpenRun], counts: Mapping[str | None, int], min_s: float, now: float
) -> list[OpenRun]:
    """The runs that can give way: of who has most at work first, then what has worked longest in one go."""
    able = [run for run in at_work if _can_give_way(run, min_s, now)]
    return sorted(able, key=lambda run: (-counts[run.owner], -run.at_work_s(now), run.id))


def _can_give_way(run: OpenRun, min_s: float, now: float) -> bool:
    return (run.resumable or run.holdable) and not run.is_short(now) and run.at_work_s(now) >= min_s


def seconds_until(open_runs: Sequence[OpenRun], run_id: str, limit: int, now: float) -> float | None:
    """About how long a run that waits has to wait still, as far as slices say; None where it is not waiting.

    Each long one ahead takes a slice, unless it ends before.
    """
    waiting = queue(open_runs, now)
    place = next((place for place, run in enumerate(waiting) if run.id == run_id), None)
    if place is None:
        return None
    ahead = sum(SHORT_S if run.is_short(now) else SLICE_S for run in waiting[:place])
    slices = (SLICE_S - run.at_work_s(now) for run in open_runs if run.running)
    machines = max(1, len({run.machine for run in open_runs if run.running}))
    return max(0.0, min(slices, default=0.0)) + ahead / (limit * machines)


# --- what they are read from ----------------------------------------------------------------------------

_COLUMNS = (
    *(runs.c.id, runs.c.owner, runs.c.created_at, runs.c.status, runs.c.exclusive, runs.c.worker),
    *(
        runs.c.expected_short,
        runs.c.resumable,
        runs.c.holdable,
        runs.c.claimed_at,
        runs.c.worked_s,
        runs.c.served_at,
    ),
    sa.func.coalesce(runs.c.turn_at, runs.c.queued_at).label("turn_at"),
)
_OPEN = sa.select(*_COLUMNS).where(runs.c.status.in_((QUEUED, RUNNING)), ~runs.c.immediate)


def open_runs(connection: sa.Connection) -> list[OpenRun]:
    """All that wait or are at work, without immediate ones.

    While the server is drained none waits that no worker holds: nobody starts one, or makes room for it.
    """
    found = []
    drained = is_drained(connection)
    for row in connection.execute(_OPEN).mappings():
        columns = dict(row)
        run = OpenRun(running=columns.pop("status") == RUNNING, **columns)
        if run.running or run.worker or not drained:
            found.append(run)
    return found


def next_immediate(connection: sa.Connection, limit: int, machine: str) -> str | None:
    """The first immediate run that waits, None while `limit` of them are running on this machine."""
    waiting = sa.select(runs.c.id).where(runs.c.immediate, runs.c.status == QUEUED)
    head = connection.execute(waiting.order_by(runs.c.queued_at).limit(1)).scalar()
    return head if head and _immediate_at_work(connection, machine) < limit else None


def immediate_waiting(connection: sa.Connection) -> list[str]:
    """The immediate runs that wait, first come first."""
    waiting = sa.select(runs.c.id).where(runs.c.immediate, runs.c.status == QUEUED)
    return [*connection.execute(waiting.order_by(runs.c.queued_at)).scalars()]


def next_in_queue(
    connection: sa.Connection, limit: int, held: str | None, now: float, machine: str
) -> str | None:
    """next_run() of what the store has now; a benchmark also waits for immediate runs that are at work."""
    known = open_runs(connection)
    head = next_run(known, limit, now, held, machine)
    return None if head and _waits_for_immediate(connection, known, head, machine) else head


def placed_may_start(
    connection: sa.Connection, run_id: str, immediate: bool, limit: int, machine: str
) -> bool:
    """may_start() of what the store has now, also for an immediate run."""
    if immediate:
        waits = (runs.c.id == run_id, runs.c.status == QUEUED, runs.c.worker.is_(None))
        waiting = connection.execute(sa.select(runs.c.id).where(*waits)).first() is not None
        return waiting and _immediate_at_work(connection, machine) < limit
    known = open_runs(connection)
    may = may_start(known, run_id, limit, machine)
    return may and not _waits_for_immediate(connection, known, run_id, machine)


def _waits_for_immediate(
    connection: sa.Connection, known: Sequence[OpenRun], run_id: str, machine: str
) -> bool:
    exclusive = any(run.id == run_id and run.exclusive for run in known)
    return exclusive and _immediate_at_work(connection, machine) > 0


def _immediate_at_work(connection: sa.Connection, machine: str) -> int:
    workers = sa.select(runs.c.worker).where(runs.c.immediate, runs.c.status == RUNNING)
    return sum(machine_of(worker) == machine for worker in connection.execute(workers).scalars())


def take_turn(connection: sa.Connection, run_id: str, now: float) -> None:
    """A turn of this run's owner begins or ends: what else the owner has waiting comes after all others."""
    owner = sa.select(runs.c.owner).where(runs.c.id == run_id).scalar_subquery()
    theirs = (runs.c.owner.is_not_distinct_from(owner), runs.c.status.in_((QUEUED, PAUSED)))
    connection.execute(runs.update().where(*theirs).values(turn_at=now))
