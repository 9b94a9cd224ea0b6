"""The job: trains all networks in parallel and checks the slopes of every unit on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import torch
from torch import Tensor

from core.activations import Activation, find
from core.data import DATASETS
from core.data.dataset import LoadedDataset
from core.events import Progress
from core.experiments.dying_units.config import DyingUnitsConfig
from core.experiments.dying_units.events import (
    FLAT_SLOPE,
    QUANTILES,
    Combination,
    DyingUnitsFinished,
    DyingUnitsStarted,
    UnitsChecked,
    verdict,
)
from core.experiments.dying_units.stacked import Stack, descend, forward, he_weights, losses, steepest_slopes
from core.torch_devices import threads
from core.training.class_scores import balanced_accuracy, is_uneven, majority_accuracy
from core.training.stopwatch import Rate, Stopwatch

TEST_FRACTION = 0.2
CHECKS = 25
EARLY = (1, 2, 5, 10)  # most units die within the first steps
SLOPES_WITHIN = 50.0


def dying_units(config: DyingUnitsConfig) -> Iterator[object]:
    """Train every combination with every seed; yields DyingUnitsStarted, UnitsChecked, DyingUnitsFinished.

    A Progress comes after each step. A unit is dead when its slope is exactly 0 on every training point: no
    gradient reaches its incoming weights. Source: Lu, Shin, Su & Karniadakis 2020, "Dying ReLU and
    initialization: theory and numerical examples". On a CPU the same config gives the same numbers.
    """
    watch = Stopwatch()
    with threads(config.threads):
        for event in _train(config, watch):
            handed_over_s = time.perf_counter()
            yield event
            watch.held(time.perf_counter() - handed_over_s)


def _train(config: DyingUnitsConfig, watch: Stopwatch) -> Iterator[object]:
    points = Points(config)
    stack, rates = initialised(config, points.features, points.classes), each_rate(config)
    watched = _Units(config, points)
    started = _started(config, points)
    yield started
    rate, checks, last = Rate(watch), checked_steps(config.steps), None
    for step, batch in enumerate(points.batches()):
        if step in checks:
            last = UnitsChecked(step, watched.check(stack), watch.elapsed_s())
            yield last
        if step == config.steps:
            break
        descend(stack, *batch, rates)
        per_s = rate.add(config.networks)
        yield Progress(step + 1, config.steps, "steps", per_s, "network steps")
    assert last is not None
    elapsed_s = watch.elapsed_s()
    sentences = verdict(asdict(started), [asdict(one) for one in last.combinations])
    yield DyingUnitsFinished(sentences, config.networks * config.steps / elapsed_s, elapsed_s)


def checked_steps(steps: int) -> set[int]:
    """Steps after which all units are checked: 0, some early ones, evenly spread ones, the last."""
    spread = np.linspace(0, steps, min(steps, CHECKS) + 1).round().astype(int).tolist()
    return {*spread, *(step for step in EARLY if step <= steps)}


def initialised(config: DyingUnitsConfig, features: int, classes: int) -> Stack:
    """All initial networks, ordered by function, learning rate, bias and seed, the seed fastest."""
    sizes = (features, *config.hidden, classes)
    members = [he_weights(sizes, config.seed + seed) for seed in range(config.seeds)]
    weights = [torch.stack(layer).repeat(config.combinations, 1, 1) for layer in zip(*members, strict=True)]
    shifts = _spread(config, torch.tensor(config.biases, dtype=torch.float32), axis=2)
    hidden = [shifts.expand(-1, 1, units).clone() for units in config.hidden]
    biases = [*hidden, torch.zeros(config.networks, 1, classes)]
    return Stack(weights, biases, _activations(config))


def _activations(config: DyingUnitsConfig) -> list[Activation]:
    return [find(key) for key in config.activations]


def each_rate(config: DyingUnitsConfig) -> Tensor:
    """The learning rate of each network, (networks, 1, 1)."""
    return _spread(config, torch.tensor(config.learning_rates, dtype=torch.float32), axis=1)


def _spread(config: DyingUnitsConfig, values: Tensor, axis: int) -> Tensor:
    """The value of each network, (networks, 1, 1), from those along an axis of the combinations."""
    shape = (len(config.activations), len(config.learning_rates), len(config.biases), config.seeds)
    along = [1, 1, 1, 1]
    along[axis] = len(values)
    return values.view(along).expand(shape).reshape(-1, 1, 1)


def _started(config: DyingUnitsConfig, points: Points) -> DyingUnitsStarted:
    x = torch.linspace(-SLOPES_WITHIN, SLOPES_WITHIN, 4001)
    slopes = {
        key: entry.derivative(x, **entry.with_defaults()).abs().min().item()
        for key, entry in zip(config.activations, _activations(config), strict=True)
    }
    return DyingUnitsStarted(
        activations=config.activations,
        learning_rates=config.learning_rates,
        biases=config.biases,
        data=config.data,
        seeds=config.seeds,
        networks=config.networks,
        units=sum(config.hidden),
        steps=config.steps,
        train_points=points.train.shape[1],
        smallest_slope=slopes,
        majority_accuracy=points.majority_accuracy,
    )


class Points:
    """The points of each seed, and the batches of every network.

    train and test are (seeds, points, features), their targets (seeds, points).
    """

    def __init__(self, config: DyingUnitsConfig) -> None:
        loaded = [_loaded(config, config.seed + seed) for seed in range(config.seeds)]
        self._config = config
        self.train = torch.from_numpy(np.stack([data.train_inputs for data in loaded]))
        self.train_targets = torch.from_numpy(np.stack([data.train_targets for data in loaded]))
        self.test = torch.from_numpy(np.stack([data.test_inputs for data in loaded]))
        self.test_targets = torch.from_numpy(np.stack([data.test_targets for data in loaded]))
        self.features, self.classes = self.train.shape[2], len(loaded[0].classes)
        self.majority_accuracy = float(np.median([majority_accuracy(data.test_targets) for data in loaded]))
        self.has_uneven_classes = any(is_uneven(data.test_targets) for data in loaded)

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Endless batches of inputs and targets for all networks, reshuffled each epoch."""
        config, each = self._config, torch.arange(self._config.seeds)[:, None]
        generators = [torch.Generator().manual_seed(config.seed + seed) for seed in range(config.seeds)]
        while True:
            count = self.train.shape[1]
            orders = torch.stack([torch.randperm(count, generator=one) for one in generators])
            for batch in orders.split(config.batch_size, dim=1):
                x, targets = self.train[each, batch], self.train_targets[each, batch]
                yield x.repeat(config.combinations, 1, 1), targets.repeat(config.combinations, 1)


def _loaded(config: DyingUnitsConfig, seed: int) -> LoadedDataset:
    dataset = DATASETS[config.data]
    settings = dict(dataset.defaults) | {"samples": config.samples}
    options = {name: option.default for name, option in dataset.options.items()}
    loaded: LoadedDataset = dataset.load(seed=seed, test_fraction=TEST_FRACTION, **settings, **options)
    return loaded


class _Units:
    """Whether each hidden unit was ever dead, and whether it came back."""

    def __init__(self, config: DyingUnitsConfig, points: Points) -> None:
        self._config, self._points = config, points
        shape = (config.networks, sum(config.hidden))
        self._died, self._came_back = np.zeros(shape, bool), np.zeros(shape, bool)
        self._diverged = np.zeros(config.networks, bool)

    def check(self, stack: Stack) -> tuple[Combination, ...]:
        """Check all units now."""
        groups = [self._measure(stack.group(number)) for number in range(len(stack.activations))]
        steepest, loss, predicted = (np.concatenate(parts) for parts in zip(*groups, strict=True))
        dead = steepest == 0
        self._came_back |= self._died & ~dead & np.isfinite(steepest)
        self._died |= dead
        self._diverged |= ~np.isfinite(loss)
        measures = {
            "dead": dead.mean(axis=1),
            "flat": (steepest < FLAT_SLOPE).mean(axis=1),
            "loss": loss,
            **self._accuracies(predicted),
        }
        return tuple(self._combinations(measures))

    def _measure(self, group: Stack) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Steepest slope of each unit, loss on the training points, predicted classes of the test points."""
        points = self._points
        times = len(group.weights[0]) // self._config.seeds
        logits, steepest = steepest_slopes(group, points.train.repeat(times, 1, 1))
        with torch.no_grad():
            test_logits, _ = forward(group, points.test.repeat(times, 1, 1))
        loss = losses(logits, points.train_targets.repeat(times, 1))
        return steepest.numpy(), loss.numpy().astype(np.float64), test_logits.argmax(dim=2).numpy()

    def _accuracies(self, predicted: np.ndarray) -> dict[str, np.ndarray]:
        """By name, one of each network; the balanced one where its classes are uneven."""
        targets = np.tile(self._points.test_targets.numpy(), (self._config.combinations, 1))
        accuracies = {"accuracy": (predicted == targets).mean(axis=1)}
        if self._points.has_uneven_classes:
            balanced = [balanced_accuracy(*pair) for pair in zip(predicted, targets, strict=True)]
            accuracies["balanced_accuracy"] = np.array(balanced)
        return accuracies

    def _combinations(self, measures: dict[str, np.ndarray]) -> Iterator[Combination]:
        config = self._config
        combinations = [
            (activation, learning_rate, bias)
            for activation in config.activations
            for learning_rate in config.learning_rates
            for bias in config.biases
        ]
        for number, (activation, learning_rate, bias) in enumerate(combinations):
            seeds = np.arange(number * config.seeds, (number + 1) * config.seeds)
            finite = seeds[~self._diverged[seeds]]
            yield Combination(
                activation=activation,
                learning_rate=learning_rate,
                bias=bias,
                **{name: _quantiles(values[finite]) for name, values in measures.items()},
                units=len(finite) * self._died.shape[1],
                died=int(self._died[finite].sum()),
                came_back=int(self._came_back[finite].sum()),
                diverged=len(seeds) - len(finite),
            )


def _quantiles(values: np.ndarray) -> tuple[float, ...]:
    return tuple(np.quantile(values, QUANTILES).tolist()) if len(values) else ()
