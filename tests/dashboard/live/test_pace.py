"""Pages of open runs are drawn as often as their share of a core allows, whoever asks."""

from __future__ import annotations

import pytest

from dashboard.live.pace import (
    BESIDE,
    GONE_S,
    HALF_S,
    MAX_PAGES,
    MAX_SHARED_S,
    MAX_WAIT_S,
    MIN_S,
    SHARE,
    Pace,
)


class Clock:
    """Seconds of wall time and of CPU that pass when the test says so."""

    now = cpu = 1000.0


def simulate(pages: int, cost_s: float, seconds: float = 60.0) -> tuple[float, float, float]:
    """Pages that all ask together from the first moment, as after a teacher's "now look".

    Returns the cores that drawings take in the second half, and the shortest and longest time between two
    drawings of a page there.
    """
    clock = Clock()
    pace = Pace(lambda: clock.now, lambda: clock.cpu)
    drawn_at = dict.fromkeys(map(str, range(pages)), 1000.0)
    asks_at = dict.fromkeys(drawn_at, 1000.8)
    spent, between = 0.0, []
    while clock.now < 1000 + seconds:
        clock.now += 0.02
        for page in [page for page, at in asks_at.items() if at <= clock.now]:
            wait_s = pace.wait_s(page, clock.now - drawn_at[page])
            if wait_s:
                asks_at[page] = clock.now + wait_s
                continue
            with pace.drawing():
                clock.cpu += cost_s
            if clock.now > 1000 + seconds / 2:
                spent += BESIDE * cost_s
                between.append(clock.now - drawn_at[page])
            drawn_at[page], asks_at[page] = clock.now, clock.now + 0.8
    return spent / (seconds / 2), min(between), max(between)


def test_one_who_looks_alone_sees_each_change() -> None:
    _, shortest, longest = simulate(1, cost_s=0.02)
    assert shortest == pytest.approx(MIN_S, abs=0.03)
    assert longest == pytest.approx(MIN_S, abs=0.03)


@pytest.mark.parametrize("pages", [50, 200, 1000])
def test_many_share_what_there_is_and_nobody_is_forgotten(pages: int) -> None:
    cores, _, longest = simulate(pages, cost_s=0.01, seconds=200)
    assert cores <= 1.05 * SHARE
    fair_s = max(MIN_S, pages * BESIDE * 0.01 / SHARE)
    assert longest < 1.2 * fair_s + MIN_S


def test_pages_that_are_gone_are_not_waited_for() -> None:
    clock = Clock()
    pace = Pace(lambda: clock.now, lambda: clock.cpu)
    for n in range(MAX_PAGES + 10):  # made-up names neither fill the memory nor keep others waiting for ever
        pace.wait_s(str(n), 5.0)
    assert len(pace._numbers) <= MAX_PAGES
    assert pace.shared_s == MAX_SHARED_S
    clock.now += 2 * GONE_S
    pace.wait_s("somebody", 5.0)
    assert len(pace._asked) == 1
    waited = 0.0
    while (wait_s := pace.wait_s("somebody", 5.0)) > 0:
        waited += wait_s
        clock.now += wait_s
    assert waited <= MAX_WAIT_S + 1
    assert pace.shared_s == 0.0  # alone: nothing is shared with anybody


def test_where_others_have_the_processor_drawings_do_not_pile_up() -> None:
    clock = Clock()
    pace = Pace(lambda: clock.now, lambda: clock.cpu)
    for _ in range(30):
        with pace.drawing():
            clock.cpu += 0.01
            clock.now += 2.0  # of which the server has worked for 10 ms
    pages = [str(page) for page in range(10)]
    assert sum(pace.wait_s(page, 5.0) == 0 for page in pages) == 1
    clock.now += 2.0
    assert sum(pace.wait_s(page, 5.0) == 0 for page in pages[1:]) <= 2  # one each 2 s
    let_in: set[str] = set()
    for _ in range(100):  # the others have ended: soon it is as fast as ever
        clock.now += HALF_S / 30
        let_in |= {page for page in pages if page not in let_in and pace.wait_s(page, 5.0) == 0}
    assert len(let_in) == len(pages)
