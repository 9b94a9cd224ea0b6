"""Networks and classical methods on the same random splits of the same data.

All networks of a data set are trained side by side; classical methods are those of `baselines`, as they come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from core import torch_optimizers
from core.activations import ACTIVATIONS
from core.data import tables
from core.data.dataset import LoadedDataset
from core.experiments import shared_weights
from core.experiments.baselines import METHODS
from core.experiments.dying_units.stacked import Stack, forward, he_weights, losses
from core.torch_devices import threads

TEST_FRACTION = 0.25
TEST_BY_TRAIN = TEST_FRACTION / (1 - TEST_FRACTION)

HIDDEN = 64
BATCH = 32
LEARNING_RATE = 0.01
WEIGHT_DECAY = 1e-3

SHIFTED = "shifted_digits"
SHIFT = 3  # pixels
IMAGES = 1797  # digits that there are


def rule_table(seed: int, test_fraction: float) -> LoadedDataset:
    """1,200 rows of 20 random columns: the class is the majority of three thresholds on three of them.

    Rules with corners among columns that do not matter are what trees do better than networks on real tables
    (Grinsztajn et al. 2022).
    """
    columns = np.random.default_rng(seed).uniform(-1, 1, (1200, 20))
    votes = np.stack([columns[:, 0] > 0.3, columns[:, 1] < -0.2, np.abs(columns[:, 2]) < 0.5])
    labels = (votes.sum(axis=0) >= 2).astype(np.int64)
    names = tuple(f"column {number}" for number in range(1, 21))
    return tables.with_classes(columns, labels, ("no", "yes"), names, seed, test_fraction)


TABLES: dict[str, Callable[[int, float], LoadedDataset]] = {
    "breast_cancer": tables.breast_cancer,
    "wine": tables.wine,
    "iris": tables.iris,
    "digits_table": tables.digits,
    "rule_table": rule_table,
}


class Splits:
    """Random splits of one data set into training and test data, all of the same sizes."""

    def __init__(self, name: str, seeds: Sequence[int]) -> None:
        self.name, self.seeds = name, list(seeds)
        if name == SHIFTED:
            train = round(IMAGES * (1 - TEST_FRACTION))
            images = shared_weights.shifted_digits(self.seeds, train, SHIFT, permuted=False)
            self.inputs, self.targets = images.train, images.train_labels
            self.test_inputs, self.test_targets = images.test, images.test_labels
            return
        loaded = [TABLES[name](seed, TEST_FRACTION) for seed in self.seeds]
        self.inputs = _stacked([one.train_inputs for one in loaded])
        self.targets = _stacked([one.train_targets for one in loaded])
        self.test_inputs = _stacked([one.test_inputs for one in loaded])
        self.test_targets = _stacked([one.test_targets for one in loaded])


def _stacked(arrays: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(arrays))


def networks(splits: Splits, epochs: int) -> Iterator[tuple[float, list[float]]]:
    """A network for each split; yields the share that is done and, at the end, their test accuracies.

    An MLP of one hidden layer on tables, a small convolutional network on shifted digits.
    """
    if splits.name == SHIFTED:
        images = shared_weights.Images(splits.inputs, splits.targets, splits.test_inputs, splits.test_targets)
        yield from shared_weights.train(shared_weights.CONVOLUTION, splits.seeds, images, epochs)
        return
    classes = int(splits.targets.max()) + 1
    sizes = (splits.inputs.shape[2], HIDDEN, classes)
    weights = [
        torch.stack(layer) for layer in zip(*(he_weights(sizes, s) for s in splits.seeds), strict=True)
    ]
    biases = [torch.zeros(len(splits.seeds), 1, size) for size in sizes[1:]]
    stack = Stack(weights, biases, [ACTIVATIONS["relu"]])
    for parameter in stack.parameters:
        parameter.requires_grad_()
    adam = torch_optimizers.AdamW(stack.parameters, LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = epochs * max(1, splits.inputs.shape[1] // BATCH)
    for step, chosen in enumerate(_batches(splits, steps)):
        adam.param_groups[0]["lr"] = LEARNING_RATE * (1 - step / steps)
        rows = torch.arange(len(splits.seeds))[:, None], chosen
        with threads(1):  # products this small are slower on several
            logits, _ = forward(stack, splits.inputs[rows])
            losses(logits, splits.targets[rows]).sum().backward()
            adam.step()
        adam.zero_grad()
        yield (step + 1) / steps, []
    with torch.no_grad():
        right = forward(stack, splits.test_inputs)[0].argmax(2) == splits.test_targets
    yield 1.0, right.float().mean(1).tolist()


def _batches(splits: Splits, steps: int) -> Iterator[Tensor]:
    """Indices (splits, BATCH) of each step, from a new order in each epoch."""
    generators = [torch.Generator().manual_seed(seed + 1) for seed in splits.seeds]
    count = splits.inputs.shape[1]
    per_epoch = max(1, count // BATCH)
    for step in range(steps):
        at = step % per_epoch
        if at == 0:
            order = torch.stack([torch.randperm(count, generator=one) for one in generators])
        yield order[:, at * BATCH : (at + 1) * BATCH]


def classical(method: str, splits: Splits) -> Iterator[float]:
    """Yields the test accuracy of one of METHODS on each split."""
    for number, seed in enumerate(splits.seeds):
        model = METHODS[method][0](seed)
        model.fit(splits.inputs[number].flatten(1).numpy(), splits.targets[number].numpy())
        predicted = model.predict(splits.test_inputs[number].flatten(1).numpy())
        yield float((predicted == splits.test_targets[number].numpy()).mean())
