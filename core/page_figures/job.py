"""The job: each result as a picture, as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.checks import one_of
from core.errors import InvalidRequest
from core.events import Picture, Progress
from core.page_figures.kinds import KINDS
from core.page_figures.packing import pack, unpack

MAX_ASKED = 64
RESULT, REFUSED = "result", "refused"


@dataclass(frozen=True)
class FiguresConfig:
    """What is to be computed: a key of KINDS, and each thing that is asked for, as its kind takes it."""

    of: str
    asked: tuple[Mapping[str, Any], ...]

    def __post_init__(self) -> None:
        one_of("of", self.of, KINDS)
        if not 1 <= len(self.asked) <= MAX_ASKED:
            raise InvalidRequest(f"{len(self.asked)} results are not possible; 1 to {MAX_ASKED} are.")


def figures(config: FiguresConfig) -> Iterator[Picture | Progress]:
    """A Picture for each, named by its number, or why it cannot be; see result_in()."""
    for number, asked in enumerate(config.asked):
        yield Progress(number, len(config.asked), "results")
        arrays: dict[str, np.ndarray] = {}
        try:
            values = {RESULT: pack(KINDS[config.of].compute(asked), arrays)}
        except InvalidRequest as refused:
            values = {REFUSED: str(refused)}
        yield Picture(str(number), 0, arrays, values, in_film=False)
    yield Progress(len(config.asked), len(config.asked), "results")


def result_in(kind: str, picture: Picture) -> Any:
    """What was computed, or the InvalidRequest that it was refused with."""
    if REFUSED in picture.values:
        return InvalidRequest(picture.values[REFUSED])
    return unpack(picture.values[RESULT], picture.arrays, KINDS[kind].classes)
