"""Real prices: five companies' shares, month by month through ten years."""

from __future__ import annotations

import numpy as np

from core.data.dataset import REGRESSION, SEQUENCES, LoadedDataset
from core.paths import cached


def stocks(months: int, seed: int, test_fraction: float) -> LoadedDataset:
    """Changes of a share's price in the last `months` months; the target is the change in the month after.

    Inputs (samples, months, 1) and targets (samples,) are changes of the price's logarithm, in standard
    deviations of the training targets. The last months of all companies are the test data; no training
    target is of them. The seed has no effect.
    Source: vega_datasets; Amazon, Apple, Google, IBM and Microsoft, January 2000 to March 2010.
    """
    companies, month, price = cached("stocks", ("companies", "months", "prices"), _parse)
    windows, changes, target_months = [], [], []
    for company in np.unique(companies):
        own = companies == company
        change = np.diff(np.log(price[own]))
        first = np.arange(len(change) - months)
        windows.append(change[first[:, None] + np.arange(months)])
        changes.append(change[months:])
        target_months.append(month[own][months + 1 :])
    inputs, targets, when = (np.concatenate(parts) for parts in (windows, changes, target_months))
    every_month = np.unique(when)
    in_test = when >= every_month[-max(1, round(test_fraction * len(every_month)))]
    scale = targets[~in_test].std()
    inputs = (inputs[:, :, None] / scale).astype(np.float32)
    targets = (targets / scale).astype(np.float32)
    return LoadedDataset(
        kind=SEQUENCES,
        task=REGRESSION,
        train_inputs=inputs[~in_test],
        train_targets=targets[~in_test],
        test_inputs=inputs[in_test],
        test_targets=targets[in_test],
        features=("change of the price",),
        target_name="change of the next month",
        train_times=when[~in_test],
    )


def _parse() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Company numbers int64, months since 1970 int64 and prices float64, all (559,), by company and month."""
    from vega_datasets import local_data

    table = local_data.stocks().sort_values(["symbol", "date"])
    companies = np.unique(table["symbol"].to_numpy(str), return_inverse=True)[1].astype(np.int64)
    months = table["date"].to_numpy().astype("datetime64[M]").astype(np.int64)
    return companies, months, table["price"].to_numpy(np.float64)
