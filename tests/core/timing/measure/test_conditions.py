"""What goes on beside a measurement is seen, and what contaminates a figure is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.devices import Mark, usable_cores
from core.events import event_record
from core.timing.measure import conditions
from core.timing.measure.conditions import Conditions, cpu_shares, observe, wait_until_quiet


def work(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


# What programs on every core that may be used take of the whole machine: little, in a small container.
TAKEN = usable_cores() / (os.cpu_count() or 1)
whole_machine = pytest.mark.skipif(TAKEN < 0.3, reason="only a small part of this machine may be used")


@contextmanager
def another_program(count: int = 1) -> Iterator[None]:
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    time.sleep(0.2)
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


@whole_machine
def test_another_program_is_seen_and_named() -> None:
    with another_program(usable_cores()):
        finish = observe("cpu")
        time.sleep(0.5)
        found = finish()
    assert found.others_share is not None
    assert found.others_share > 0.7 * TAKEN
    assert any(reason.startswith("other programs used") for reason in found.contamination)


def test_our_own_work_is_not_anothers() -> None:
    finish = observe("cpu")
    before = time.process_time()
    work(0.5)
    own_s = time.process_time() - before
    found = finish()
    everything = found.elapsed_s * (os.cpu_count() or 1)
    assert found.others_share is not None
    assert found.others_share <= 1 - own_s / everything + 0.1


def test_each_figure_is_there_or_has_its_reason() -> None:
    found = observe("cpu")()
    assert found.elapsed_s >= 0.1
    for name in (
        "others_share",
        "steal_share",
        "clock_before_mhz",
        "clock_after_mhz",
        "temperature_c",
        "power_w",
    ):
        assert (getattr(found, name) is None) == (name in found.reasons), name
    assert found.foreign_processes is None
    json.dumps(event_record(found), allow_nan=False)


@given(st.floats(0, 1e3), st.floats(0, 1e3), st.floats(0, 1e3), st.floats(0.01, 1e3))
def test_shares_are_fractions_of_all_time(
    own_s: float, others_s: float, steal_s: float, idle_s: float
) -> None:
    busy_s = own_s + others_s + steal_s
    total_s = busy_s + idle_s
    found = cpu_shares(Mark(0, 5, 9, 1, 2), Mark(1, 5 + busy_s, 9 + total_s, 1 + own_s, 2 + steal_s))
    assert found == (pytest.approx(others_s / total_s, abs=1e-6), pytest.approx(steal_s / total_s, abs=1e-6))


def test_counters_that_stand_still_give_no_share() -> None:
    assert cpu_shares(Mark(0, 5, 9, 1), Mark(1, 5, 9, 1)) is None


QUIET = Conditions("cpu", 1.0, others_share=0.02, steal_share=0.0, core_speed_change=-0.01)
QUIET_GPU = replace(QUIET, device="cuda:0", foreign_processes=0, throttle_reasons=("throttled_by_power",))


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (QUIET, None),
        (replace(QUIET, others_share=0.2), "other programs used 20% of the CPU"),
        (replace(QUIET, steal_share=0.05), "the host gave 5% of the CPU to other machines"),
        (replace(QUIET, core_speed_change=-0.2), "a core became 20% slower meanwhile"),
        (replace(QUIET, throttled_s={"throttled_by_quota": 0.3}), "the container's CPU quota ran out"),
        (replace(QUIET, throttled_s={"throttled_by_quota": 0.001}), None),
        (QUIET_GPU, None),  # at its power cap a GPU is as it should be
        (replace(QUIET_GPU, others_share=0.2, core_speed_change=-0.2), None),  # launches are hidden
        (replace(QUIET_GPU, foreign_processes=1), "1 other program used the GPU"),
        (replace(QUIET_GPU, throttle_reasons=("throttled_by_heat",)), "the clock was held down by heat"),
        (replace(QUIET_GPU, throttled_s={"throttled_by_heat": 0.5}), "the clock was held down by heat"),
        (replace(QUIET_GPU, throttled_s={"throttled_by_power_cap": 0.9}), None),
    ],
)
def test_what_contaminates_a_figure_is_named_and_nothing_else(found: Conditions, named: str | None) -> None:
    assert list(conditions._contamination(found)) == ([named] if named else [])


OWN = 7
UNSURE = "not reported: "


@pytest.mark.parametrize(
    ("before", "after", "foreign", "listed"),
    [
        ({OWN: 90}, {OWN: 95}, 0, 0),
        ({OWN: 90, 4: 0}, {OWN: 95, 4: 0}, 0, 1),  # one that idles
        ({OWN: 90, 4: 0}, {OWN: 95, 4: 3}, 1, 1),
        ({OWN: 0, 4: 30}, {OWN: 0, 4: 30}, 1, 1),  # our own idle process hides no other
        ({OWN: None, 4: None}, {OWN: None, 4: None}, UNSURE, 1),  # a driver that gives no process's part
        ({OWN: None}, {OWN: None}, 0, 0),
        ({4: 90}, {4: 95}, 0, 0),  # in a container, where ids are the host's: it is ours
        ({4: 90, 5: 0}, {4: 95, 5: 0}, UNSURE, 1),  # ours may be the one that idles
        ({4: 90, 5: 3}, {4: 95, 5: 0}, 1, 1),
        ({4: 0, 5: 0}, {4: 0, 5: 0}, 0, 1),
        ("not reported: Not Supported", "not reported: Not Supported", UNSURE, None),
        ("not reported: GPU is lost", {OWN: 5, 4: 50}, 1, 1),
    ],
)
def test_other_processes_are_those_that_are_known_to_have_used_the_gpu(
    before: object, after: object, foreign: object, listed: int | None
) -> None:
    found = conditions.foreign_processes(before, after, OWN, on_the_gpu=True)  # type: ignore[arg-type]
    if foreign == UNSURE:
        assert str(found[0]).startswith(UNSURE)
    else:
        assert found[0] == foreign
    assert found[1] == listed


SHARES = st.dictionaries(st.integers(1, 9), st.integers(0, 100), max_size=5)


@given(SHARES, SHARES, st.integers(1, 9), st.booleans())
def test_a_mark_never_counts_ours_and_never_loses_a_certain_other(
    before: dict[int, int], after: dict[int, int], ours: int, in_a_container: bool
) -> None:
    before, after = before | {ours: before.get(ours, 0)}, after | {ours: after.get(ours, 0)}
    busy = {pid for moment in (before, after) for pid, share in moment.items() if share and pid != ours}
    found, listed = conditions.foreign_processes(before, after, 10 if in_a_container else ours, True)
    assert listed == len({*before, *after} - {ours})
    if isinstance(found, str):
        assert in_a_container
    elif in_a_container:
        assert len(busy) - 1 <= found <= len(busy)
        assert bool(found) <= bool(busy)
    else:
        assert found == len(busy)


@whole_machine
def test_waiting_ends_at_its_limit_and_says_what_still_disturbs() -> None:
    with another_program(usable_cores()):
        answer = list(wait_until_quiet("cpu", 0.5))
    assert any(reason.startswith("other programs used") for reason in answer[-1])


def test_waiting_ends_after_a_quiet_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "_contamination", lambda found: iter(()))
    monkeypatch.setattr(conditions, "_QUIET_S", 0.3)
    answer = list(wait_until_quiet("cpu", 30.0))
    assert answer[-1] == ()
    assert all(reasons == ("waiting for a quiet second",) for reasons in answer[:-1])
