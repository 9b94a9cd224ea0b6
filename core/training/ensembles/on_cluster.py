"""The same job on the nodes of a Ray cluster: its members are shared out; each trains as it would here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from core.cluster.connection import Cluster, Node, connected
from core.cluster.events import NodeLost
from core.cluster.members import members_of
from core.cluster.shared_out import PartDone, PartEvent, parts_of, places, shared_out
from core.events import NodeProgress, Progress
from core.torch_devices import threads
from core.training.config import TrainConfig
from core.training.ensembles.config import ClusterEnsembleConfig, variants_of
from core.training.ensembles.events import EnsembleStarted, MembersTrained
from core.training.ensembles.job import (
    Member,
    Standing,
    epoch_completed,
    evaluated_epochs,
    finished,
    stacks_of,
    train_together,
    trainings_of,
)
from core.training.learners.registry import learner_for
from core.training.stopwatch import Stopwatch

# A part that is lost is trained again, so it is not large; within it, members go side by side.
MAX_MEMBERS_OF_PART = 16


@dataclass(frozen=True)
class MembersPart:
    """Members that one process of a node trains: their variants, and their trainings."""

    variants: tuple[str, ...]
    trainings: tuple[TrainConfig, ...]
    in_stacks: bool


@dataclass(frozen=True)
class PartEvaluated:
    """After an epoch of all members of a part."""

    metric: str
    epoch: int
    standings: tuple[Standing, ...]


def train_part(part: MembersPart) -> Iterator[Any]:
    """On a node: yields PartEvaluated after each evaluated epoch, Progress in epochs of one network."""
    epochs, count = part.trainings[0].epochs, len(part.trainings)
    with threads(1):
        members = [
            Member(variant=variant, learner=learner_for(training), in_stacks=part.in_stacks)
            for variant, training in zip(part.variants, part.trainings, strict=True)
        ]
        metric = members[0].learner.started().metric
        done = 0
        for epoch in evaluated_epochs(epochs):
            trained = 0
            for stack in stacks_of(members):
                yield Progress(done * count + (epoch - done) * trained, epochs * count, "epochs")
                train_together(stack, epoch)
                trained += len(stack)
            done = epoch
            yield PartEvaluated(metric, epoch, tuple(map(_standing, members)))


def _standing(member: Member) -> Standing:
    """A copy without the network."""
    return Standing(**{field.name: getattr(member, field.name) for field in fields(Standing)})


def train_ensemble_on(address: str, config: ClusterEnsembleConfig) -> Iterator[Any]:
    """Yields NodeFound for each node, NodeLost for one that dies and whose members others then train, and the
    events of train_ensemble(), with MembersTrained before the last.

    The numbers are those of the same config on one machine, as far as its processors are of one kind. Raises
    InvalidRequest when no cluster answers, and when no node is left.
    """
    with connected(address) as cluster:
        found = members_of(cluster)
        yield from found.found()
        yield from found.lost
        yield from _train(cluster, list(found.machines), config)


def _train(cluster: Cluster, nodes: Sequence[Node], config: ClusterEnsembleConfig) -> Iterator[Any]:
    watch = Stopwatch()
    variants, training = variants_of(config), config.training
    names = tuple(variant.name for variant in variants)
    every = [(variant.name, member) for variant, member in trainings_of(variants, config.seeds)]
    on_gpus = training.device != "cpu"
    at_a_time = {node.name: places(node, on_gpus) for node in nodes}
    ranges = parts_of(len(every), max(1, sum(at_a_time.values())), MAX_MEMBERS_OF_PART)
    parts = [
        MembersPart(*zip(*(every[index] for index in one), strict=True), in_stacks=config.in_stacks)
        for one in ranges
    ]
    gathered = _Gathered(len(every), evaluated_epochs(training.epochs))
    shares = _Shares(ranges, training.epochs, at_a_time)
    for event in shared_out(cluster, nodes, train_part, parts, list(map(len, ranges)), "training", on_gpus):
        match event:
            case PartEvent(part, node, PartEvaluated() as evaluated):
                if gathered.metric is None:
                    yield EnsembleStarted(
                        training.model, training.data, names, config.seeds, training.epochs, evaluated.metric
                    )
                for epoch, standings in gathered.add(ranges[part], evaluated):
                    yield epoch_completed(epoch, names, standings, watch.elapsed_s())
                yield shares.progress(part, node, evaluated.epoch * len(ranges[part]))
            case PartEvent(part, node, Progress() as progress):
                yield shares.progress(part, node, progress.done)
            case PartDone(part, node):
                shares.done(part, node)
            case NodeLost():
                shares.lost(event.node)
                yield event
    assert gathered.metric is not None
    yield MembersTrained(shares.trained)
    together = min(sum(at_a_time.values()), len(every))
    yield finished(names, gathered.last, gathered.metric, watch.elapsed_s(), together)


class _Gathered:
    """What has come of each member, until an epoch is there of all."""

    def __init__(self, members: int, epochs: Sequence[int]) -> None:
        self.metric: str | None = None
        self.last: list[Standing] = []
        self._waiting: dict[int, dict[int, Standing]] = {epoch: {} for epoch in epochs}  # by epoch and member
        self._members = members

    def add(self, members: range, evaluated: PartEvaluated) -> Iterator[tuple[int, list[Standing]]]:
        """Yields each epoch that is now complete with its standings, until all have diverged."""
        self.metric = evaluated.metric
        if (epoch := self._waiting.get(evaluated.epoch)) is not None:  # else a part that is trained again
            epoch.update(zip(members, evaluated.standings, strict=True))
        while self._waiting:
            first = next(iter(self._waiting))
            if len(self._waiting[first]) < self._members:
                return
            standings = self._waiting.pop(first)
            all_diverged = bool(self.last) and all(standing.diverged for standing in self.last)
            self.last = [standings[index] for index in range(self._members)]
            if not all_diverged:
                yield first, self.last


class _Shares:
    """How far each node is: its own epochs, of these and its share of those that nobody has trained yet."""

    def __init__(self, parts: Sequence[range], epochs: int, at_a_time: dict[str, int]) -> None:
        self._parts, self._places = parts, dict(at_a_time)
        self._total = float(epochs * sum(map(len, parts)))
        self._done: dict[int, tuple[str, float]] = {}  # part -> who trains it, and how many epochs are done
        self._ended: dict[int, str] = {}

    @property
    def trained(self) -> dict[str, int]:
        """Trainings by the node that brought each to its end."""
        found: Counter[str] = Counter()
        for part, node in self._ended.items():
            found[node] += len(self._parts[part])
        return dict(sorted(found.items()))

    def progress(self, part: int, node: str, epochs: float) -> NodeProgress:
        """Take note of a part, and say how far its node is."""
        self._done[part] = node, epochs
        own = sum(done for owner, done in self._done.values() if owner == node)
        rest = self._total - sum(done for _, done in self._done.values())
        share = rest * self._places[node] / sum(self._places.values())
        return NodeProgress(own, own + share, "epochs of one network", node=node)

    def done(self, part: int, node: str) -> None:
        """A part came to its end."""
        self._ended[part] = node

    def lost(self, node: str) -> None:
        """The node does no more, and what it had begun is begun again."""
        self._places.pop(node, None)
        for part, (owner, _) in list(self._done.items()):
            if owner == node and part not in self._ended:
                del self._done[part]
