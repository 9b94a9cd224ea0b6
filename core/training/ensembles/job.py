"""The job: all members go through their epochs side by side, so the distribution shows from the start."""

from __future__ import annotations

import time
from collections.abc import Generator, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from core.events import Checkpoint, CheckpointRequested, Progress
from core.records import to_record
from core.torch_devices import threads
from core.training.compiled.ahead import announced
from core.training.compiled.learner import CompiledLearner, learn_epochs
from core.training.compiled.stack import grouped
from core.training.config import TrainConfig
from core.training.ensembles.config import EnsembleConfig, Variant, variants_of
from core.training.ensembles.evaluation import scores_of
from core.training.ensembles.events import (
    QUANTILES,
    EnsembleEpochCompleted,
    EnsembleFinished,
    EnsembleStarted,
)
from core.training.ensembles.ranking import ranked
from core.training.learners.learner import Learner, Scores
from core.training.learners.registry import learner_for
from core.training.stopwatch import Stopwatch, Timer

# So many points make a smooth curve; between them nothing is evaluated, which would take most of the time.
EVALUATIONS = 40


@dataclass
class Standing:
    """How far one training is. scores are those of its last epoch; it stops when they are not finite."""

    variant: str
    scores: Scores | None = None
    last_metric: float | None = None
    last_details: Mapping[str, float] = field(default_factory=dict)  # beside the last metric
    steps_s: float = 0.0
    samples: int = 0

    @property
    def diverged(self) -> bool:
        """Whether its loss is no longer a finite number."""
        return self.scores is not None and not self.scores.finite


@dataclass(kw_only=True)
class Member(Standing):
    """One training of the ensemble."""

    learner: Learner
    in_stacks: bool  # whether its steps are those of a stack, where its network can be in one
    epochs: int = 0  # that it has completed

    def completed(self, epochs: int, steps_s: float, scores: Scores) -> None:
        """After some more epochs, whose steps took so long, and the evaluation."""
        self.steps_s += steps_s
        self.samples += epochs * self.learner.samples_per_epoch
        self.scores = scores
        if self.scores.finite:
            self.last_metric, self.last_details = self.scores.test_metric, self.scores.details

    def state(self) -> dict[str, Any]:
        """All that restore() needs, between two epochs."""
        kept = {name: getattr(self, name) for name in _KEPT}
        scores = asdict(self.scores) if self.scores else None
        return kept | {"scores": scores, "learner": self.learner.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Return to a state()."""
        for name in _KEPT:
            setattr(self, name, state[name])
        self.scores = Scores(**state["scores"]) if state["scores"] else None
        self.learner.restore(state["learner"])


_KEPT = ("epochs", "last_metric", "last_details", "steps_s", "samples")


def train_ensemble(
    config: EnsembleConfig,
    start: Mapping[str, Any] | None = None,
    checkpoint_every_s: float | None = None,
) -> Generator[Any, CheckpointRequested | None, None]:
    """Train all members; yields EnsembleStarted, EnsembleEpochCompleted after each epoch, EnsembleFinished.

    A Progress comes after every few members; long trainings are evaluated after some of their epochs only. On
    a CPU the same config gives the same numbers, whatever the number of threads, and whether or not it
    resumed from a checkpoint (`start`, the state of one; EnsembleStarted came before it). A checkpoint lies
    between two members; send() takes a CheckpointRequested. Raises InvalidRequest when the device cannot be
    used.
    """
    watch = Stopwatch(start["elapsed_s"] if start else 0.0)
    save = _Save(Timer(watch, checkpoint_every_s))
    with threads(1), ThreadPoolExecutor(config.threads) as pool:
        for event in _train(config, start, watch, save, pool):
            handed_over_s = time.perf_counter()
            sent = yield event
            watch.held(time.perf_counter() - handed_over_s)
            save.requested = save.requested or isinstance(sent, CheckpointRequested)


@dataclass
class _Save:
    """When a checkpoint is due: now and then, and when one is requested."""

    timer: Timer
    requested: bool = False

    def due(self) -> bool:
        """Whether it is now; asked once for each checkpoint."""
        due, self.requested = self.requested or self.timer.due(), False
        return due


def _train(
    config: EnsembleConfig,
    start: Mapping[str, Any] | None,
    watch: Stopwatch,
    save: _Save,
    pool: ThreadPoolExecutor,
) -> Iterator[Any]:
    variants, epochs = variants_of(config), config.training.epochs
    count = len(variants) * config.seeds
    yield Progress(0, count, "networks made")
    yield from announced(config.training)
    members: list[Member] = []
    for variant, training in trainings_of(variants, config.seeds):
        members.append(
            Member(variant=variant.name, learner=learner_for(training), in_stacks=config.in_stacks)
        )
        yield Progress(len(members), count, "networks made")
    shown_epoch = _restore(members, start) if start else 0

    names = tuple(variant.name for variant in variants)
    metric = members[0].learner.started().metric
    if not start:
        yield EnsembleStarted(
            config.training.model, config.training.data, names, config.seeds, epochs, metric
        )
    began_s = watch.elapsed_s()
    samples_before = sum(member.samples for member in members)
    for epoch in evaluated_epochs(epochs):
        if epoch <= shown_epoch:
            continue
        for checkpoint_due in _trained_to(epoch, members, pool, config.threads, save):
            if checkpoint_due:
                yield _checkpoint(config, members, shown_epoch, watch)
                continue
            samples = sum(member.samples for member in members) - samples_before
            rate = samples / max(watch.elapsed_s() - began_s, 1e-9)
            done = sum(member.epochs for member in members)
            yield Progress(done, epochs * count, "epochs of one network", rate, "samples")
        shown_epoch = epoch
        yield epoch_completed(epoch, names, members, watch.elapsed_s())
        if all(member.diverged for member in members):
            break
    yield finished(names, members, metric, watch.elapsed_s(), min(config.threads, count))


def _trained_to(
    epoch: int, members: Sequence[Member], pool: ThreadPoolExecutor, every: int, save: _Save
) -> Iterator[bool]:
    """Train all members to the end of an epoch. Yields after every few of them: True, while none of them is
    training, where a checkpoint is due.
    """
    while left := [member for member in members if member.epochs < epoch]:
        stacks = stacks_of(left)
        trainings = [pool.submit(train_together, stack, epoch) for stack in stacks]
        for done, (stack, training) in enumerate(zip(stacks, trainings, strict=True), 1):
            training.result()
            if len(stack) == 1 and done % every and done < len(trainings):
                continue
            yield False
            if save.due():
                begun = [one for one in trainings if not one.cancel()]
                for one in begun:
                    one.result()
                yield True
                break


def _stack_key(member: Member) -> Hashable | None:
    """Equal for members that can take their steps as one stack; None for a member that cannot."""
    learner = member.learner
    if member.diverged or not member.in_stacks or not isinstance(learner, CompiledLearner):
        return None
    key = learner.stack_key()
    return None if key is None else (member.epochs, key)


def stacks_of(members: Sequence[Member]) -> list[list[Member]]:
    """The members in groups that train_together() can train: of stacks, and of one each."""
    return [[members[at] for at in group] for group in grouped([_stack_key(one) for one in members])]


def train_together(members: Sequence[Member], epoch: int) -> None:
    """All batches until the end of this epoch, and the evaluation after it: of one member, or of a stack."""
    epochs = epoch - members[0].epochs
    if not members[0].diverged:
        learners = [member.learner for member in members if isinstance(member.learner, CompiledLearner)]
        began_s = time.perf_counter()
        if learners:
            learn_epochs(learners, epochs, members[0].in_stacks)
        else:
            learner = members[0].learner
            for _ in range(epochs):
                for batch in learner.batches():
                    learner.learn(batch)
        steps_s = (time.perf_counter() - began_s) / len(members)
        scores = scores_of([member.learner for member in members])
        for member, of_it in zip(members, scores, strict=True):
            member.completed(epochs, steps_s, of_it)
    for member in members:
        member.epochs = epoch


def _checkpoint(
    config: EnsembleConfig, members: Sequence[Member], shown_epoch: int, watch: Stopwatch
) -> Checkpoint:
    state = {
        "config": to_record(config),
        "shown_epoch": shown_epoch,
        "elapsed_s": watch.elapsed_s(),
        "members": [member.state() for member in members],
    }
    return Checkpoint(shown_epoch, state)


def _restore(members: Sequence[Member], state: Mapping[str, Any]) -> int:
    """Put all members where the checkpoint was made; the last epoch that was shown before it."""
    for member, kept in zip(members, state["members"], strict=True):
        member.restore(kept)
    return int(state["shown_epoch"])


def evaluated_epochs(epochs: int) -> list[int]:
    """The epochs after which members are evaluated: evenly spread, the first and the last among them."""
    return sorted({round(epoch) for epoch in np.linspace(1, epochs, min(epochs, EVALUATIONS))})


def trainings_of(variants: Sequence[Variant], seeds: int) -> Iterator[tuple[Variant, TrainConfig]]:
    """Every member's training, in the order of the results."""
    for variant in variants:
        for seed in range(seeds):
            yield variant, variant.member(seed)


def epoch_completed(
    epoch: int, names: Sequence[str], members: Sequence[Standing], elapsed_s: float
) -> EnsembleEpochCompleted:
    """The distributions over the members after an epoch of all."""
    by_name = {name: [member for member in members if member.variant == name] for name in names}
    finite = {
        name: [member.scores for member in group if member.scores and not member.diverged]
        for name, group in by_name.items()
    }

    def quantiles(field: str) -> dict[str, tuple[float, ...]]:
        values = {name: [getattr(scores, field) for scores in group] for name, group in finite.items()}
        return {name: tuple(np.quantile(some, QUANTILES).tolist()) for name, some in values.items() if some}

    return EnsembleEpochCompleted(
        epoch=epoch,
        train_loss=quantiles("train_loss"),
        test_loss=quantiles("test_loss"),
        test_metric=quantiles("test_metric"),
        diverged={name: sum(member.diverged for member in group) for name, group in by_name.items()},
        elapsed_s=elapsed_s,
    )


def finished(
    names: Sequence[str], members: Sequence[Standing], metric: str, elapsed_s: float, in_parallel: int
) -> EnsembleFinished:
    """What all of them have reached, and the ranking."""
    final = {
        name: tuple(member.last_metric for member in members if member.variant == name) for name in names
    }
    seconds = {
        name: float(np.mean([member.steps_s for member in members if member.variant == name]))
        for name in names
    }
    diverged = {name: sum(member.diverged for member in members if member.variant == name) for name in names}
    majority = _median_detail(members, "majority_accuracy")
    balanced = {
        name: _median_detail([member for member in members if member.variant == name], "balanced_accuracy")
        for name in names
    }
    samples, steps_s = sum(member.samples for member in members), sum(member.steps_s for member in members)
    return EnsembleFinished(
        metric=metric,
        ranking=ranked(final, seconds, diverged),
        final=final,
        samples_per_s=in_parallel * samples / max(steps_s, 1e-9),
        elapsed_s=elapsed_s,
        majority_accuracy=majority,
        balanced_accuracy={name: value for name, value in balanced.items() if value is not None},
    )


def _median_detail(members: Sequence[Standing], detail: str) -> float | None:
    """Over the members that have learned; None where one of them lacks it."""
    learned = [member.last_details for member in members if member.last_metric is not None]
    if not learned or not all(detail in details for details in learned):
        return None
    return float(np.median([details[detail] for details in learned]))
