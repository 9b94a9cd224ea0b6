"""The order of the queue as its rules promise it, for arrivals of all kinds, played through on a clock of its
own: nobody waits for ever, no limit is exceeded, who has fewest at work comes first, short ones wait little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from core.runs.scheduling import (
    LONG_TURN_S,
    MIN_SLICE_S,
    SHORT_S,
    SLICE_S,
    OpenRun,
    gives_way,
    next_run,
    queue,
    seconds_until,
)

TICK_S = 0.25
END_S = 60.0


@dataclass(frozen=True)
class Arrival:
    """A run that comes at a time and needs so much work."""

    at: float
    owner: str
    work_s: float
    exclusive: bool = False
    resumable: bool = True
    expected_short: bool | None = None  # as its work says, where nobody lies

    def as_run(self, name: str) -> OpenRun:
        short = self.work_s <= SHORT_S if self.expected_short is None else self.expected_short
        return OpenRun(
            name,
            self.owner,
            created_at=self.at,
            turn_at=self.at,
            exclusive=self.exclusive,
            expected_short=short and not self.exclusive,
            resumable=self.resumable and not self.exclusive,
        )


@dataclass
class Played:
    """A server that is played through; what happened to each run, by its name."""

    limit: int
    runs: dict[str, OpenRun] = field(default_factory=dict)
    left_s: dict[str, float] = field(default_factory=dict)
    came_at: dict[str, float] = field(default_factory=dict)
    started_at: dict[str, float] = field(default_factory=dict)
    ended_at: dict[str, float] = field(default_factory=dict)
    claims: int = 0

    def play(self, arrivals: Sequence[Arrival], until_s: float, now: float = 0.0) -> Played:
        """From now until then, or until all have ended."""
        coming = sorted(enumerate(arrivals), key=lambda one: one[1].at)
        while now < until_s and (coming or self.runs):
            while coming and coming[0][1].at <= now:
                number, arrival = coming.pop(0)
                name = f"{number:05}"
                self.runs[name], self.left_s[name] = arrival.as_run(name), arrival.work_s
                self.came_at[name] = arrival.at
            self._work(now)
            self._give_way(now)
            self._claim(now)
            now += TICK_S
        return self

    def at_work(self) -> list[OpenRun]:
        return [run for run in self.runs.values() if run.running]

    def _work(self, now: float) -> None:
        for run in self.at_work():
            self.left_s[run.id] -= TICK_S
            if self.left_s[run.id] <= 0:
                self.ended_at[run.id] = now
                del self.runs[run.id]

    def _give_way(self, now: float) -> None:
        open_runs = [*self.runs.values()]
        for run in self.at_work():
            if gives_way(open_runs, run.id, self.limit, now):
                assert run.resumable
                assert run.claimed_at is not None
                assert now - run.claimed_at >= MIN_SLICE_S
                assert any(not other.running for other in open_runs), "it gave way to nobody"
                waits = replace(run, running=False, worker=None, worked_s=run.worked(now), claimed_at=None)
                self.runs[run.id] = waits
                self._take_turn(run.owner, now)

    def _claim(self, now: float) -> None:
        while head := next_run([*self.runs.values()], self.limit, now):
            self._check_order(self.runs[head], now)
            chosen = self.runs[head]
            self.runs[head] = replace(chosen, running=True, worker=head, claimed_at=now, served_at=now)
            self.started_at.setdefault(head, now)
            self.claims += 1
            self._take_turn(self.runs[head].owner, now)
            running = self.at_work()
            assert len(running) <= self.limit
            assert len(running) == 1 or not any(run.exclusive for run in running)

    def _take_turn(self, owner: str | None, now: float) -> None:
        for run in self.runs.values():
            if run.owner == owner and not run.running:
                self.runs[run.id] = replace(run, turn_at=now)

    def _check_order(self, head: OpenRun, now: float) -> None:
        """Of those that could have come in its place, nobody with as short a run has fewer at work."""
        counts = Counter(run.owner for run in self.at_work())
        alike = [
            run for run in self.runs.values() if not run.running and run.is_short(now) == head.is_short(now)
        ]
        assert counts[head.owner] == min(counts[run.owner] for run in alike)


def arrivals(max_work_s: float = 60.0) -> st.SearchStrategy[Arrival]:
    return st.builds(
        Arrival,
        at=st.floats(0, 60),
        owner=st.sampled_from("abcde"),
        work_s=st.floats(0.1, max_work_s),
        exclusive=st.booleans() if max_work_s < 30 else st.just(False),
        resumable=st.booleans(),
        expected_short=st.none() | st.booleans(),
    )


@given(st.lists(arrivals(), max_size=12), st.lists(arrivals(20.0), max_size=4), st.integers(1, 4))
def test_all_runs_end_and_no_limit_is_exceeded(
    some: list[Arrival], others: list[Arrival], limit: int
) -> None:
    every = some + others
    # Each has at least a minute, even one after the other and with a pause in between.
    bound = 60 + sum(one.work_s + 2 * TICK_S for one in every) + LONG_TURN_S * len(every)
    played = Played(limit).play(every, bound)
    assert len(played.ended_at) == len(every), "somebody waits for ever"


@settings(max_examples=15)
@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), st.integers(1, 3))
def test_nobody_waits_for_ever_for_short_ones_that_never_stop_coming(owners: list[str], limit: int) -> None:
    """Strangers bring more short runs than there is time for; each long one still has its turns."""
    long = [Arrival(0.0, owner, 30.0) for owner in owners]
    flood = [Arrival(number * 0.8 / limit, f"stranger {number}", 1.0) for number in range(75 * limit)]
    played = Played(limit).play(long + flood, END_S)
    turns = [run.served_at for run in played.runs.values() if run.owner in owners and run.served_at]
    assert turns or len(played.ended_at) >= len(long)
    last = max(turns, default=END_S)
    assert last >= END_S - LONG_TURN_S - SHORT_S - 2 * TICK_S, "no long one has had a turn for long"


@settings(max_examples=40)
@given(st.integers(1, 30), st.integers(1, 4), st.floats(0, 200), st.integers(0, 2))
def test_a_short_run_starts_soon_however_many_hours_others_have_queued(
    owners: int, limit: int, came_at: float, own: int
) -> None:
    long = [Arrival(0.1 * number, f"owner {number}", 3600.0) for number in range(owners)]
    long += [Arrival(0.0, "me", 3600.0)] * own
    played = Played(limit).play([*long, Arrival(came_at, "me", 0.5)], came_at + 5)
    name = f"{len(long):05}"
    assert played.started_at[name] - came_at <= MIN_SLICE_S + 2 * TICK_S


@settings(max_examples=15)
@given(st.lists(st.integers(1, 4), min_size=2, max_size=5), st.integers(1, 3))
def test_owners_have_equal_shares_however_many_runs_each_has_queued(each: list[int], limit: int) -> None:
    """With more owners than places, nobody has more of the machine than another, up to some slices."""
    long = [
        Arrival(0.0, f"owner {number}", 10_000.0) for number, count in enumerate(each) for _ in range(count)
    ]
    rounds = 5
    until = rounds * (SLICE_S + TICK_S) * len(each)
    played = Played(limit).play(long, until)
    names = [f"owner {number}" for number in range(len(each))]
    runs = played.runs.values()
    had = [sum(run.worked(until) for run in runs if run.owner == name) for name in names]
    if len(each) >= limit:
        assert max(had) - min(had) <= 2 * (SLICE_S + TICK_S), had


def waiting(name: str, owner: str, **more: object) -> OpenRun:
    return OpenRun(name, owner, created_at=float(name), turn_at=float(name), **more)  # type: ignore[arg-type]


def test_the_order_is_short_first_then_fewest_at_work_then_first_come() -> None:
    busy = waiting("0", "a", running=True, claimed_at=9.0, resumable=True)
    runs = [
        busy,
        waiting("1", "a"),
        waiting("2", "b"),
        waiting("3", "c"),
        waiting("4", "a", expected_short=True),
    ]
    assert [run.id for run in queue(runs, 10.0)] == ["4", "2", "3", "1"]
    # What was expected to be short and was not is so no longer.
    runs[-1] = replace(runs[-1], worked_s=SLICE_S)
    assert [run.id for run in queue(runs, 10.0)] == ["2", "3", "1", "4"]


def test_a_run_gives_way_to_another_owner_after_its_slice_and_to_a_short_one_before() -> None:
    busy = waiting("0", "a", running=True, claimed_at=100.0, resumable=True)
    own, other = waiting("1", "a"), waiting("2", "b")
    short = waiting("3", "a", expected_short=True)

    def when(*others: OpenRun) -> list[bool]:
        ages = (MIN_SLICE_S - 0.1, MIN_SLICE_S, SLICE_S - 0.1, SLICE_S)
        return [gives_way([busy, *others], "0", 1, 100.0 + age) for age in ages]

    assert when() == [False] * 4
    assert when(own) == [False] * 4, "a person's own long runs come one after the other"
    assert when(other) == [False, False, False, True]
    assert when(short) == [False, True, True, True]
    assert when(waiting("4", "a", exclusive=True)) == [False, False, False, True]
    assert not gives_way([busy, other], "0", 2, 200.0), "there is a free place"
    assert not gives_way([replace(busy, resumable=False), short], "0", 1, 200.0)


def test_only_as_many_give_way_as_are_waited_for_and_first_who_has_most() -> None:
    busy = [
        waiting(f"{number}", owner, running=True, claimed_at=100.0 - number, resumable=True)
        for number, owner in enumerate("aab")
    ]
    wants = waiting("9", "c")
    assert [gives_way([*busy, wants], run.id, 3, 120.0) for run in busy] == [False, True, False]


def test_how_long_it_takes_until_a_turn_counts_the_slices_ahead() -> None:
    busy = waiting("0", "a", running=True, claimed_at=100.0, resumable=True)
    runs = [busy, waiting("3", "d", expected_short=True), waiting("101", "b"), waiting("102", "c")]
    assert seconds_until(runs, "3", 1, 104.0) == SLICE_S - 4
    assert seconds_until(runs, "102", 1, 104.0) == SLICE_S - 4 + SLICE_S + SHORT_S
    assert seconds_until(runs, "0", 1, 104.0) is None


# --- several machines, one queue ------------------------------------------------------------------------


def of_machine(name: str, run: OpenRun) -> OpenRun:
    return replace(run, worker=f"{name}/1/0.00")


def in_queue(name: str, **settings: bool) -> OpenRun:
    return replace(Arrival(0.0, "mia", 60.0).as_run(name), **settings)  # type: ignore[arg-type]


def at_work(name: str, machine: str, since: float = 0.0) -> OpenRun:
    return of_machine(machine, replace(in_queue(name), running=True, claimed_at=since))


def test_the_limit_and_being_alone_are_of_each_machine() -> None:
    open_runs = [at_work("1", "a"), in_queue("2")]
    assert next_run(open_runs, 1, 100.0, machine="a") is None
    assert next_run(open_runs, 1, 100.0, machine="b") == "2"
    alone = [at_work("1", "a"), in_queue("2", exclusive=True)]
    assert next_run(alone, 2, 100.0, machine="a") is None
    assert next_run(alone, 2, 100.0, machine="b") == "2"


def test_a_paused_run_stays_where_it_is_held_and_keeps_no_other_machine_in_queue() -> None:
    held = of_machine("a", replace(in_queue("1"), turn_at=-1.0))
    open_runs = [held, in_queue("2")]
    assert next_run(open_runs, 1, 1.0, machine="b") == "2"
    assert next_run(open_runs, 1, 1.0, machine="a") is None, "its own worker takes it"
    assert next_run(open_runs, 1, 1.0, held="1", machine="a") == "1"
    at_b = at_work("3", "b")
    assert not gives_way([held, at_b], "3", 1, 100.0), "it would give way to nobody"


def test_for_one_that_waits_one_machine_makes_room_and_not_all() -> None:
    other = replace(in_queue("4"), owner="noah")
    busy = [at_work("1", "a", 2.0), at_work("2", "b", 1.0), at_work("3", "c", 3.0)]
    assert [gives_way([*busy, other], run.id, 1, 100.0) for run in busy] == [False, True, False]
    alone = replace(other, exclusive=True, resumable=False)
    more = [*busy, at_work("5", "a"), at_work("6", "b")]
    assert [gives_way([*more, alone], run.id, 2, 100.0) for run in more] == [False, False, True, False, False]


def test_with_more_machines_the_wait_is_shorter() -> None:
    later = [replace(in_queue(str(number)), created_at=number) for number in range(10, 14)]
    one = [at_work("1", "a", 100.0)]
    two = [*one, at_work("2", "b", 100.0)]
    assert seconds_until([*one, *later], "12", 1, 100.0) == SLICE_S + 2 * SLICE_S
    assert seconds_until([*two, *later], "12", 1, 100.0) == SLICE_S + 2 * SLICE_S / 2
