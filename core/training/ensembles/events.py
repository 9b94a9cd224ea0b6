"""What an ensemble yields, besides core.events.Progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# The five quantiles that describe each distribution over the members.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class EnsembleStarted:
    """First of all. variants names each combination of the varied settings; each trains with all seeds."""

    model: str
    data: str
    variants: tuple[str, ...]
    seeds: int
    epochs: int
    metric: str


@dataclass(frozen=True)
class EnsembleEpochCompleted:
    """After an epoch of all members: quantiles (QUANTILES) over the seeds of each variant, by its name.

    Members that diverged are left out; `diverged` counts them. elapsed_s leaves pauses out.
    """

    epoch: int
    train_loss: Mapping[str, tuple[float, ...]]
    test_loss: Mapping[str, tuple[float, ...]]
    test_metric: Mapping[str, tuple[float, ...]]
    diverged: Mapping[str, int]
    elapsed_s: float


@dataclass(frozen=True)
class RankedVariant:
    """One variant's place in the ranking by the median of the final test metric.

    low and high bound that median (95%, bootstrap). behind: how far it is behind the first, the median
    over the seeds of the difference, with its interval; tied for the first, and when that interval holds 0 or
    so few seeds give none.
    With several variants the interval is widened, so that all of them hold together in 95%. seconds is the
    time of one member's training.

    iqm is the interquartile mean of the final test metric with its 95% interval. improvement: how probable it
    is that a run of the first ends better than one of this variant, with an interval widened like that of
    behind (Agarwal et al. 2021). What diverged at once counts as worse than all; a mean of such is None.
    """

    variant: str
    median: float | None
    low: float | None
    high: float | None
    behind: float | None
    behind_low: float | None
    behind_high: float | None
    tied: bool
    diverged: int
    seconds: float
    iqm: float | None = None  # this and what follows are None in earlier runs
    iqm_low: float | None = None
    iqm_high: float | None = None
    improvement: float | None = None
    improvement_low: float | None = None
    improvement_high: float | None = None


@dataclass(frozen=True)
class MembersTrained:
    """On a cluster: how many members each node has brought to their end."""

    nodes: Mapping[str, int]


@dataclass(frozen=True)
class EnsembleFinished:
    """Last of all. final holds every member's last test metric, by variant, None where it diverged at once.

    samples_per_s is that of all members together, in their steps alone.
    """

    metric: str
    ranking: tuple[RankedVariant, ...]
    final: Mapping[str, tuple[float | None, ...]]
    samples_per_s: float
    elapsed_s: float
    # accuracy of always the most frequent class, median over the members; None for other metrics, and in runs
    # of version 0.1
    majority_accuracy: float | None = None
    # each class counted alike, median over a variant's members, by its name; only where classes are uneven
    balanced_accuracy: Mapping[str, float] = field(default_factory=dict)
