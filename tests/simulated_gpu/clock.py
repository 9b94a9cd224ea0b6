"""The program's time while cards are simulated: what the cards take is waited for in no time at all."""

from __future__ import annotations

import time
from ctypes import CDLL, c_void_p, cast


def put_in_place(card: CDLL) -> None:
    """From now on perf_counter and thread_time leave out what a kernel takes to be computed here."""
    real_thread_s, real_s = time.thread_time, time.perf_counter
    now_s = card.simulated_now_s

    def thread_s() -> float:
        return real_thread_s() + min(0.0, now_s() - real_s())

    time.perf_counter = now_s
    time.perf_counter_ns = lambda: round(now_s() * 1e9)
    time.thread_time = thread_s
    time.thread_time_ns = lambda: round(thread_s() * 1e9)


def give_to_driver(card: CDLL) -> None:
    """The counters of the simulated driver go on by the program's time as well; memory is the cards' own."""
    driver = CDLL("libnvidia-ml.so.1")
    for name, function in (("clock", card.simulated_now_s), ("memory", card.simulated_memory)):
        pointer = c_void_p.in_dll(driver, f"{name}_of_a_simulated_card")
        pointer.value = cast(function, c_void_p).value
