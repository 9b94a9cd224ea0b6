"""Which runs stay whole, which lose their checkpoints, and which are removed, within a number of bytes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Footprint:
    """What one run takes of the disk: weights_bytes for checkpoint and pictures, curves_bytes for the rest.

    needed: it has not ended, or one that has not ended needs it. pruned: its checkpoint went before. age_s:
    since it ended.
    """

    run_id: str
    weights_bytes: int
    curves_bytes: int
    needed: bool = False
    pruned: bool = False
    age_s: float = 0.0

    @property
    def whole_bytes(self) -> int:
        """All of it."""
        return self.weights_bytes + self.curves_bytes


@dataclass(frozen=True)
class Plan:
    """Ids of the runs whose checkpoint and pictures go, and of those that go altogether."""

    prune: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def plan(
    newest_first: Iterable[Footprint], whole_bytes: int, curves_bytes: int, max_age_s: float = math.inf
) -> Plan:
    """Keep runs whole, newest first, within whole_bytes, and of older ones the curves within curves_bytes.

    Needed runs come first and are never touched; the newest other one stays whole even where it alone is too
    large, so that what has just been trained can be exported. Whatever the space, none stays that ended
    longer ago than max_age_s and is not needed.
    """
    known = list(newest_first)
    old = [run for run in known if run.age_s > max_age_s and not run.needed]
    runs = [run for run in known if run.age_s <= max_age_s or run.needed]
    whole_left = whole_bytes - sum(run.whole_bytes for run in runs if run.needed)
    ended = [run for run in runs if not run.needed]
    whole = [run for run in ended if not run.pruned]
    kept = max(_how_many_fit([run.whole_bytes for run in whole], whole_left), 1)
    stay = {run.run_id for run in whole[:kept]}
    light = [run for run in ended if run.run_id not in stay]
    curves = _how_many_fit([run.curves_bytes for run in light], curves_bytes)
    return Plan(
        prune=tuple(run.run_id for run in light[:curves] if not run.pruned),
        remove=tuple(run.run_id for run in [*light[curves:], *old]),
    )


def _how_many_fit(sizes: list[int], left: int) -> int:
    for number, size in enumerate(sizes):
        left -= size
        if left < 0:
            return number
    return len(sizes)
