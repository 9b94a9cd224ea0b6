"""The last hour of a device's figures: each sample of the last minutes, before that one row for ten seconds.

A row of the thinned part keeps the lowest and the highest value beside the mean, so that no peak is lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

FINE_S = 300.0  # for so long each sample is kept
ROW_S = 10.0  # what one row of the thinned part covers
KEPT_S = 3600.0

Values = Mapping[str, float | None]


@dataclass(frozen=True)
class Sample:
    """One reading of all figures; None where one was not reported."""

    sequence: int
    at_s: float
    values: Values


@dataclass
class Spread:
    """What a row keeps of one figure."""

    count: int
    mean: float
    low: float
    high: float

    def add(self, value: float) -> None:
        """One more value."""
        self.count += 1
        self.mean += (value - self.mean) / self.count
        self.low, self.high = min(self.low, value), max(self.high, value)


@dataclass
class Row:
    """Ten seconds: how many samples, and the spread of each figure that was reported in them."""

    number: int  # ten-second spans since the clock's start
    samples: int = 0
    figures: dict[str, Spread] = field(default_factory=dict)

    @property
    def at_s(self) -> float:
        """Its middle."""
        return (self.number + 0.5) * ROW_S

    def add(self, sample: Sample) -> None:
        """One sample that has become too old to be kept as it is."""
        self.samples += 1
        for name, value in sample.values.items():
            if value is None:
                continue
            if name in self.figures:
                self.figures[name].add(value)
            else:
                self.figures[name] = Spread(1, value, value, value)


class History:
    """Samples come in order of time; a sample is in one place alone, fine or thinned."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque()
        self._rows: deque[Row] = deque()
        self._thinned = -1  # the sequence of the last sample that is not kept as it is

    def add(self, sample: Sample) -> None:
        """Keep a sample, thin what has become old, and drop what is older than an hour."""
        self._samples.append(sample)
        while self._samples[0].at_s < sample.at_s - FINE_S:
            self._thin(self._samples.popleft())
        while self._rows and self._rows[0].at_s < sample.at_s - KEPT_S:
            self._rows.popleft()

    def _thin(self, sample: Sample) -> None:
        number = int(sample.at_s // ROW_S)
        if not self._rows or self._rows[-1].number != number:
            self._rows.append(Row(number))
        self._rows[-1].add(sample)
        self._thinned = sample.sequence

    def samples(self, after: int = -1) -> list[Sample]:
        """The samples of the last minutes that came after this one."""
        newer: list[Sample] = []
        for sample in reversed(self._samples):
            if sample.sequence <= after:
                break
            newer.append(sample)
        return newer[::-1]

    def rows(self) -> list[Row]:
        """The thinned part, oldest first."""
        return list(self._rows)

    def reaches(self, after: int) -> bool:
        """Whether samples(after) leaves out none that came after that one."""
        return after >= self._thinned


def columns(samples: Sequence[Sample], names: Iterable[str]) -> dict[str, list[float | None]]:
    """Each figure's values, of those that were reported at least once."""
    found = {name: [sample.values.get(name) for sample in samples] for name in names}
    return {name: values for name, values in found.items() if any(value is not None for value in values)}
