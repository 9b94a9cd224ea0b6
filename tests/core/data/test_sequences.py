"""Sequences ask what their papers ask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.dataset import LoadedDataset
from core.data.sequences import BLANK, CALL, adding_problem, copy_memory, parity, sines


def both(data: LoadedDataset) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets of both parts together."""
    return (
        np.concatenate([data.train_inputs, data.test_inputs]),
        np.concatenate([data.train_targets, data.test_targets]),
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 80), st.integers(0, 1000))
def test_sum_of_the_two_marked_numbers_is_asked(length: int, seed: int) -> None:
    inputs, targets = both(adding_problem(60, length, seed, 0.2))
    marked = inputs[:, :, 1] == 1
    assert inputs.shape == (60, length, 2)
    assert (marked[:, : length // 2].sum(axis=1) == 1).all()
    assert (marked[:, length // 2 :].sum(axis=1) == 1).all()
    np.testing.assert_allclose(targets, inputs[:, :, 0][marked].reshape(60, 2).sum(axis=1), rtol=1e-6)


def test_guessing_the_mean_of_the_adding_problem_errs_by_one_sixth() -> None:
    _, targets = both(adding_problem(100_000, 10, 0, 0.2))
    assert np.mean(np.square(targets - 1)) == pytest.approx(1 / 6, abs=0.002)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(0, 1000))
def test_parity_of_the_bits_before_the_end_is_asked(length: int, seed: int) -> None:
    inputs, classes = both(parity(60, length, seed, 0.2))
    for row, target in zip(inputs[:, :, 0], classes, strict=True):
        bits = row[~np.isnan(row)]
        assert 1 <= len(bits) <= length
        assert np.isnan(row[len(bits) :]).all()
        assert set(bits) <= {-1, 1}
        assert (bits == 1).sum() % 2 == target


def test_every_length_of_parity_is_as_frequent_as_each_other() -> None:
    inputs, classes = both(parity(20_000, 10, 0, 0.2))
    lengths = (~np.isnan(inputs[:, :, 0])).sum(axis=1)
    assert np.bincount(lengths)[1:] == pytest.approx(2000, rel=0.1)
    assert classes.mean() == pytest.approx(0.5, abs=0.02)


def test_target_of_a_mixture_continues_its_sines() -> None:
    # A sum of k sines obeys a linear recurrence over 2k steps; the target is where that recurrence leads.
    inputs, targets = both(sines(20, 0.0, 40, 2, 3, 0.2))
    for row, target in zip(inputs[:, :, 0].astype(np.float64), targets, strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(row, 4)[:-4]
        ahead = row[7:]
        weights, *_ = np.linalg.lstsq(windows, ahead, rcond=None)
        assert row[-4:] @ weights == pytest.approx(target, abs=0.02)


def test_noise_of_mixtures_is_as_large_as_said_and_spares_the_targets() -> None:
    clean, targets = both(sines(2000, 0.0, 40, 2, 0, 0.2))
    noisy, same = both(sines(2000, 0.3, 40, 2, 0, 0.2))
    assert (noisy - clean).std() == pytest.approx(0.3, rel=0.02)
    assert clean.std() == pytest.approx(1, abs=0.05)
    np.testing.assert_array_equal(targets, same)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 10), st.integers(1, 40), st.integers(0, 1000))
def test_symbols_are_asked_after_the_call_alone(symbols: int, delay: int, seed: int) -> None:
    inputs, targets = both(copy_memory(40, symbols, delay, seed, 0.2))
    assert inputs.shape == targets.shape == (40, 2 * symbols + delay)
    np.testing.assert_array_equal(targets[:, -symbols:], inputs[:, :symbols])
    assert (targets[:, :-symbols] == -100).all()
    assert (inputs[:, :symbols] < 8).all()
    assert (inputs[:, symbols + delay - 1] == CALL).all()
    waiting = np.delete(inputs[:, symbols:], delay - 1, axis=1)
    assert (waiting == BLANK).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: adding_problem(100, 10, seed, 0.2),
        lambda seed: parity(100, 10, seed, 0.2),
        lambda seed: sines(100, 0.1, 40, 2, seed, 0.2),
        lambda seed: copy_memory(100, 3, 10, seed, 0.2),
    ],
)
def test_seed_decides_and_no_sample_is_in_both_parts(make) -> None:
    data, same, other = make(5), make(5), make(6)
    assert (len(data.train_inputs), len(data.test_inputs)) == (80, 20)
    np.testing.assert_array_equal(data.train_inputs, same.train_inputs)
    assert not np.array_equal(data.train_inputs, other.train_inputs)
