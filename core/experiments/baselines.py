"""Classical methods on the data of a training: the same split, the same metric, and the time they take."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC, SVR

from core.data.dataset import CLASSIFICATION, ROWS, LoadedDataset
from core.errors import InvalidRequest
from core.events import Progress
from core.training.config import TrainConfig
from core.training.learners.building import loaded

MAX_SAMPLES = 5_000  # to learn from: a support vector machine's time grows with their square


@dataclass(frozen=True)
class ClassicalCompleted:
    """One method: its metric on what is held back (that of the network's training), seconds to fit the
    training part and to answer the test part, and how many samples it learned from."""

    method: str
    metric: str
    value: float
    fit_s: float
    predict_s: float
    train_samples: int


Make = Callable[[int], Any]

# Each method by name: how scikit-learn makes it for classes, and for values, from a seed.
METHODS: dict[str, tuple[Make, Make]] = {
    "linear": (lambda seed: LogisticRegression(max_iter=500), lambda seed: LinearRegression()),
    "k-NN": (lambda seed: KNeighborsClassifier(), lambda seed: KNeighborsRegressor()),
    "SVM": (lambda seed: SVC(), lambda seed: SVR()),
    "random forest": (
        lambda seed: RandomForestClassifier(random_state=seed),
        lambda seed: RandomForestRegressor(random_state=seed),
    ),
    "gradient boosting": (
        lambda seed: HistGradientBoostingClassifier(random_state=seed),
        lambda seed: HistGradientBoostingRegressor(random_state=seed),
    ),
}


def compare(config: TrainConfig) -> Iterator[Progress | ClassicalCompleted]:
    """Fit each method on the training part that this config's network has; yields one event a method.

    Raises InvalidRequest for data of which a sample is no row of numbers.
    """
    data = loaded(config)
    if not isinstance(data, LoadedDataset) or data.kind not in ROWS:
        raise InvalidRequest(f"Classical methods take {', '.join(ROWS)}, and {config.data} is none of them.")
    classified = data.task == CLASSIFICATION
    for done, (name, makes) in enumerate(METHODS.items()):
        yield Progress(done, len(METHODS), "methods")
        method = makes[0 if classified else 1](config.seed % 2**32)
        yield _completed(name, method, data)
    yield Progress(len(METHODS), len(METHODS), "methods")


def _completed(name: str, method: Any, data: LoadedDataset) -> ClassicalCompleted:
    inputs, targets = _rows(data.train_inputs)[:MAX_SAMPLES], data.train_targets[:MAX_SAMPLES]
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the metric tells how far it came
        method.fit(inputs, targets)
    fitted = time.perf_counter()
    answers = method.predict(_rows(data.test_inputs))
    ended = time.perf_counter()
    metric, value = _metric(answers, data)
    return ClassicalCompleted(name, metric, value, fitted - began, ended - fitted, len(inputs))


def _metric(answers: np.ndarray, data: LoadedDataset) -> tuple[str, float]:
    truth = data.test_targets
    if data.task == CLASSIFICATION:
        return "accuracy", float((answers == truth).mean())
    error = np.sqrt(np.mean(np.square(answers.astype(np.float64) - truth)))
    return "skill", float(1 - error / truth.std(dtype=np.float64))


def _rows(inputs: np.ndarray) -> np.ndarray:
    return inputs.reshape(len(inputs), -1)
