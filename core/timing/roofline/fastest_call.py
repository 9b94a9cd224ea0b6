"""How long the fastest of a few calls takes, also on a machine that others use."""

from __future__ import annotations

import math
import statistics
import time

import torch

from core.timing.measure.timers import Operation, Timer, timer_for

# An operation is called until this time is up, twice at least.
LOOK_S, MIN_CALLS = 0.01, 2
# A clock of processor time that is coarser than this is of no use here.
_PRECISE_S = 1e-6
# A call had its core to itself where processor time is this fraction of the time on the wall, or more.
_UNDISTURBED = 0.99


def fastest_call_s(operation: Operation, timer: Timer) -> float:
    """Seconds of the fastest of a few calls; on a timer of processor time, of those that can be believed."""
    if timer is processor_time:
        return _fastest_on_one_thread_s(operation)
    spent_s, fastest_s, calls = 0.0, math.inf, 0
    while calls < MIN_CALLS or spent_s < LOOK_S:
        taken_s = timer(operation, 1)
        spent_s += taken_s
        if taken_s > 0:  # what took no time by the clock was not measured
            fastest_s = min(fastest_s, taken_s)
            calls += 1
    return fastest_s


def steady_timer(device: str) -> Timer:
    """The device's timer; on one CPU thread that thread's own processor time.

    It stands still while another program has the core. A long product never runs undisturbed on a busy
    machine, and short ones would look faster only for being short. Several threads wait for each other, which
    processor time does not tell, so there the clock on the wall counts.
    """
    precise = time.get_clock_info("thread_time").resolution <= _PRECISE_S
    if torch.device(device).type == "cpu" and torch.get_num_threads() == 1 and precise:
        return processor_time
    return timer_for(device)


def processor_time(operation: Operation, repeats: int) -> float:
    """A timer: what a block of calls takes this thread, without what other programs had of its core."""
    start = time.thread_time_ns()
    for _ in range(repeats):
        operation()
    return (time.thread_time_ns() - start) / 1e9


def _fastest_on_one_thread_s(operation: Operation) -> float:
    """By both clocks, since processor time alone can be far too short.

    The kernel of a virtual machine subtracts the time that the host gave to others, and may learn of it only
    later: then it is missing from another call, down to nothing. Where processor time, read around the other
    clock, is as long, nobody had the core in between, and the fastest such call counts. Where there is none,
    the median does.
    """
    undisturbed_s: list[float] = []
    processor_s: list[float] = []
    spent_s = 0.0
    while len(processor_s) < MIN_CALLS or spent_s < LOOK_S:
        thread_began, began = time.thread_time_ns(), time.perf_counter_ns()
        operation()
        wall, thread = time.perf_counter_ns() - began, time.thread_time_ns() - thread_began
        spent_s += wall / 1e9
        if thread > 0:
            processor_s.append(thread / 1e9)
            if wall > 0 and thread >= _UNDISTURBED * wall:
                undisturbed_s.append(wall / 1e9)
    return min(undisturbed_s) if undisturbed_s else statistics.median(processor_s)
