"""Drawing the film of a run that is in the store, as a job: the pictures join the run's own."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import InvalidRequest
from core.events import Picture, Progress
from core.records import from_record
from core.runs.store import RunStore
from core.training.config import TrainConfig
from core.training.film.redrawing import redraw

WRITE_EVERY_S = 0.25


@dataclass(frozen=True)
class RedrawConfig:
    """Which run of which store, and what to draw of each of its frames."""

    run_id: str  # its address in the store
    store_file: str  # path of the run store
    snapshots: tuple[str, ...]  # keys of SNAPSHOTS


@dataclass(frozen=True)
class FilmDrawn:
    """The film has so many more pictures, or newer ones in the place of others."""

    pictures: int


def redraw_run(config: RedrawConfig) -> Iterator[Progress | FilmDrawn]:
    """Draw snapshots of a run's frames and keep them in its film.

    Raises InvalidRequest when there is no such training, when it has no film, and for other snapshots.
    """
    with contextlib.closing(RunStore(config.store_file)) as store:
        run = store.get(config.run_id)
        if run is None or run.job != "training":
            raise InvalidRequest(f"There is no training with the address {config.run_id!r}.")
        frames = store.frames(run.id)
        if not frames:
            raise InvalidRequest(f"The run {run.id!r} has no film to draw.")
        pictures: list[Picture] = []
        drawn, written_s = 0, time.monotonic()
        for event in redraw(from_record(TrainConfig, run.config), frames, config.snapshots):
            if isinstance(event, Picture):
                pictures.append(event)
                continue
            if time.monotonic() - written_s >= WRITE_EVERY_S:
                store.add_film_pictures(run.id, pictures)
                drawn, pictures, written_s = drawn + len(pictures), [], time.monotonic()
            yield event
        store.add_film_pictures(run.id, pictures)
    yield FilmDrawn(drawn + len(pictures))
