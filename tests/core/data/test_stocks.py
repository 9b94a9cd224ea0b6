"""Windows of share prices agree with the table that pandas reads, and the future stays out of the past."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from vega_datasets import local_data

from core.data.stocks import stocks


@pytest.fixture(scope="module")
def changes() -> pd.DataFrame:
    prices = local_data.stocks().pivot(index="date", columns="symbol", values="price")
    return np.log(prices).diff()


def test_windows_and_targets_are_those_of_the_table(changes: pd.DataFrame) -> None:
    data = stocks(months=6, seed=0, test_fraction=0.2)
    target_changes = changes.iloc[7:]  # six changes come before the first target
    training = target_changes.iloc[:-23]
    assert len(target_changes) == 116  # of which a fifth is the test data
    windows, targets = [], []
    for symbol in sorted(changes):
        own = changes[symbol].dropna()
        for n in range(6, len(own)):
            if own.index[n] <= training.index[-1]:
                windows.append(own.iloc[n - 6 : n])
                targets.append(own.iloc[n])
    scale = np.std(targets)
    np.testing.assert_allclose(data.train_targets, np.array(targets) / scale, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(data.train_inputs[:, :, 0], np.array(windows) / scale, rtol=1e-5, atol=1e-6)


def test_last_months_of_all_companies_are_the_test_data(changes: pd.DataFrame) -> None:
    data = stocks(months=6, seed=0, test_fraction=0.2)
    scale = changes["AAPL"].dropna().iloc[0] / data.train_inputs[0, 0, 0]
    last = changes.tail(23).to_numpy()
    np.testing.assert_allclose(np.sort(data.test_targets * scale), np.sort(last.ravel()), atol=1e-5)
