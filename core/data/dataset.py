"""What the registry says about a data set, and what loading one gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule
from core.options import Option

if TYPE_CHECKING:
    import numpy as np
else:
    np = LazyModule("numpy")

# What one sample is, and therefore which networks and pictures fit it.
POINTS, IMAGES, SERIES = "points", "images", "series"
SMALL_IMAGES = "small images"  # too small for the convolutions of most networks
GRAPH, MIXTURE = "graph", "mixture"
GRID_WORLD, CONTROL = "grid world", "control"
# Numbers over time with one answer for all, symbols with an answer at each step, and characters of a text.
SEQUENCES, SYMBOLS, TEXT = "sequences", "symbols", "text"
# A value over one number, and over two.
CURVE, SURFACE = "curve", "surface"
TABLE = "table"  # rows of any number of features, with a class or a value each
# Kinds whose samples are rows of numbers with one answer, which classical methods take as well.
ROWS = (POINTS, TABLE, CURVE, SURFACE, IMAGES, SMALL_IMAGES)

CLASSIFICATION, FORECAST, REGRESSION = "classification", "forecast", "regression"
# What to make more of, and what to earn: of mixtures and of environments.
GENERATION, SUCCESS, RETURN = "generation", "success", "mean_return"

NO_ANSWER = -100  # stands among class numbers where no answer is asked; torch's losses leave it out


@dataclass(frozen=True)
class Dataset:
    """One data set, known before it is loaded.

    kind is "points", "images" or "series"; task is "classification" or "forecast". defaults holds the
    settings that apply, of samples (how many are drawn, train and test together) and noise (standard
    deviation, in the units of the coordinates), each with its usual value. options are the settings that only
    this data set has. load(seed, test_fraction, **settings, **options) gives a LoadedDataset, or what its
    kind stands for; the same arguments give the same arrays.
    """

    name: str
    description: str
    source: str
    kind: str
    task: str
    load: Callable[..., Any]
    defaults: Mapping[str, Any]
    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def settings(self) -> tuple[str, ...]:
        """Which of samples and noise apply."""
        return tuple(self.defaults)


@dataclass(frozen=True, eq=False)
class LoadedDataset:
    """Arrays of one data set, split into a part to learn from and a part held back.

    train_inputs and test_inputs are float32: points, curves, surfaces and tables (samples, features); images
    (samples, 1, height, width) in [0, 1]; series (samples, hours, features); sequences (samples, time,
    features), NaN after the end of a shorter one. Those of symbols and text are int64 class numbers (samples,
    time). train_targets and test_targets are int64 class numbers (samples,) of a classification, for symbols
    and text (samples, time) with NO_ANSWER where none is asked; float32 values (samples,) of a forecast or a
    regression, whose name is `answer`. classes names the class numbers and is empty without a classification;
    features names what the last axis of points, curves, tables, series and sequences holds. series is there
    for a series alone, and truth, the targets without noise at inputs of any kind, for curves and surfaces.
    An answer in its unit is target * answer_scale + answer_mean; tables alone have other than 1 and 0.
    """

    kind: str
    task: str
    train_inputs: np.ndarray
    train_targets: np.ndarray
    test_inputs: np.ndarray
    test_targets: np.ndarray
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    series: Series | None = None
    answer: str = ""
    answer_mean: float = 0.0
    answer_scale: float = 1.0
    truth: Callable[[np.ndarray], np.ndarray] | None = None
    train_times: np.ndarray | None = None  # (samples,) when each training target happens, where it has a time


@dataclass(frozen=True, eq=False)
class Series:
    """What turns the scaled numbers of a forecast back into degrees, by a scale of the training part alone.

    A target is (value at the time forecast - value now) / change_scale, so a forecast of 0 says "as it is
    now". test_times (datetime64[h]) are the times forecast; test_now and test_truth the values now and at
    that time, float32 (samples,), in `unit`. mean and scale belong to the first input feature.
    """

    unit: str
    horizon_h: int
    change_scale: float
    test_times: np.ndarray
    test_now: np.ndarray
    test_truth: np.ndarray

    @property
    def baseline_rmse(self) -> float:
        """Error of "as it is now" on the test part, in `unit`."""
        return rmse(self.test_now, self.test_truth)

    def value(self, now: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The forecast in `unit` that a scaled target stands for."""
        return now + target * self.change_scale


def rmse(expected: np.ndarray, truth: np.ndarray) -> float:
    """Root of the mean squared difference, of equal shapes."""
    return float(np.sqrt(np.mean(np.square(expected.astype(np.float64) - truth))))
