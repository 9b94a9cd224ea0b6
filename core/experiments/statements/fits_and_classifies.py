"""Neural networks fit data and classify."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    ABOVE,
    BELOW,
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

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from core import torch_devices
    from core.data import points
    from core.experiments import stacked_training
    from core.experiments.dying_units.stacked import Stack
else:
    torch, torch_devices = LazyModule("torch"), LazyModule("core.torch_devices")
    points = LazyModule("core.data.points")
    stacked_training = LazyModule("core.experiments.stacked_training")

INSIDE = 0.0
# An error of a third of the sine's size leaves a tenth of its variance unexplained; and of ten points, nine
# in their class.
SMALL_ERROR, MOSTLY_RIGHT = math.sqrt(0.1), 0.9
PERIODS = 2  # of the sine, between -1 and 1
TURNS, RADIUS = 1.75, 2.0  # of both spirals, as points.spiral winds them
LEARNING_RATE, TRAIN_POINTS, TEST_POINTS, DRAWN_POINTS = 0.01, 100, 200, 241
SHOWN_EVERY = 100  # steps


def measure(settings: Settings) -> Iterator[Any]:
    """How well networks fit a sine and tell two spirals apart, where they were trained and beyond."""
    with torch_devices.threads(1):
        yield from _sine(settings)
        yield from _spirals(settings)


def _sine(settings: Settings) -> Iterator[Any]:
    seed_range, width = each_seed(settings), settings["width"]
    stack = stacked_training.initialised(["tanh"], (1, width, width, 1), seed_range)
    x = torch.linspace(-1, 1, TRAIN_POINTS).view(1, -1, 1).repeat(len(seed_range), 1, 1)
    steps = stacked_training.train(stack, x, sine(x), stacked_training.squared_error, "adam", LEARNING_RATE)
    reach = 1 + max(0.5, *settings["distances"])
    for step in range(1, settings["steps"] + 1):
        next(steps)
        if step % SHOWN_EVERY == 0 or step == settings["steps"]:
            yield from _drawn(stack, reach)
        yield Progress(step, 2 * settings["steps"], "training steps")
    for distance in settings["distances"]:
        at = band(distance).view(1, -1, 1).repeat(len(seed_range), 1, 1)
        errors = stacked_training.squared_error(stacked_training.outputs_of(stack, at), sine(at))
        relative = (errors / sine(at).square().mean((1, 2))).sqrt()
        for seed, value in zip(seed_range, relative.tolist(), strict=True):
            yield Measured(_error(distance), seed, value)


def sine(x: Tensor) -> Tensor:
    """The curve that is to be fitted."""
    return torch.sin(PERIODS * math.pi * x)


def band(distance: float) -> Tensor:
    """Test points: from the training interval, or from both sides of it, as far as the distance."""
    if distance == INSIDE:
        return torch.linspace(-1, 1, TEST_POINTS)
    beyond = torch.linspace(1, 1 + distance, TEST_POINTS // 2)
    return torch.cat([-beyond, beyond])


def _drawn(stack: Stack, reach: float) -> Iterator[Series]:
    """The sine, and the median and the middle eight tenths of the networks."""
    x = torch.linspace(-reach, reach, DRAWN_POINTS)
    at = tuple(x.tolist())
    outputs = stacked_training.outputs_of(stack, x.view(1, -1, 1).repeat(len(stack.weights[0]), 1, 1))
    low, middle, high = (tuple(outputs[..., 0].quantile(part, 0).tolist()) for part in (0.1, 0.5, 0.9))
    yield Series("Sine", at, tuple(sine(x).tolist()))
    yield Series("Networks", at, middle, low, high)


def _spirals(settings: Settings) -> Iterator[Any]:
    seed_range, width = each_seed(settings), settings["width"]
    # He's weights, for ReLU.
    stack = stacked_training.initialised(["relu"], (2, width, width, 1), seed_range, math.sqrt(2))
    loaded = [points.spiral(2 * TEST_POINTS, 0.0, seed, 0.5, "xy", 2, TURNS) for seed in seed_range]
    x, inside = (
        torch.stack([torch.from_numpy(getattr(data, f"{split}_inputs")) for data in loaded])
        for split in ("train", "test")
    )
    targets, inside_targets = (
        torch.stack([torch.from_numpy(getattr(data, f"{split}_targets")) for data in loaded])[
            ..., None
        ].float()
        for split in ("train", "test")
    )
    steps = stacked_training.train(
        stack, x, targets, stacked_training.binary_cross_entropy, "adam", LEARNING_RATE
    )
    for step in range(1, settings["steps"] + 1):
        next(steps)
        yield Progress(settings["steps"] + step, 2 * settings["steps"], "training steps")
    medians = []
    for distance in settings["distances"]:
        at, classes = (inside, inside_targets) if distance == INSIDE else _beyond(distance, seed_range)
        right = stacked_training.accuracies(stacked_training.outputs_of(stack, at), classes)
        for seed, value in zip(seed_range, right.tolist(), strict=True):
            yield Measured(_right(distance), seed, value)
        medians.append(
            f"{right.median().item():.0%} {f'up to {distance:g} beyond' if distance else 'within'}"
        )
    yield Fact("Accuracy on two spirals", f"{', '.join(medians)}; by guessing 50%")


def _beyond(distance: float, seed_range: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Both arms, wound further by that fraction of their length so far, and their classes."""
    fraction = torch.linspace(1, 1 + distance, TEST_POINTS // 2)
    angle = 2 * math.pi * TURNS * fraction
    arm = RADIUS * fraction[:, None] * torch.stack([torch.sin(angle), torch.cos(angle)], 1)
    classes = torch.cat([torch.zeros(len(arm), 1), torch.ones(len(arm), 1)])
    times = (len(seed_range), 1, 1)
    return torch.cat([arm, -arm]).repeat(times), classes.repeat(times)


def _error(distance: float) -> str:
    return f"error, distance {distance:g}"


def _right(distance: float) -> str:
    return f"accuracy, distance {distance:g}"


def claims(settings: Settings) -> tuple[Claim, ...]:
    """A network fits and classifies, at each distance from the data that it was trained on."""
    found = []
    for distance in settings["distances"]:
        inside = distance == INSIDE
        found += [
            Claim(
                says="networks fit a sine: their error is less than a third of its size",
                condition="new points of the training interval"
                if inside
                else f"points up to {distance:g} outside the interval from −1 to 1",
                value="root mean square of the error by that of the sine",
                of=_error(distance),
                true_if=BELOW,
                threshold=SMALL_ERROR,
                format=".2f",
            ),
            Claim(
                says="networks classify: more than nine in ten points of two spirals are right",
                condition="new points of the arms"
                if inside
                else f"both arms wound on, by {distance:g} of their length",
                value="accuracy on points that were not trained on",
                of=_right(distance),
                true_if=ABOVE,
                threshold=MOSTLY_RIGHT,
                format=".1%",
            ),
        ]
    return tuple(found)


STATEMENT = Statement(
    number="12",
    chapter="neural_networks",
    section="Neural networks",
    section_zh="神经网络",
    title="Networks fit and classify",
    sentence="Neural networks can fit data as well as classify and recognise things.",
    sentence_zh="神经网络既能拟合数据，也能对事物进行分类和识别。",
    question="A network has learned a sine between −1 and 1. Does it know the sine?",
    strongest="For new points from where the training points are: there it fits and classifies well.",
    condition="how far outside its training data it is asked",
    why=(
        "With enough hidden units a network comes as close as you like to any continuous function on a "
        "closed interval, and training finds such weights for a sine and for two spirals.",
        "The loss counts training points alone, and nothing tells the network what happens elsewhere.",
        "Outside, the activation decides: a tanh network becomes constant and a ReLU network linear, "
        "whatever the data would do.",
    ),
    formula=r"\min_\theta \frac1n \sum_{i=1}^{n} \big(f_\theta(x_i) - y_i\big)^2, \qquad x_i \in [-1, 1]",
    sources=(
        Source(
            "Cybenko 1989, Approximation by superpositions of a sigmoidal function",
            "https://doi.org/10.1007/BF02551274",
        ),
        Source(
            "Xu, Zhang, Li, Du, Kawarabayashi & Jegelka 2021, How neural networks extrapolate: from "
            "feedforward to graph neural networks",
            "https://arxiv.org/abs/2009.11848",
        ),
        Source(
            "Ziyin, Hartwig & Ueda 2020, Neural networks fail to learn periodic functions and how to fix it",
            "https://arxiv.org/abs/2006.08195",
        ),
    ),
    settings={
        "distances": Option(
            "how far outside the training data: half the interval, or an arm of a spiral, is 1; 0 is within",
            (INSIDE, 1.0),
            kind=float,
            many=True,
            min=0,
            max=4,
            min_values=1,
            max_values=8,
        ),
        "width": Option("units of both hidden layers", 32, min=1, max=128),
        "steps": Option("of training, with Adam", 800, min=1, max=10_000),
        **seeds(12),
    },
    full={"seeds": 48, "steps": 3000, "distances": (INSIDE, 0.5, 1.0, 2.0)},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="Networks that learned a sine",
        look="Between −1 and 1 both curves are one; outside, networks no longer follow the sine (median, and "
        "eight in ten of them shaded).",
        x="x (training points lie between −1 and 1)",
        y="Output",
    ),
    slider=Slider(
        "distances",
        "How far outside its training data",
        (INSIDE, 0.02, 0.1, 0.25, 0.5, 1.0, 2.0),
        {"steps": 500},
    ),
    links=(
        PageLink("train", "Fit a curve and watch", {"model": "mlp", "data": "sine_curve"}),
        PageLink("train", "Tell two spirals apart", {"model": "mlp", "data": "spiral"}),
    ),
)
