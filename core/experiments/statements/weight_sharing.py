"""Convolutions, which share weights, solve the number of parameters and work well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    ABOVE,
    BELOW,
    EXACT,
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
from core.statistics import median_bounds

if TYPE_CHECKING:
    from core.experiments import shared_weights
    from core.layers import config, job
else:
    shared_weights = LazyModule("core.experiments.shared_weights")
    config = LazyModule("core.layers.config")
    job = LazyModule("core.layers.job")

# A first layer of 3 x 3 windows, from 3 to 64 channels, on a small image and on one of ImageNet's size.
CHANNELS_IN, CHANNELS_OUT, WINDOW = 3, 64, 3
SMALL, LARGE = 32, 224
MUCH = 1000.0  # times as many parameters, which is out of proportion for one layer
# 5 points: one image in twenty. Less than that, a few units more or less also make.
BETTER = 0.05


def shared(side: int) -> int:
    """Parameters of that layer on an image of side x side: the side is not in it."""
    return (WINDOW**2 * CHANNELS_IN + 1) * CHANNELS_OUT


def unshared(side: int) -> int:
    """The same with weights of their own at each place: a locally connected layer."""
    return shared(side) * side * side


def measure(settings: Settings) -> Iterator[Any]:
    """Counts; then three kinds of network trained on the same images, seed by seed."""
    yield from _counts()
    conditions = [(shift, False) for shift in settings["shifts"]]
    conditions += [(max(settings["shifts"]), True)] if settings["permuted"] else []
    kinds, repeats = shared_weights.KINDS, each_seed(settings)
    done, total = 0.0, len(conditions) * len(kinds)
    medians: dict[str, list[tuple[str, float, float, float]]] = {kind: [] for kind in kinds}
    for shift, permuted in conditions:
        yield Progress(done, total, "trainings")
        images = shared_weights.shifted_digits(repeats, settings["images"], shift, permuted)
        for kind in kinds:
            accuracies: list[float] = []
            for share, latest in shared_weights.train(kind, repeats, images, settings["epochs"]):
                accuracies = latest or accuracies
                yield Progress(done + share, total, "trainings")
            done += 1
            for seed, accuracy in zip(repeats, accuracies, strict=True):
                yield Measured(f"{kind}, {_name(shift, permuted)}", seed, accuracy)
            bounds = median_bounds(accuracies, accuracies)
            medians[kind].append((_tick(shift, permuted), *bounds))
            names, middle, low, high = zip(*medians[kind], strict=True)
            yield Series(_label(kind), names, middle, low, high)
    yield Progress(total, total, "trainings")


def _counts() -> Iterator[Any]:
    yield Measured("large by small image", 0, shared(LARGE) / shared(SMALL))
    yield Measured("unshared by shared", 0, unshared(LARGE) / shared(LARGE))
    yield Fact(
        f"3 x 3 windows from {CHANNELS_IN} to {CHANNELS_OUT} channels",
        f"{shared(SMALL):,} parameters shared, on an image of any size; "
        f"{unshared(LARGE):,} unshared at {LARGE} x {LARGE} pixels",
    )
    yield from _alexnet()


def _alexnet() -> Iterator[Fact]:
    """Where AlexNet's parameters and multiplications are."""
    for event in job.count_layers(config.LayersConfig(reference="alexnet")):
        layers = getattr(event, "layers", ())
        dense = sum(layer.parameters for layer in layers if layer.kind.startswith("Linear"))
        of_all = sum(layer.parameters for layer in layers)
        convolved = sum(layer.flops for layer in layers if layer.kind.startswith("Conv2d"))
        flops = sum(layer.flops for layer in layers)
        if layers:
            yield Fact(
                "AlexNet",
                f"{dense / of_all:.1%} of its parameters are in dense layers, which share nothing; "
                f"{convolved / flops:.0%} of its multiplications are in convolutions",
            )


def _name(shift: int, permuted: bool) -> str:
    return f"shifted up to {shift} px" * bool(shift) + "in the middle" * (not shift) + ", permuted" * permuted


def _tick(shift: int, permuted: bool) -> str:
    """The same, short enough for an axis."""
    return "shuffled" if permuted else f"shift {shift} px" if shift else "centred"


def _label(kind: str) -> str:
    return {"convolution": "Shared (convolution)", "local": "Local, unshared", "dense": "Dense"}[kind]


def claims(settings: Settings) -> tuple[Claim, ...]:
    """The counts, and better accuracy than a dense network of as many parameters, for each shift."""
    counts = (
        Claim(
            says="as many parameters on a larger image",
            condition=f"{LARGE} against {SMALL} pixels along each side",
            value="parameters of a convolution on the large image by those on the small one",
            of="large by small image",
            true_if=BELOW,
            threshold=1.0,
            method=EXACT,
        ),
        Claim(
            says="more than 1,000 times fewer parameters than with weights of their own at each place",
            condition=f"{LARGE} x {LARGE} pixels",
            value="parameters unshared by parameters shared",
            of="unshared by shared",
            true_if=ABOVE,
            threshold=MUCH,
            method=EXACT,
            unit="times",
            format=",.0f",
        ),
    )
    shifts = settings["shifts"]
    works = [_better("dense", shift, False, counts=True) for shift in shifts]
    beside = [_better("local", max(shifts), False, counts=False)]
    beside += [_better("dense", max(shifts), True, counts=False)] if settings["permuted"] else []
    return (*counts, *works, *beside)


def _better(than: str, shift: int, permuted: bool, counts: bool) -> Claim:
    other = {"dense": "a dense network", "local": "unshared windows"}[than]
    return Claim(
        says=f"5 points more accurate than {other} with as many parameters",
        condition=f"digits {_name(shift, permuted)}",
        value="test accuracy, from the same seed",
        of=f"convolution, {_name(shift, permuted)}",
        minus=f"{than}, {_name(shift, permuted)}",
        true_if=ABOVE,
        threshold=BETTER,
        counts=counts,
        format="+.3f",
    )


STATEMENT = Statement(
    number="6",
    chapter="feed_forward",
    section="Convolutional networks",
    section_zh="卷积神经网络",
    title="Shared weights are few and good",
    sentence="Sharing weights solves the problem of too many parameters for large images, and works well.",
    sentence_zh="对于大尺寸图像，共享权重消除了参数过多的难题，而且表现很好。",
    question="With equally many parameters: is a convolution better than a dense network at reading digits?",
    strongest="A convolution's number of parameters does not depend on the image's size, and where "
    "things lie "
    "anywhere in the image it is far more accurate than other layers with as many.",
    condition="how far the digits are shifted: in the middle of the image, sharing gains little; and "
    "it gains "
    "nothing once the pixels are shuffled",
    why=(
        "A shared window is learned once and looks everywhere, so its weights are counted once.",
        "A digit that is shifted is seen by the same weights at another place; a dense layer has to learn it "
        "anew at each place.",
        "Sharing assumes that neighbouring pixels belong together and that place does not matter: "
        "where this is "
        "false, as with shuffled pixels, it has nothing to gain. Dense layers behind it can still "
        "hold most of "
        "the parameters, as in AlexNet.",
    ),
    formula=r"\begin{aligned}\text{shared: } &(k^2\,c_\mathrm{in} + 1)\,c_\mathrm{out} \\ "
    r"\text{unshared: } &(k^2\,c_\mathrm{in} + 1)\,c_\mathrm{out}\,H\,W\end{aligned}",
    sources=(
        Source(
            "LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition",
            "https://doi.org/10.1162/neco.1989.1.4.541",
        ),
        Source(
            "Krizhevsky, Sutskever & Hinton 2012, ImageNet classification with deep convolutional neural "
            "networks",
        ),
        Source("Alpaydin & Kaynak 1998, Optical recognition of handwritten digits (the images)"),
    ),
    settings={
        "shifts": Option(
            "pixels by which digits are shifted at most",
            (0, 2),
            kind=int,
            many=True,
            min=0,
            max=4,
            min_values=1,
            max_values=5,
        ),
        "images": Option("for training", 800, min=50, max=1500),
        "epochs": Option("of training", 10, min=1, max=200),
        "permuted": Option("shuffle the pixels as a control", True),
        **seeds(11),
    },
    full={"seeds": 20, "epochs": 40, "images": 1200, "shifts": (0, 1, 2, 3)},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="Digits read, with equally many parameters",
        look="In the middle all three read well; once digits move, only the one that shares weights does.",
        kind=INTERVALS,
        x="Where the digits are",
        y="Test accuracy",
    ),
    slider=Slider(
        "shifts", "Shift of the digits, in pixels", (0, 1, 2, 3), {"permuted": False, "epochs": 8, "seeds": 8}
    ),
    links=(
        PageLink("layers", "Where AlexNet's parameters are", {"source": "reference", "reference": "alexnet"}),
        PageLink("train", "Train a small convolutional network", {"model": "convnet", "data": "mnist5k"}),
    ),
)
