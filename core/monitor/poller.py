"""One poller for all who look: it reads each source in a thread of its own, and keeps the last hour.

A driver may hang for ever in a call. Then its thread waits, the other sources are read all the same, and
whoever asks hears for how long there was no answer.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from core.devices import asking
from core.monitor.figures import HISTORY
from core.monitor.history import KEPT_S, History, Sample
from core.monitor.sources import AcceleratorSource, CpuSource, Snapshot, Source

EVERY_S = 1.0  # while somebody looks
IDLE_EVERY_S = 10.0  # while nobody does
WATCHED_S = 15.0  # for so long after the last question
SILENT_AFTER_S = 5.0  # without an answer for longer than this and a poll, that is said


@dataclass(frozen=True)
class DeviceState:
    """A device as it was read last, and what stands against believing that it is so now."""

    snapshot: Snapshot
    at_s: float
    sequence: int
    silence: str | None  # why this is not its state now
    lost_s: float | None  # for how long its driver no longer lists it


@dataclass
class _Reader:
    """A source with what its thread does."""

    source: Source
    wake: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    first: threading.Event = field(default_factory=threading.Event)  # it was read, or the reading failed
    answered_s: float | None = None  # when it answered last
    asked_s: float | None = None  # since when it is being read; None while it is not
    failure: str | None = None  # what the last reading ended with


class Poller:
    """Reads from start() to close(). clock gives seconds from any start, and is that of all times here."""

    def __init__(
        self, sources: Sequence[Source] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock = clock
        found = (CpuSource(), AcceleratorSource(KEPT_S)) if sources is None else sources
        self._readers = [_Reader(source) for source in found]
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._watched_until_s = -math.inf
        self._started_s = -math.inf  # by time.monotonic()
        self._sequence = 0
        self._states: dict[str, DeviceState] = {}
        self._owners: dict[str, _Reader] = {}
        self._histories: dict[str, History] = {}

    # --- what those who look use ------------------------------------------------------------------------

    def watch(self) -> None:
        """Somebody looks: for the next seconds every source is read once a second."""
        was_idle = self._interval_s() > EVERY_S
        self._watched_until_s = self.clock() + WATCHED_S
        if was_idle:
            for reader in self._readers:
                reader.wake.set()

    def wait_for_first(self, seconds: float) -> None:
        """Wait until every source was read once, until so long after the start at most: one may hang."""
        until_s = self._started_s + seconds
        for reader in self._readers:
            reader.first.wait(max(0.0, until_s - time.monotonic()))

    def states(self) -> dict[str, DeviceState]:
        """Every device of the last hour, by its key, the CPU first."""
        now_s = self.clock()
        with self._lock:
            ordered = [(reader, key) for reader in self._readers for key in self._states]
            return {
                key: replace(self._states[key], silence=self._silence(reader, now_s))
                for reader, key in ordered
                if self._owners[key] is reader
            }

    def silences(self) -> list[str]:
        """A sentence for each source that does not answer, also where no device of it was ever read."""
        now_s = self.clock()
        return [found for reader in self._readers if (found := self._silence(reader, now_s))]

    def notices(self) -> list[str]:
        """Sentences on what is not here, or is and cannot be used or reached, as of the last look for it."""
        return [sentence for reader in self._readers for sentence in reader.source.notices]

    def history(self, key: str) -> History:
        """The last hour of a device; only for use within reading()."""
        return self._histories[key]

    def reading(self) -> threading.Lock:
        """While it is held nothing is added: for whoever reads a history."""
        return self._lock

    @property
    def sequence(self) -> int:
        """Of the last sample of any device."""
        return self._sequence

    @property
    def every_s(self) -> float:
        """How often it reads at present."""
        return self._interval_s()

    def _silence(self, reader: _Reader, now_s: float) -> str | None:
        """Why the last reading is no longer what is; None where it is fresh."""
        since_s = now_s - (reader.answered_s if reader.answered_s is not None else reader.asked_s or now_s)
        if since_s <= SILENT_AFTER_S + self._interval_s():
            return None
        name = reader.source.name
        why = "does not answer" if reader.asked_s is not None else "is not read"
        if reader.failure:
            why = f"cannot be read ({reader.failure})"
        return f"{name[0].upper()}{name[1:]} {why}: the last reading is {_span(since_s)} old."

    # --- reading ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to read, each source in its thread; a second call does nothing."""
        if self._started_s == -math.inf:
            self._started_s = time.monotonic()
        for reader in self._readers:
            if reader.thread is None:
                reader.thread = threading.Thread(
                    target=self._keep_reading,
                    args=(reader,),
                    daemon=True,
                    name=f"monitor {reader.source.name}",
                )
                reader.thread.start()

    def close(self) -> None:
        """End the threads; one whose driver hangs is left alone, and ends with the process."""
        self._closing.set()
        for reader in self._readers:
            reader.wake.set()
            if reader.thread is not None:
                reader.thread.join(0.5)

    def poll(self) -> None:
        """Read every source once, here and now."""
        for reader in self._readers:
            self._read(reader)

    def _keep_reading(self, reader: _Reader) -> None:
        while not self._closing.is_set():
            began_s = self.clock()
            self._read(reader)
            reader.wake.wait(max(0.05, began_s + self._interval_s() - self.clock()))
            reader.wake.clear()

    def _interval_s(self) -> float:
        return EVERY_S if self.clock() < self._watched_until_s else IDLE_EVERY_S

    def _read(self, reader: _Reader) -> None:
        reader.asked_s = self.clock()
        try:
            found = reader.source.read(reader.asked_s)
        except Exception as error:  # whatever it is: the thread must live on, and the reason is shown
            reader.failure = asking.in_words(error)
        else:
            reader.failure = None
            self._keep(reader, found)
            reader.answered_s = self.clock()
        reader.asked_s = None
        reader.first.set()

    def _keep(self, reader: _Reader, snapshots: Sequence[Snapshot]) -> None:
        now_s = self.clock()
        with self._lock:
            self._sequence += 1
            for gone in [key for key, owner in self._owners.items() if owner is reader]:
                if gone not in {snapshot.key for snapshot in snapshots}:
                    del self._owners[gone], self._states[gone], self._histories[gone]
            for snapshot in snapshots:
                key, lost_s = snapshot.key, None
                if snapshot.lost:
                    before = self._states.get(key)
                    lost_s = before.lost_s if before and before.lost_s is not None else now_s
                self._owners[key] = reader
                self._states[key] = DeviceState(snapshot, now_s, self._sequence, None, lost_s)
                values = {name: _kept(snapshot, name) for name in HISTORY if name in snapshot.readings}
                self._histories.setdefault(key, History()).add(Sample(self._sequence, now_s, values))


def _kept(snapshot: Snapshot, name: str) -> float | None:
    """Six digits are more than any sensor has, and half as long to send."""
    value = snapshot.readings[name].value
    return None if value is None else float(f"{value:.6g}")


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
