"""Of many long drawings few are made at a time, and short ones never wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from dashboard.live.turns import LONG_S, Turns
from tests.waiting import wait_until


class Drawings:
    """Drawings in threads of their own, each of which lasts until it is let go."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.begun, self.ended = turns, list[str](), list[str]()
        self._hold: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def ask(self, name: str, what: str = "train") -> None:
        hold = self._hold[name] = threading.Event()

        def draw() -> None:
            with self.turns.turn(what):
                self.begun.append(name)
                assert hold.wait(60)
                self.ended.append(name)

        before = self.turns.waiting + len(self.begun)
        thread = threading.Thread(target=draw, daemon=True)
        thread.start()
        self._threads.append(thread)
        wait_until(lambda: self.turns.waiting + len(self.begun) > before)

    def let_go(self, name: str) -> None:
        self._hold[name].set()
        wait_until(lambda: name in self.ended)

    def finish(self) -> None:
        for hold in self._hold.values():
            hold.set()
        for thread in self._threads:
            thread.join(60)


class Clock:
    now = 1000.0


def costing(costs: dict[str, float], clock: Callable[[], float]) -> Turns:
    """Turns that know what these drawings cost."""
    spent = 0.0
    turns = Turns(1, clock, lambda: spent)
    for what, cost in costs.items():
        with turns.turn(what):
            spent += cost
    return turns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def drawings(clock: Clock) -> Drawings:
    return Drawings(costing({"train": 0.1, "cheaper": 0.06, "curves": LONG_S / 2}, lambda: clock.now))


def test_long_drawings_come_one_after_the_other_and_short_ones_at_once(drawings: Drawings) -> None:
    drawings.ask("first")
    drawings.ask("second")
    drawings.ask("third")
    assert drawings.begun == ["first"]
    drawings.ask("slider", "curves")
    assert drawings.begun == ["first", "slider"]
    drawings.let_go("first")
    wait_until(lambda: "second" in drawings.begun)
    assert "third" not in drawings.begun
    drawings.finish()
    assert drawings.begun == ["first", "slider", "second", "third"]


def test_what_costs_less_comes_first_though_not_for_ever(drawings: Drawings, clock: Clock) -> None:
    drawings.ask("first")
    drawings.ask("dear")
    clock.now += 0.4  # within the first one's turn
    drawings.ask("cheap", "cheaper")
    drawings.let_go("first")
    wait_until(lambda: len(drawings.begun) == 2)
    assert drawings.begun == ["first", "cheap"]
    drawings.finish()

    drawings = Drawings(drawings.turns)
    drawings.ask("first")
    drawings.ask("dear")
    clock.now += 15
    drawings.ask("second")  # since the first has had its turn for too long, the one that waits begins
    wait_until(lambda: len(drawings.begun) == 2)
    drawings.ask("cheap", "cheaper")
    drawings.let_go("dear")
    wait_until(lambda: len(drawings.begun) == 3)
    drawings.finish()
    assert drawings.begun[:2] == ["first", "dear"]
    assert sorted(drawings.begun[2:]) == ["cheap", "second"]


def test_who_holds_a_turn_for_long_holds_nobody_up() -> None:
    drawings = Drawings(costing({"train": 0.1}, time.monotonic))
    drawings.ask("waits for a store that is locked")
    drawings.ask("next")
    wait_until(lambda: "next" in drawings.begun)
    assert drawings.ended == []
    drawings.finish()


def test_a_part_of_a_page_is_drawn_within_the_turn_of_the_page(drawings: Drawings) -> None:
    turns = drawings.turns
    with turns.turn("train"), turns.turn("train"):
        drawings.ask("other")
        assert drawings.begun == []
    wait_until(lambda: drawings.begun == ["other"])
    drawings.finish()


def test_a_drawing_that_waits_for_something_else_gives_up_its_turn(drawings: Drawings) -> None:
    with drawings.turns.turn("train"):
        drawings.ask("next")
        drawings.turns.give_up()
        wait_until(lambda: drawings.begun == ["next"])
        drawings.ask("third")
        drawings.turns.give_up()  # it is another's turn now
        assert drawings.begun == ["next"]
    drawings.finish()


def test_a_drawing_that_fails_ends_its_turn(drawings: Drawings) -> None:
    with pytest.raises(ZeroDivisionError), drawings.turns.turn("train"):
        _ = 1 / 0
    drawings.ask("next")
    assert drawings.begun == ["next"]
    drawings.finish()


def test_none_of_many_is_forgotten() -> None:
    turns, done = Turns(), list[int]()

    def draw(number: int) -> None:
        with turns.turn(f"kind {number % 3}"):
            done.append(number)

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == [*range(200)]
    assert turns.waiting == 0


def test_two_are_made_together() -> None:
    drawings = Drawings(Turns(2, lambda: 1000.0))  # a clock that stands: no turn is over by itself
    for name in ("first", "second", "third"):
        drawings.ask(name)
    assert drawings.begun == ["first", "second"]
    drawings.let_go("second")
    wait_until(lambda: drawings.begun == ["first", "second", "third"])
    drawings.finish()
