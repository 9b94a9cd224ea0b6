"""One poller for all who look: how often it reads, and what it does with a source that fails or hangs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from core.devices import Device, Reading
from core.monitor import poller as polling
from core.monitor.poller import EVERY_S, IDLE_EVERY_S, WATCHED_S, Poller
from core.monitor.records import answer
from core.monitor.sources import Snapshot
from tests.waiting import wait_until


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Counting:
    """A source of one device whose load is the number of readings."""

    name: str = "the source"
    key: str = "cpu"
    notices: tuple[str, ...] = ()
    reads: int = 0
    error: Exception | None = None
    hangs: threading.Event = field(default_factory=threading.Event)  # until it is set, where waits is True
    waits: bool = False

    def read(self, now_s: float) -> list[Snapshot]:
        self.reads += 1
        if self.waits:
            self.hangs.wait(60)
        if self.error is not None:
            raise self.error
        readings = {"utilisation": Reading("utilisation", float(self.reads), "%")}
        return [Snapshot(self.key, Device(self.key, "A device", "cpu"), readings)]


def test_however_many_look_it_reads_at_its_own_pace() -> None:
    source, clock = Counting(), Clock()
    poller = Poller([source], clock)
    poller.poll()
    answers = [answer(poller) for _ in range(200) if not poller.watch()]
    assert source.reads == 1
    assert all(one["devices"] == answers[0]["devices"] for one in answers)


def test_it_reads_once_a_second_while_somebody_looks_and_seldom_otherwise() -> None:
    clock = Clock()
    poller = Poller([Counting()], clock)
    assert poller.every_s == IDLE_EVERY_S
    poller.watch()
    assert poller.every_s == EVERY_S
    clock.now_s += WATCHED_S + 0.1
    assert poller.every_s == IDLE_EVERY_S


def test_the_first_who_looks_does_not_wait_for_the_idle_pace() -> None:
    source = Counting()
    poller = Poller([source])
    poller.start()
    wait_until(lambda: source.reads == 1)
    poller.watch()
    wait_until(lambda: source.reads >= 2)
    poller.close()


def test_a_source_that_fails_is_asked_again_and_its_last_reading_says_how_old_it_is() -> None:
    source, clock = Counting(), Clock()
    poller = Poller([source], clock)
    poller.poll()
    source.error = OSError("the sensor burned down")
    clock.now_s += 40
    poller.poll()
    (record,) = answer(poller)["devices"]
    assert record["readings"]["utilisation"] == 1
    assert record["silence"] == (
        "The source cannot be read (the sensor burned down): the last reading is 40 s old."
    )
    source.error = None
    poller.poll()
    (record,) = answer(poller)["devices"]
    assert (record["silence"], record["readings"]["utilisation"]) == (None, 3)


def test_a_driver_that_hangs_stops_no_other_source_and_is_reported() -> None:
    hanging, other = Counting("the driver", "GPU-1", waits=True), Counting()
    clock = Clock()
    poller = Poller([other, hanging], clock)
    poller.start()
    wait_until(lambda: hanging.reads == 1 and other.reads == 1)
    poller.watch()
    wait_until(lambda: other.reads >= 2)
    clock.now_s += 10
    assert "The driver does not answer: the last reading is 10 s old." in poller.silences()
    assert list(poller.states()) == ["cpu"]
    hanging.hangs.set()
    wait_until(lambda: "GPU-1" in poller.states())
    poller.close()


def test_who_has_the_last_sample_gets_the_newer_ones_alone() -> None:
    source, clock = Counting(), Clock()
    poller = Poller([source], clock)
    for _ in range(3):
        poller.poll()
        clock.now_s += 1
    whole = answer(poller)
    assert (whole["whole"], whole["sequence"]) == (True, 3)
    assert whole["devices"][0]["recent"]["figures"]["utilisation"] == [1, 2, 3]
    poller.poll()
    newer = answer(poller, after=whole["sequence"])
    assert not newer["whole"]
    assert newer["devices"][0]["recent"]["figures"]["utilisation"] == [4]
    clock.now_s += polling.KEPT_S
    poller.poll()
    assert answer(poller, after=3)["whole"]  # what came after that has been thinned since
