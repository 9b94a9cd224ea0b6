"""The mainstream frameworks of deep learning are Python ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from core.events import Progress
from core.experiments.statement import (
    ABOVE,
    BARS,
    EXACT,
    Claim,
    Plot,
    Settings,
    Slider,
    Source,
    Statement,
)
from core.experiments.statement_events import Fact, Measured, Series
from core.options import Option

PYTHON = "Python"


@dataclass(frozen=True)
class Framework:
    """A framework that the text names, with dated facts."""

    name: str
    since: int  # year of its first public release, in the form that the text means
    used_from: str  # the language in which a network is first of all written with it
    computes_in: str  # the language of most of its own source
    began_at: str
    academic: bool  # a university or a research institute
    until: int | None  # last year in which it was developed under its name; None: still (2025)
    became: str = ""  # what took its place

    @property
    def text(self) -> str:
        """The facts in a line."""
        end = f"until {self.until}, {self.became}" if self.until else "still developed"
        return (
            f"{self.since}, {self.began_at}; used from {self.used_from}, its source is mostly "
            f"{self.computes_in}; {end}"
        )


# The six of the text, in its order.
NAMED = (
    Framework(
        "Theano", 2007, PYTHON, PYTHON, "Université de Montréal", True, 2017,
        "lives on as Aesara (2021) and PyTensor (2022)",
    ),
    Framework(
        "Caffe", 2013, "C++ and text files (with Python and MATLAB interfaces)", "C++",
        "University of California, Berkeley", True, 2017,
        "Caffe2 became a part of PyTorch (2018)",
    ),
    Framework(
        "Torch7", 2011, "Lua", "C", "Idiap Research Institute and others", True, 2017,
        "its successor is PyTorch",
    ),
    Framework("Keras", 2015, PYTHON, PYTHON, "François Chollet, then Google", False, None),
    Framework("TensorFlow", 2015, PYTHON, "C++", "Google", False, None),
    Framework("PaddlePaddle", 2016, PYTHON, "C++", "Baidu", False, None),
)  # fmt: skip
YEARS = (2008, 2010, 2012, 2014, 2016, 2018, 2021, 2024)
LAST = 2025  # up to which the facts are known
# Packages of live frameworks, by the name under which a person knows them.
PACKAGES = {
    "PyTorch": "torch",
    "TensorFlow": "tensorflow",
    "Keras": "keras",
    "JAX": "jax",
    "PaddlePaddle": "paddlepaddle",
    "PyTensor": "pytensor",
}
UNIVERSITY, SOURCE = "began at universities", "own source in Python"


def in_use(year: int, frameworks: Sequence[Framework] = NAMED) -> list[Framework]:
    """Those that were developed in a year."""
    return [one for one in frameworks if one.since <= year <= (one.until or LAST)]


def python_share(year: int, frameworks: Sequence[Framework] = NAMED) -> float:
    """How many of those that were developed in a year were first of all used from Python."""
    alive = in_use(year, frameworks)
    return sum(one.used_from == PYTHON for one in alive) / len(alive)


def measure(settings: Settings) -> Iterator[Any]:
    """Counts over the six frameworks, by year, and what of them is installed here."""
    yield Progress(0, 1, "count")
    for year in settings["years"]:
        yield Measured(f"{year}", 0, python_share(year))
    yield Measured(UNIVERSITY, 0, sum(one.academic for one in NAMED) / len(NAMED))
    yield Measured(SOURCE, 0, sum(one.computes_in == PYTHON for one in NAMED) / len(NAMED))
    counts = [(in_use(year), f"{year}") for year in YEARS]
    years = tuple(year for _, year in counts)
    from_python = [sum(one.used_from == PYTHON for one in alive) for alive, _ in counts]
    others = [len(alive) - n for (alive, _), n in zip(counts, from_python, strict=True)]
    yield Series("from Python", years, tuple(float(n) for n in from_python))
    yield Series("from Lua or C++", years, tuple(float(n) for n in others))
    for one in NAMED:
        yield Fact(one.name, one.text)
    yield Fact("Installed here", installed())
    yield Progress(1, 1, "count")


def installed() -> str:
    """The live frameworks that are installed, with their versions."""
    found = []
    for name, package in PACKAGES.items():
        try:
            found.append(f"{name} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(found) or "none of them"


def claims(settings: Settings) -> tuple[Claim, ...]:
    """All of them is what the text says: of those developed in a year, each was used from Python."""
    by_year = [
        Claim(
            says="every one of the named frameworks that were being developed was used from Python",
            condition=f"{year}",
            value="share of them",
            of=f"{year}",
            true_if=ABOVE,
            threshold=1.0,
            method=EXACT,
            format=".0%",
        )
        for year in settings["years"]
    ]
    half_of_all = [
        Claim(
            says=says,
            condition="the six of the text, at any time",
            value="share of them",
            of=of,
            true_if=ABOVE,
            threshold=0.5,
            counts=False,
            method=EXACT,
            format=".0%",
        )
        for says, of in (
            ("half of them or more began at a university or a research institute", UNIVERSITY),
            ("half of them or more are themselves written in Python", SOURCE),
        )
    ]
    return (*by_year, *half_of_all)


STATEMENT = Statement(
    number="14",
    chapter="hardware",
    section="Software: frameworks",
    section_zh="硬件和软件",
    title="Frameworks are Python",
    sentence="The mainstream frameworks of deep learning are Python ones, and many began at universities: "
    "Theano, Caffe, Torch, Keras, TensorFlow, PaddlePaddle.",
    sentence_zh="深度学习的主流框架都使用Python，其中不少诞生于大学："
    "Theano、Caffe、Torch、Keras、TensorFlow、PaddlePaddle。",
    question="Of these six frameworks, was every one used from Python?",
    strongest="In 2021, the year of the text: those of the six that were still being developed were all used "
    "from Python.",
    condition="the year: Torch was a Lua library and Caffe a C++ one, and both were over by 2018",
    why=(
        "Python won: whoever writes a network writes Python, and of the six the two that were not used "
        "from it, Torch (Lua) and Caffe (C++), ended when PyTorch took their place.",
        "What computes is another matter: the kernels below are C++ and CUDA in every framework, whatever "
        "it is called from.",
        "The three that began at universities or institutes all ended in 2017; those that live are "
        "companies' or are kept by one.",
    ),
    formula=r"\frac{\#\{\text{developed in the year, used from Python}\}}"
    r"{\#\{\text{developed in the year}\}}",
    sources=(
        Source(
            "Theano Development Team 2016, Theano: a Python framework", "https://arxiv.org/abs/1605.02688"
        ),
        Source(
            "Jia et al. 2014, Caffe: convolutional architecture for fast feature embedding",
            "https://arxiv.org/abs/1408.5093",
        ),
        Source("Collobert, Kavukcuoglu & Farabet 2011, Torch7: a Matlab-like environment"),
        Source("Abadi et al. 2016, TensorFlow", "https://arxiv.org/abs/1603.04467"),
        Source("Paszke et al. 2019, PyTorch", "https://arxiv.org/abs/1912.01703"),
    ),
    settings={
        "years": Option(
            "in which the frameworks are counted",
            (2014, 2021),
            kind=int,
            many=True,
            min=2008,
            max=LAST,
            min_values=1,
            max_values=18,
        ),
    },
    measure=measure,
    claims=claims,
    plot=Plot(
        title="The six frameworks of the text, year by year",
        look="Since 2018 only those used from Python are left; in 2014 two of three were not.",
        kind=BARS,
        x="Year",
        y="Frameworks in development",
    ),
    slider=Slider("years", "Year", (2008, 2010, 2012, 2014, 2016, 2018, 2021, 2024)),
)
