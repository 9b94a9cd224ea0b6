"""Networks are stronger, faster and more accurate than classical machine learning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    ABOVE,
    CORRECTED_T,
    INTERVALS,
    Claim,
    PageLink,
    Plot,
    Settings,
    Slider,
    Source,
    Statement,
    each_seed,
    seeds,
)
from core.experiments.statement_events import Fact, Measured, Series
from core.lazy import LazyModule
from core.options import Option
from core.statistics import corrected_t_interval

if TYPE_CHECKING:
    from core.experiments import classical_comparison
else:
    classical_comparison = LazyModule("core.experiments.classical_comparison")

# Each data set with its name and with the classical method that it is known for, chosen before any result.
DATA = {
    "breast_cancer": ("Tumour table", "SVM"),
    "wine": ("Wine table", "SVM"),
    "iris": ("Iris table", "SVM"),
    "digits_table": ("Digit table", "SVM"),
    "rule_table": ("Rule table", "random forest"),
    "shifted_digits": ("Moved digits", "SVM"),
}
WHAT = {
    "breast_cancer": "569 tumours, 30 measurements of each (breast cancer, Wisconsin)",
    "wine": "178 wines, 13 measurements of each",
    "iris": "150 flowers, 4 measurements of each",
    "digits_table": "1,797 handwritten digits of 8 x 8 pixels, each a row of 64 numbers",
    "rule_table": "1,200 rows of 20 random columns; the class is the majority of thresholds on three of them",
    "shifted_digits": "the same digits as images, each moved by up to 3 pixels",
}
# Percentage points. Less than one sample in a hundred is no reason to choose a method.
BETTER = 1.0
# Errors are drawn on a logarithmic axis, which has no 0: from here down they are drawn here.
FLOOR = 0.1
TEST_BY_TRAIN = 1 / 3  # a quarter of the samples is for testing
IMAGE_EPOCHS = 0.3  # of those for a table: a convolution needs fewer passes, and each costs more


def measure(settings: Settings) -> Iterator[Any]:
    """Both kinds on the same splits of each data set."""
    repeats = each_seed(settings)
    total = 2.0 * len(settings["data"])
    errors: dict[str, list[tuple[float, float, float]]] = {"Network": [], "Classical method": []}
    for number, data in enumerate(settings["data"]):
        yield Progress(2 * number, total, "methods")
        splits = classical_comparison.Splits(data, repeats)
        epochs = settings["epochs"] * (IMAGE_EPOCHS if data == "shifted_digits" else 1)
        network: list[float] = []
        for share, latest in classical_comparison.networks(splits, max(1, round(epochs))):
            network = latest or network
            yield Progress(2 * number + share, total, "methods")
        classical = []
        for accuracy in classical_comparison.classical(DATA[data][1], splits):
            classical.append(accuracy)
            yield Progress(2 * number + 1 + len(classical) / len(repeats), total, "methods")
        for kind, accuracies in zip(errors, (network, classical), strict=True):
            for seed, accuracy in zip(repeats, accuracies, strict=True):
                yield Measured(f"{kind}, {data}", seed, 100 * accuracy)
            errors[kind].append(_error(accuracies))
            names = tuple(DATA[name][0] for name in settings["data"][: number + 1])
            yield Series(kind, names, *zip(*errors[kind], strict=True))
        yield Fact(
            DATA[data][0], f"{WHAT[data]}; beside the network {_an(DATA[data][1])}, as scikit-learn has it"
        )


def _error(accuracies: Sequence[float]) -> tuple[float, float, float]:
    """Percent wrong: mean, low and high."""
    wrong = [100 * (1 - accuracy) for accuracy in accuracies]
    mean, low, high = (max(FLOOR, end) for end in corrected_t_interval(wrong, TEST_BY_TRAIN))
    return mean, low, high


def _an(method: str) -> str:
    return f"an {method}" if method == "SVM" else f"a {method}"


def claims(settings: Settings) -> tuple[Claim, ...]:
    """One for each data set: the network is better by a point or more."""
    return tuple(
        Claim(
            says=f"a network is more accurate than {_an(DATA[data][1])} by a point or more",
            condition=DATA[data][0],
            value="test accuracy of the network less that of the classical method, on the same split",
            of=f"Network, {data}",
            minus=f"Classical method, {data}",
            true_if=ABOVE,
            threshold=BETTER,
            method=CORRECTED_T,
            test_by_train=TEST_BY_TRAIN,
            unit="points",
            format="+.2f",
        )
        for data in settings["data"]
    )


STATEMENT = Statement(
    number="13a",
    chapter="neural_networks",
    section="Neural networks",
    section_zh="神经网络",
    title="Networks beat classical methods",
    sentence="Neural networks are stronger, faster and more accurate than classical machine learning.",
    sentence_zh="与经典的机器学习方法相比，神经网络更强、更快，也更准确。",
    question="A small network or a classical method: which is more accurate on a table, and which on images?",
    strongest="On images, sound and text a network that is built for them is far more accurate. Of speed "
    "nothing is claimed here: on tables of this size, classical methods are fitted in moments.",
    condition="the data: images whose objects move, or tables with a rule on a few of their columns",
    why=(
        "No method is best on all data; each assumes something, and wins where that is so.",
        "A convolution assumes that a thing is the same wherever it is, as in images; a tree assumes "
        "rules on "
        "single columns, as in many tables, and ignores the other columns.",
        "Splits of one data set overlap, so that their results are no independent samples: the interval here "
        "is that of Nadeau and Bengio, which is wider.",
    ),
    formula=r"\bar d \pm t_{n-1}\sqrt{\Big(\frac{1}{n} + \frac{n_{test}}{n_{train}}\Big)\, s_d^2}",
    sources=(
        Source(
            "Grinsztajn, Oyallon & Varoquaux 2022, Why do tree-based models still outperform deep "
            "learning on "
            "tabular data?",
            "https://arxiv.org/abs/2207.08815",
        ),
        Source(
            "Nadeau & Bengio 2003, Inference for the generalization error",
            "https://doi.org/10.1023/A:1024068626366",
        ),
        Source("Wolpert 1996, The lack of a priori distinctions between learning algorithms"),
    ),
    settings={
        "data": Option(
            "data sets",
            ("breast_cancer", "digits_table", "rule_table", "shifted_digits"),
            kind=str,
            choices=tuple(DATA),
            many=True,
            min_values=1,
            max_values=len(DATA),
        ),
        "epochs": Option("passes over the data, for a table", 20, min=1, max=500),
        **seeds(10),
    },
    full={"seeds": 40, "epochs": 40, "data": tuple(DATA)},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="Errors on data that neither has seen",
        look="Lower is better: the network wins on the moved digits, the classical method on the rule, and "
        "on tables of measurements they are close.",
        kind=INTERVALS,
        x="Data",
        y="Test error, %",
        log_y=True,
    ),
    slider=Slider("data", "Data", tuple(DATA), {"seeds": 8}, {key: name for key, (name, _) in DATA.items()}),
    links=(
        PageLink("train", "Train a network on the tumours", {"model": "mlp", "data": "breast_cancer"}),
        PageLink("train", "Train one on the digits", {"model": "convnet", "data": "mnist5k"}),
    ),
)
