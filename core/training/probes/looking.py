"""The chosen probes of one training, between its steps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from core.events import Picture
from core.training.learner import Learner
from core.training.probes.registry import PROBES, chosen, fitting


class Looking:
    """Draws what was chosen, of the learner's own pictures and of the probes, which may remember."""

    def __init__(self, learner: Learner) -> None:
        names = chosen(learner.config)
        self._learner = learner
        own = {name for name, probe in PROBES.items() if probe.draw is None}
        self._left_out = own - {*names}
        could = own & {*fitting(learner.config.model, learner.config.data)}
        self._draws_own = not could or not could <= self._left_out
        draws = [PROBES[name].draw for name in PROBES if name in names]
        self._probes = [draw(learner) for draw in draws if draw is not None]

    def pictures(self) -> Iterator[Picture]:
        """Pictures of this moment."""
        if self._draws_own:
            for picture in self._learner.pictures():
                if picture.name not in self._left_out:
                    yield picture
        for probe in self._probes:
            yield from islice(probe, 1)
