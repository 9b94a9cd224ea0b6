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

# What one sample is, and therefore which networks and snapshots apply to it.
POINTS, IMAGES, SERIES = "points", "images", "series"
SMALL_IMAGES = "small images"  # too small for the convolutions of most networks
OWN_IMAGES = "own images"  # of one channel or of three, of any number of classes
GRAPH, MIXTURE = "graph", "mixture"
GRID_WORLD, CONTROL = "grid world", "control"
# Numbers over time with one target a sequence, symbols with a target at each step, and characters of a text.
SEQUENCES, SYMBOLS, TEXT = "sequences", "symbols", "text"
# Regression on one input, and on two.
CURVE, SURFACE = "curve", "surface"
TABLE = "table"  # rows of any number of features, with a class or a value each
# Kinds whose samples are rows of numbers with one target each: classical methods accept them as well.
ROWS = (POINTS, TABLE, CURVE, SURFACE, IMAGES, SMALL_IMAGES, OWN_IMAGES)

CLASSIFICATION, FORECAST, REGRESSION = "classification", "forecast", "regression"
# The task of mixtures, and the two of environments (fraction of episodes that succeed, mean return).
GENERATION, SUCCESS, RETURN = "generation", "success", "mean_return"

NO_TARGET = -100  # class number where there is no target: the ignore_index of torch's losses


@dataclass(frozen=True)
class Dataset:
    """One data set, known before it is loaded.

    load(seed, test_fraction, **settings, **options) returns a LoadedDataset, or the class of its kind
    (LoadedGraph, LoadedMixture, LoadedEnvironment); the same arguments give the same arrays.
    """

    name: str
    description: str
    source: str
    kind: str  # one of the kinds above: POINTS, IMAGES, ...
    task: str  # CLASSIFICATION, FORECAST, REGRESSION, GENERATION, SUCCESS or RETURN
    load: Callable[..., Any]
    # The defaults of the settings that apply, of samples (train and test together) and noise (standard
    # deviation, in the units of the coordinates).
    defaults: Mapping[str, Any]
    options: Mapping[str, Option] = field(default_factory=dict)  # settings that this data set alone has
    # Looks at all options together, before anything is loaded; raises InvalidRequest for what cannot be.
    check: Callable[..., object] = lambda **options: None

    @property
    def settings(self) -> tuple[str, ...]:
        """Which of samples and noise apply."""
        return tuple(self.defaults)


@dataclass(frozen=True, eq=False)
class LoadedDataset:
    """Arrays of one data set, split into training and test data.

    Inputs are float32: points, curves, surfaces and tables (samples, features); images (samples, channels,
    height, width) in [0, 1]; series (samples, hours, features); sequences (samples, time, features), NaN
    after the end of a shorter one. Those of symbols and text are int64 class numbers (samples, time).
    Targets of a classification are int64 class numbers (samples,), for symbols and text (samples, time) with
    NO_TARGET where there is none; those of a forecast or a regression are float32 values (samples,).
    """

    kind: str
    task: str
    train_inputs: np.ndarray
    train_targets: np.ndarray
    test_inputs: np.ndarray
    test_targets: np.ndarray
    classes: tuple[str, ...] = ()  # names of the class numbers; empty without a classification
    features: tuple[str, ...] = ()  # names along the last axis of the inputs; empty for images, symbols, text
    series: Series | None = None  # of a series alone
    target_name: str = ""  # of a regression
    target_mean: float = 0.0  # a target in its unit is target * target_scale + target_mean
    target_scale: float = 1.0  # other than 0 and 1 for tables alone
    truth: Callable[[np.ndarray], np.ndarray] | None = (
        None  # targets without noise; curves and surfaces alone
    )
    # (samples, 2) where each point lies in the plane; of points alone, whose inputs may be other features.
    train_plane: np.ndarray | None = None
    test_plane: np.ndarray | None = None
    train_times: np.ndarray | None = None  # (samples,) time of each training target, where it has one
    encoding: Mapping[str, Any] | None = None  # what a new row is read by, see row_encoding.py; of tables,
    # points, curves and surfaces alone


@dataclass(frozen=True, eq=False)
class Series:
    """What turns the scaled targets of a forecast back into the unit of the series.

    A target is (value at the time forecast - value now) / change_scale: a forecast of 0 is persistence, the
    value now. Of a relative series that change is in % of the value now.
    """

    unit: str
    horizon: str  # from now to the time forecast, in words: "24 h"
    change_scale: float  # standard deviation of the changes in the training data, in `error_unit`
    test_times: np.ndarray  # (samples,) datetime64, the times forecast
    test_now: np.ndarray  # (samples,) float32, the values now, in `unit`
    test_truth: np.ndarray  # (samples,) float32, the values at the times forecast, in `unit`
    naives: Mapping[str, np.ndarray]  # forecasts without a network, by name; each as test_truth
    quantity: str = "Temperature"
    relative: bool = False
    shown: int = 14 * 24  # samples at the end of the test data that a picture shows

    @property
    def error_unit(self) -> str:
        """Of changes and errors: % of the value now in a relative series."""
        return "%" if self.relative else self.unit

    @property
    def naive_rmse(self) -> dict[str, float]:
        """Error of each naive forecast on the test data, in `error_unit`."""
        return {name: self.rmse(forecast) for name, forecast in self.naives.items()}

    @property
    def baseline(self) -> str:
        """The name of the best naive forecast on the test data."""
        errors = self.naive_rmse
        return min(errors, key=lambda name: errors[name])

    @property
    def baseline_rmse(self) -> float:
        """Error of the best naive forecast on the test data, in `error_unit`."""
        return self.naive_rmse[self.baseline]

    @property
    def baseline_ratio(self) -> float:
        """That error over the error of persistence, on the test data."""
        return self.baseline_rmse / self.rmse(self.test_now)

    def value(self, now: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The forecast in `unit` of a scaled target."""
        change = target * self.change_scale
        return now + (change * now / 100 if self.relative else change)

    def rmse(self, forecast: np.ndarray, part: slice = slice(None)) -> float:
        """Error of a forecast of a part of the test data, in `error_unit`."""
        truth, now = self.test_truth[part], self.test_now[part]
        forecast = forecast[part] if len(forecast) == len(self.test_truth) else forecast
        return rmse(100 * forecast / now, 100 * truth / now) if self.relative else rmse(forecast, truth)


def rmse(expected: np.ndarray, truth: np.ndarray) -> float:
    """Root of the mean squared difference, of equal shapes."""
    return float(np.sqrt(np.mean(np.square(expected.astype(np.float64) - truth))))
