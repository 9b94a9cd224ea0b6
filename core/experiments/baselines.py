"""Classical methods on the data of a training: the same split, the same metric, and their times."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
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
from core.training.class_scores import balanced_accuracy, is_uneven
from core.training.config import TrainConfig
from core.training.learners.building import loaded

MAX_SAMPLES = 5_000  # of training data: a support vector machine's time grows with their square


@dataclass(frozen=True)
class ClassicalCompleted:
    """One method has been fitted and tested."""

    method: str  # a key of METHODS
    metric: str  # "accuracy" or "skill", as in the network's training
    value: float  # of the metric, on the test data
    fit_s: float  # seconds to fit the training data
    predict_s: float  # seconds to predict the test data
    train_samples: int  # how many it was fitted to
    balanced_accuracy: float | None = None  # where classes are uneven; None in runs of version 0.1


Make = Callable[[int], Any]

# Each method by name: how scikit-learn makes it for classes, and for values, from a seed.
METHODS: dict[str, tuple[Make, Make]] = {
    "majority or mean": (
        lambda seed: DummyClassifier(strategy="most_frequent"),
        lambda seed: DummyRegressor(),
    ),
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
    """Fit each method to the training data of this config; yields one event for each method.

    Raises InvalidRequest for data whose samples are not rows of numbers.
    """
    data = loaded(config)
    if not isinstance(data, LoadedDataset) or data.kind not in ROWS:
        raise InvalidRequest(f"Classical methods apply to {', '.join(ROWS)}; {config.data} is none of them.")
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
        warnings.simplefilter("ignore", ConvergenceWarning)  # the metric shows how far it came
        method.fit(inputs, targets)
    fitted = time.perf_counter()
    predicted = method.predict(_rows(data.test_inputs))
    ended = time.perf_counter()
    metric, value = _metric(predicted, data)
    balanced = None
    if data.task == CLASSIFICATION and is_uneven(data.test_targets):
        balanced = balanced_accuracy(predicted, data.test_targets)
    return ClassicalCompleted(name, metric, value, fitted - began, ended - fitted, len(inputs), balanced)


def _metric(predicted: np.ndarray, data: LoadedDataset) -> tuple[str, float]:
    targets = data.test_targets
    if data.task == CLASSIFICATION:
        return "accuracy", float((predicted == targets).mean())
    error = np.sqrt(np.mean(np.square(predicted.astype(np.float64) - targets)))
    return "skill", float(1 - error / targets.std(dtype=np.float64))


def _rows(inputs: np.ndarray) -> np.ndarray:
    return inputs.reshape(len(inputs), -1)
