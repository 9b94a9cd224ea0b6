"""Which frameworks to compare, at what, and how carefully. Checked without importing any of them."""

from __future__ import annotations

from dataclasses import dataclass

from core import devices
from core.checks import one_of
from core.errors import InvalidRequest
from core.settings import check_settings
from core.timing.frameworks.registry import BASELINE, ENTRIES, selected
from core.timing.frameworks.work.catalogue import WORKS
from core.timing.workloads.axes import LIMITS, Setting

SETTINGS: dict[str, Setting] = {
    "only": Setting(
        help=f"frameworks to compare, of {', '.join(ENTRIES)}; keras is all that begin so",
        kind=str,
        many=True,
        metavar="NAME,...",
        without="all that are here",
    ),
    "work": Setting(
        help="pieces of work",
        kind=str,
        many=True,
        choices=tuple(WORKS),
        metavar="NAME,...",
        without="all",
    ),
    "baseline": Setting(
        help="the framework that the others are held against",
        kind=str,
        metavar="NAME",
        without=f"{BASELINE}, where it is here",
    ),
    "threads": Setting(
        help="processors for each; 0 is all usable cores", kind=int, min=0, metavar="N", without="1"
    ),
    "max_seconds": Setting(
        help="longest that a figure, and each of the two series of a comparison, may take",
        kind=float,
        min=0.05,
        max=600.0,
        word="max-seconds",
        metavar="S",
        without="1",
    ),
    "fresh": Setting(help="compile all anew: without what an earlier run has compiled", kind=bool),
    "seed": LIMITS["seed"],
}


@dataclass(frozen=True)
class FrameworksConfig:
    """SETTINGS says what each field may be. Raises InvalidRequest for what cannot be measured."""

    only: tuple[str, ...] = ()  # keys of ENTRIES or LIBRARIES; () is all
    work: tuple[str, ...] = ()  # keys of WORKS; () is all
    baseline: str = BASELINE  # a key of ENTRIES
    threads: int = 1  # processors that each process is kept to; 0 is all usable cores
    max_seconds: float = 1.0
    fresh: bool = False
    seed: int = 0  # of operands, data and initial weights

    def __post_init__(self) -> None:
        check_settings(SETTINGS, self)
        selected(self.only)
        one_of("baseline", self.baseline, ENTRIES)
        if self.threads > (available := devices.max_threads()):
            raise InvalidRequest(f"threads {self.threads} is not possible; this machine has {available}.")

    @property
    def works(self) -> tuple[str, ...]:
        """The pieces of work in their order."""
        return tuple(work for work in WORKS if work in self.work or not self.work)
