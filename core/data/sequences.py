"""Sequences that need memory: adding problem, parity, copy memory; mixtures of sines."""

from __future__ import annotations

import numpy as np

from core.data.dataset import CLASSIFICATION, NO_TARGET, REGRESSION, SEQUENCES, SYMBOLS, LoadedDataset

# Of the copy memory: 0 to 7 are to be remembered, then come the blank and the call to repeat.
REMEMBERED = 8
BLANK, CALL = 8, 9

PERIODS_IN_WINDOW = (2.0, 8.0)  # of each sine, within the steps that a network sees


def adding_problem(samples: int, length: int, seed: int, test_fraction: float) -> LoadedDataset:
    """Numbers of [0, 1] in a row, two of them marked; the target is the sum of these two.

    Inputs (samples, length, 2): the number, and 1 where it is marked, else 0. One mark is in each half.
    The target's variance is 1/6 = 0.167: the mean squared error of always predicting its mean, 1.
    Source: Hochreiter & Schmidhuber 1997, in the form of Le, Jaitly & Hinton 2015.
    """
    random = np.random.default_rng(seed)
    inputs = np.zeros((samples, length, 2), np.float32)
    inputs[:, :, 0] = random.random((samples, length))
    rows = np.arange(samples)
    inputs[rows, random.integers(0, length // 2, samples), 1] = 1
    inputs[rows, random.integers(length // 2, length, samples), 1] = 1
    targets = (inputs[:, :, 0] * inputs[:, :, 1]).sum(axis=1)
    return _split(
        SEQUENCES,
        REGRESSION,
        inputs,
        targets,
        test_fraction,
        features=("number", "marked"),
        target_name="sum",
    )


def parity(samples: int, length: int, seed: int, test_fraction: float) -> LoadedDataset:
    """Rows of 1 to `length` bits; the class says whether the number of ones is even or odd.

    Inputs (samples, length, 1): 1 or -1 for a bit, NaN after the end of a shorter row. Each length is as
    frequent as each other, so that a network learns from short rows what long ones need.
    Source: Minsky & Papert 1969; bits one after the other: Hochreiter & Schmidhuber 1997.
    """
    random = np.random.default_rng(seed)
    bits = random.integers(0, 2, (samples, length))
    past_the_end = np.arange(length) >= random.integers(1, length + 1, samples)[:, None]
    bits[past_the_end] = 0
    inputs = np.where(past_the_end, np.nan, 2.0 * bits - 1).astype(np.float32)[:, :, None]
    return _split(
        SEQUENCES,
        CLASSIFICATION,
        inputs,
        bits.sum(axis=1) % 2,
        test_fraction,
        features=("bit",),
        classes=("even", "odd"),
    )


def sines(
    samples: int, noise: float, length: int, waves: int, seed: int, test_fraction: float
) -> LoadedDataset:
    """Sums of `waves` sines of random period and phase; the target is the value a tenth of the window ahead.

    Inputs (samples, length, 1), of variance near 1, with normal noise; targets (samples,) have none. Each
    sine has 2 to 8 periods within the window.
    """
    random = np.random.default_rng(seed)
    ahead = max(1, length // 10)
    times = np.append(np.arange(length), length - 1 + ahead)
    frequencies = random.uniform(*PERIODS_IN_WINDOW, (samples, waves, 1)) / length
    phases = random.uniform(0, 2 * np.pi, (samples, waves, 1))
    values = np.sqrt(2 / waves) * np.sin(2 * np.pi * frequencies * times + phases).sum(axis=1)
    seen = values[:, :-1] + random.normal(0.0, noise, (samples, length))
    return _split(
        SEQUENCES,
        REGRESSION,
        seen[:, :, None].astype(np.float32),
        values[:, -1],
        test_fraction,
        features=("value",),
        target_name=f"value {ahead} steps ahead",
    )


def copy_memory(samples: int, symbols: int, delay: int, seed: int, test_fraction: float) -> LoadedDataset:
    """A few symbols, a long pause, and then a call to repeat them in order.

    Inputs int64 (samples, symbols + delay + symbols): the symbols, 0 to 7; blanks (8), of which the last is
    the call (9); blanks while they are repeated. Targets int64 of the same shape: at the last `symbols`
    steps the symbols, before that -100 (NO_TARGET). Guessing has accuracy 1/8.
    Source: Hochreiter & Schmidhuber 1997; Arjovsky, Shah & Bengio 2016.
    """
    random = np.random.default_rng(seed)
    shown = random.integers(0, REMEMBERED, (samples, symbols))
    pause = np.full((samples, delay), BLANK)
    pause[:, -1] = CALL
    inputs = np.concatenate([shown, pause, np.full((samples, symbols), BLANK)], axis=1)
    targets = np.full_like(inputs, NO_TARGET)
    targets[:, -symbols:] = shown
    names = (*"abcdefgh", "·", "?")
    return _split(SYMBOLS, CLASSIFICATION, inputs, targets, test_fraction, classes=names)


def _split(
    kind: str,
    task: str,
    inputs: np.ndarray,
    targets: np.ndarray,
    test_fraction: float,
    features: tuple[str, ...] = (),
    classes: tuple[str, ...] = (),
    target_name: str = "",
) -> LoadedDataset:
    """The first samples are the test data: samples are independent and identically distributed."""
    test_size = max(1, round(test_fraction * len(inputs)))
    targets = targets.astype(np.float32 if task == REGRESSION else np.int64)
    return LoadedDataset(
        kind=kind,
        task=task,
        train_inputs=inputs[test_size:],
        train_targets=targets[test_size:],
        test_inputs=inputs[:test_size],
        test_targets=targets[:test_size],
        classes=classes,
        features=features,
        target_name=target_name,
    )
