"""Snapshots of a film, drawn afterwards: each frame's weights are put into a network and looked at."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from core.checks import one_of
from core.errors import InvalidRequest
from core.events import Frame, Picture, Progress
from core.torch_devices import threads
from core.training.config import TrainConfig
from core.training.learners.registry import learner_for
from core.training.snapshots.catalogue import SNAPSHOTS, applicable, with_needs
from core.training.snapshots.schedule import drawing

MAX_S = 20.0  # of drawing: where all frames would take longer, fewer of them are drawn


def check_redrawable(config: TrainConfig, keys: Sequence[str]) -> None:
    """Raise InvalidRequest for a snapshot that frames cannot be drawn as."""
    if not keys:
        raise InvalidRequest("No snapshot to draw is named.")
    for key in keys:
        one_of("snapshot", key, applicable(config.model, config.data), f" of {config.model} on {config.data}")
        if SNAPSHOTS[key].history:
            raise InvalidRequest(
                f"The snapshot {key!r} shows a training so far, which the weights of one step do not know: "
                "it has to be recorded while it trains."
            )


def redraw(config: TrainConfig, frames: Sequence[Frame], keys: Sequence[str]) -> Iterator[Progress | Picture]:
    """All of these snapshots at each of the frames, and the data that they need, in order, on the CPU.

    config: of the training that made the frames. Raises InvalidRequest for snapshots that cannot be drawn.
    """
    check_redrawable(config, keys)
    yield Progress(0, len(frames), "frames")
    with threads(config.threads):
        learner = learner_for(replace(config, device="cpu", engine="eager"))
        drawings: dict[str, Iterator[Picture | None]] = {}
        left, done, began_s = [*frames], 0, time.perf_counter()
        while left:
            frame, left = left[0], left[1:]
            learner.set_weights(frame.weights)
            learner.step = frame.step
            for key in with_needs(keys):
                if key not in drawings:  # it may look at the network from here on
                    drawings[key] = drawing(key)(learner)
                elif SNAPSHOTS[key].once:
                    continue
                picture = next(drawings[key], None)
                if picture is not None:
                    yield picture
            done += 1
            if done in (1, 3):  # the first one also prepares
                left = _affordable(left, (time.perf_counter() - began_s) / done)
            yield Progress(done, done + len(left), "frames")


def _affordable(frames: list[Frame], frame_s: float) -> list[Frame]:
    """As many of the frames as there is time for, evenly spread, the last one among them."""
    count = max(2, int(MAX_S / frame_s))
    if len(frames) <= count:
        return frames
    return [frames[place] for place in np.linspace(0, len(frames) - 1, count).round().astype(int)]
