"""A sigmoid hardly changes outside [-4, 4], which limits what it can fit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    ABOVE,
    BELOW,
    EXACT,
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

# Networks with a bias of 0 learn two moons well with these. Plain gradient descent at 10 is faster still, and
# at 30 most of them no longer learn at all.
LEARNING_RATES = {"sgd": 6.0, "adam": 0.03}
NAMES = {"sgd": "Plain gradient descent", "adam": "Adam"}
DRAWN = {"sgd": "Plain descent", "adam": "Adam"}  # in a legend
GOAL = 0.1  # the loss that counts as learned: the true class has a probability of 0.9 then (geometric mean)
SAMPLES = 200

FLAT = 0.1  # of the steepest slope: a tenth of its step, for plain gradient descent
TWICE = 1.0  # log2 of the steps: less than twice as many is no hindrance
SHOWN_EVERY = 250  # steps


def measure(settings: Settings) -> Iterator[Any]:
    """Steps to a loss, for networks whose first layer starts with a bias, beside those with a bias of 0."""
    inside = range_within(4.0)
    yield Fact(
        "Range of a sigmoid between −4 and 4", f"{inside:.1%} of all; tanh has as much between −2 and 2"
    )
    for bias in settings["biases"]:
        yield Measured(_slope(bias), settings["seed"], _relative_slope(bias))
    with torch_devices.threads(1):
        for number, optimizer in enumerate(settings["optimizers"]):
            yield from _trained(optimizer, number, settings)


def range_within(reach: float) -> float:
    """The fraction of a sigmoid's range that lies between -reach and reach."""
    return math.tanh(reach / 2)


def _relative_slope(x: float) -> float:
    """A sigmoid's slope at x by that at 0."""
    return 1 / math.cosh(x / 2) ** 2


def _trained(optimizer: str, number: int, settings: Settings) -> Iterator[Any]:
    biases, cap, seed_range = (0.0, *settings["biases"]), settings["cap"], each_seed(settings)
    stack, (x, targets) = _networks(biases, settings), _moons(seed_range, len(biases))
    losses = stacked_training.train(
        stack, x, targets, stacked_training.binary_cross_entropy, optimizer, LEARNING_RATES[optimizer]
    )
    taken = torch.full((len(x),), torch.inf)
    total = cap * len(settings["optimizers"])
    for step in range(cap):
        taken[(next(losses) < GOAL) & taken.isinf()] = max(step, 1)
        if not step % SHOWN_EVERY:
            yield _series(optimizer, biases, taken.clamp(max=max(step, 1)))
        yield Progress(number * cap + step + 1, total, "training steps")
        if taken.isfinite().all():
            break
    yield _series(optimizer, biases, taken.clamp(max=cap))
    yield Progress((number + 1) * cap, total, "training steps")
    rows = taken.view(len(biases), -1).tolist()
    # The first row has no bias; another one of 0 beside it is a bias that somebody asked for.
    for name, row in zip(["none", *map("{:g}".format, settings["biases"])], rows, strict=True):
        for seed, steps in zip(seed_range, row, strict=True):
            capped = math.isinf(steps)
            yield Measured(_steps(optimizer, name), seed, math.log2(cap if capped else steps), capped)


def _networks(biases: tuple[float, ...], settings: Settings) -> Stack:
    """Networks of one hidden layer with the same weights for each bias of that layer."""
    sizes = (2, settings["width"], 1)
    stack = stacked_training.initialised(["sigmoid"], sizes, each_seed(settings))
    for tensors in (stack.weights, stack.biases):
        tensors[:] = [tensor.repeat(len(biases), 1, 1) for tensor in tensors]
    stack.biases[0] += torch.tensor(biases).repeat_interleave(settings["seeds"]).view(-1, 1, 1)
    return stack


def _moons(seed_range: range, times: int) -> tuple[Tensor, Tensor]:
    loaded = [points.moons(SAMPLES, 0.1, seed, 0.5, "xy") for seed in seed_range]
    x = torch.stack([torch.from_numpy(data.train_inputs) for data in loaded])
    targets = torch.stack([torch.from_numpy(data.train_targets) for data in loaded])[:, :, None].float()
    return x.repeat(times, 1, 1), targets.repeat(times, 1, 1)


def _series(optimizer: str, biases: tuple[float, ...], steps: Tensor) -> Series:
    """Median steps at each bias, and the middle eight tenths of the seeds."""
    rows = steps.view(len(biases), -1)[sorted(range(len(biases)), key=biases.__getitem__)]
    low, middle, high = (tuple(rows.quantile(part, 1).tolist()) for part in (0.1, 0.5, 0.9))
    return Series(DRAWN[optimizer], tuple(sorted(biases)), middle, low, high)


def _slope(bias: float) -> str:
    return f"slope at {bias:g}"


def _steps(optimizer: str, bias: str) -> str:
    return f"steps, {optimizer}, bias {bias}"


def claims(settings: Settings) -> tuple[Claim, ...]:
    """A sigmoid is flat there, and a network that starts there needs more steps, with each optimizer."""
    flat = [
        Claim(
            says="the sigmoid is nearly flat: its slope is less than a tenth of the steepest one",
            condition=f"x = {bias:g}",
            value="slope by that at 0",
            of=_slope(bias),
            true_if=BELOW,
            threshold=FLAT,
            method=EXACT,
            format=".1%",
        )
        for bias in settings["biases"]
    ]
    slow = [
        Claim(
            says="a network that starts there needs more than twice the steps to learn two moons",
            condition=f"{NAMES[optimizer]} (learning rate {LEARNING_RATES[optimizer]:g}), first layer's bias "
            f"{bias:g}",
            value=f"log2 of the steps to a loss of {GOAL:g} by those with a bias of 0",
            of=_steps(optimizer, f"{bias:g}"),
            minus=_steps(optimizer, "none"),
            true_if=ABOVE,
            threshold=TWICE,
            format=".2f",
        )
        for optimizer in settings["optimizers"]
        for bias in settings["biases"]
    ]
    return (*flat, *slow)


STATEMENT = Statement(
    number="2",
    chapter="activations",
    section="Sigmoid",
    section_zh="Sigmoid激活函数",
    title="A sigmoid is flat outside",
    sentence="A sigmoid changes between −4 and 4 and hardly outside, which limits how well it fits data.",
    sentence_zh="Sigmoid在−4到4之间变化明显，在此之外几乎不变，这限制了它的拟合能力。",
    question="A network starts with its sigmoids far out on the flat part: does it learn much more slowly?",
    strongest="Far out (8 and more) and with plain gradient descent: there it hardly moves at all.",
    condition="how far out the units start, and the optimizer: Adam gets them back as fast as from 0",
    why=(
        "Between −4 and 4 lie 96.4% of a sigmoid's range; at 4 its slope is 7% of the steepest, at 8 a "
        "thousandth.",
        "A step of plain gradient descent is as short as the slope is flat, so that units at 8 hardly move; "
        "Adam divides by the size of the gradient, and its steps are as long there as anywhere.",
        "From 4 even plain gradient descent comes back soon; what slows sigmoid networks down more is that "
        "their outputs have a mean of 1/2 and not of 0.",
    ),
    formula=r"\begin{gathered} \sigma'(x) = \sigma(x)\,(1 - \sigma(x)) \\"
    r"\sigma'(4) = 0.071\,\sigma'(0), \quad \sigma'(8) = 0.0013\,\sigma'(0) \end{gathered}",
    sources=(
        Source(
            "Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
            "https://proceedings.mlr.press/v9/glorot10a.html",
        ),
        Source(
            "Kingma & Ba 2015, Adam: a method for stochastic optimization", "https://arxiv.org/abs/1412.6980"
        ),
    ),
    settings={
        "biases": Option(
            "initial biases of the first layer, each beside a bias of 0",
            (4.0, 8.0, 10.0),
            kind=float,
            many=True,
            min=0,
            max=20,
            min_values=1,
            max_values=8,
        ),
        "optimizers": Option(
            "how networks are trained, on all points at each step",
            ("sgd", "adam"),
            kind=str,
            many=True,
            choices=("sgd", "adam"),
            min_values=1,
            max_values=2,
        ),
        "cap": Option("steps after which a training is given up", 2000, min=10, max=20_000),
        "width": Option("hidden units", 16, min=1, max=128),
        **seeds(16),
    },
    full={"seeds": 48, "cap": 10_000, "biases": (2.0, 4.0, 6.0, 8.0, 10.0)},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="Steps that it takes to learn two moons",
        look="Far out, plain gradient descent's line climbs to the last step tried; Adam's stays level.",
        x="Initial bias of the first layer",
        y=f"Steps to a loss of {GOAL:g}",
        log_y=True,
    ),
    slider=Slider(
        "biases",
        "Initial bias of the first layer",
        (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0),
        {"seeds": 8, "cap": 1500},
    ),
    links=(
        PageLink("curves", "Its curve and its slope", {"functions": "sigmoid"}),
        PageLink("pre_activations", "On which part of its function a network works", {}),
    ),
)
