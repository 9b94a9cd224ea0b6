"""The chosen probes of one training, between its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from core.events import Picture
from core.training.learners.learner import Learner
from core.training.snapshots.registry import PROBES, chosen, fitting
from core.training.stopwatch import Stopwatch

# All pictures together take at most this share of the time: one that takes long comes so much more seldom.
SHARE = 0.03


class SnapshotSchedule:
    """Draws what was chosen, of the learner's own pictures and of the probes, which may remember."""

    def __init__(self, learner: Learner, watch: Stopwatch) -> None:
        names = chosen(learner.config)
        fits = fitting(learner.config.model, learner.config.data)
        own = {name for name in fits if PROBES[name].draw is None}
        self._learner, self._watch = learner, watch
        self._left_out = own - {*names}
        self._parts: list[Callable[[], Iterator[Picture]]] = []
        if not own or own != self._left_out:
            self._parts.append(self._own_pictures)
        for name in PROBES:
            draw = PROBES[name].draw
            if name in names and draw is not None:
                self._parts.append(partial(islice, draw(learner), 1))
        self._next_s = [0.0 for _ in self._parts]

    def pictures(self) -> Iterator[Picture]:
        """Every picture of this moment."""
        for part in self._parts:
            yield from part()

    def due(self) -> Iterator[Picture]:
        """Those of this moment for which it is time, by what each took the last time."""
        for number, part in enumerate(self._parts):
            began_s = self._watch.elapsed_s()
            if began_s >= self._next_s[number]:
                yield from part()
                now_s = self._watch.elapsed_s()
                self._next_s[number] = now_s + (now_s - began_s) * len(self._parts) / SHARE

    def _own_pictures(self) -> Iterator[Picture]:
        for picture in self._learner.pictures():
            if picture.name not in self._left_out:
                yield picture
