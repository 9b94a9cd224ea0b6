"""The program's time while cards are simulated: what the cards take is waited for in no time at all."""

from __future__ import annotations

import time
from ctypes import CDLL


def put_in_place(card: CDLL) -> None:
    """From now on time.perf_counter and time.thread_time leave out what a kernel takes to be computed here."""
    real_thread_s, real_s = time.thread_time, time.perf_counter
    now_s = card.simulated_now_s

    def thread_s() -> float:
        return real_thread_s() + min(0.0, now_s() - real_s())

    time.perf_counter = now_s
    time.perf_counter_ns = lambda: round(now_s() * 1e9)
    time.thread_time = thread_s
    time.thread_time_ns = lambda: round(thread_s() * 1e9)
