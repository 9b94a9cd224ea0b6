"""When each snapshot of a training is drawn."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from core.events import Picture
from core.training.learners.learner import Learner
from core.training.snapshots.catalogue import SNAPSHOTS, selected
from core.training.stopwatch import Stopwatch

# All pictures together take at most this fraction of the time: an expensive one comes so much more seldom.
MAX_TIME_FRACTION = 0.03
# Or so much of a run, of one that is over in a second: more of it is to be seen than its end. The first part
# of it is for the start.
FREE_S, FREE_AT_START = 0.25, 0.3
# After the first picture at most so long a pause: it also took the time to load what draws it, which says
# nothing of the next one.
FIRST_PAUSE_S = 2.0


class SnapshotSchedule:
    """The selected snapshots of one training, in the catalogue's order, each with the time when it is due."""

    def __init__(self, learner: Learner, watch: Stopwatch, outside_film: Collection[str] = ()) -> None:
        """outside_film: keys of snapshots of which only the newest is to be kept."""
        keys = [key for key in SNAPSHOTS if key in selected(learner.config)]
        self._watch, self._outside_film = watch, outside_film
        self._of_data = [drawing(key)(learner) for key in keys if SNAPSHOTS[key].once]
        self._repeated = [drawing(key)(learner) for key in keys if not SNAPSHOTS[key].once]
        self._next_s = [0.0 for _ in self._repeated]
        self._measured = [False for _ in self._repeated]
        self._spent_s = 0.0

    def of_data(self) -> Iterator[Picture]:
        """Pictures of the data, which stay as they are."""
        for snapshots in self._of_data:
            yield from self._now(snapshots)

    def pictures(self) -> Iterator[Picture]:
        """Every other picture, of this moment."""
        for snapshots in self._repeated:
            yield from self._now(snapshots)

    def due(self, part_done: float = 0.0) -> Iterator[Picture]:
        """Those for which it is time, by how long each took the last time; part_done: of the training."""
        all_free = self._spent_s < FREE_S * (FREE_AT_START + (1 - FREE_AT_START) * part_done)
        for number, snapshots in enumerate(self._repeated):
            began_s = self._watch.elapsed_s()
            if all_free or began_s >= self._next_s[number]:
                yield from self._now(snapshots)
                now_s = self._watch.elapsed_s()
                self._spent_s += now_s - began_s
                pause_s = (now_s - began_s) * len(self._repeated) / MAX_TIME_FRACTION
                if not self._measured[number]:
                    self._measured[number], pause_s = True, min(pause_s, FIRST_PAUSE_S)
                self._next_s[number] = now_s + pause_s

    def _now(self, snapshots: Iterator[Picture | None]) -> Iterator[Picture]:
        """The next picture, if there is anything to show."""
        for picture in islice(snapshots, 1):
            if picture is not None:
                in_film = picture.name not in self._outside_film
                yield picture if in_film else replace(picture, in_film=False)


def drawing(key: str) -> Callable[[Any], Iterator[Picture | None]]:
    """The function that draws a snapshot; its module is imported now."""
    return getattr(importlib.import_module(SNAPSHOTS[key].path), key)
