"""Without an activation function, a network is a linear one, however deep."""

from __future__ import annotations

import math
from collections.abc import Iterator
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
    import numpy as np
    import torch
    from torch import Tensor

    from core import torch_devices
    from core.data import points
    from core.experiments import linear_collapse, stacked_training
else:
    np, torch = LazyModule("numpy"), LazyModule("torch")
    torch_devices, points = LazyModule("core.torch_devices"), LazyModule("core.data.points")
    linear_collapse = LazyModule("core.experiments.linear_collapse")
    stacked_training = LazyModule("core.experiments.stacked_training")

LINEAR = 1.0  # the slope for negative inputs that makes f(x) = max(x, slope x) no activation at all

# What float64 leaves unexplained of a network that is one matrix is the square of its rounding, near 1e-30;
# a bend of 1% in each of 30 layers leaves 1e-4. Between them lies room for any number of layers.
ROUNDING = -20.0
# A straight line across two rings of equally many points, of which one has half the radius of the other, has
# at most all of the inner ring and a third of the outer one on their sides: 2/3. Some room for chance.
BEST_LINE = 0.70
LEARNED = 0.95

SQUARE, PLANE = "rings, square", "halves, slope 1"  # the two observables beside those of each slope
LEARNING_RATE, SAMPLES = 0.01, 400


def measure(settings: Settings) -> Iterator[Any]:
    """What no matrix explains of deep networks, and how well small ones learn to tell two rings apart."""
    with torch_devices.threads(1):
        yield from _unexplained(settings)
        yield from _trained(settings)


def _unexplained(settings: Settings) -> Iterator[Any]:
    sizes = (settings["width"],) * (settings["layers"] + 1)
    depths = tuple(range(1, settings["layers"] + 1))
    total, done = len(settings["slopes"]) * settings["seeds"], 0
    for slope in settings["slopes"]:
        found = []
        for seed in each_seed(settings):
            found.append(linear_collapse.unexplained(sizes, _function(slope), seed))
            yield Measured(_deep(slope), seed, math.log10(max(found[-1][-1], 1e-40)))
            done += 1
            yield Progress(done, total, "deep networks")
        yield Series(_name(slope), depths, tuple((100 * np.median(found, axis=0)).tolist()))
    collapsed = linear_collapse.collapse(sizes, settings["seed"])
    yield Fact(
        "Weights",
        f"{collapsed.parameters:,} in {settings['layers']} layers do what one matrix of "
        f"{collapsed.matrix.size:,} does",
    )


def _trained(settings: Settings) -> Iterator[Any]:
    """Twins with the same weights: one for each slope, one that squares, one on points that a line splits."""
    functions = [*map(_function, settings["slopes"]), "x^2", _function(LINEAR)]
    units, seed_range = settings["units"], each_seed(settings)
    stack = stacked_training.initialised(functions, (2, units, units, 1), seed_range, math.sqrt(2))
    x, targets, test_x, test_targets = _points(seed_range, len(functions))
    steps = stacked_training.train(
        stack, x, targets, stacked_training.binary_cross_entropy, "adam", LEARNING_RATE
    )
    for step in range(1, settings["steps"] + 1):
        next(steps)
        yield Progress(step, settings["steps"], "training steps")
    accuracy = stacked_training.accuracies(stacked_training.outputs_of(stack, test_x), test_targets)
    names = [*map(_rings, settings["slopes"]), SQUARE, PLANE]
    for name, row in zip(names, accuracy.view(len(functions), -1).tolist(), strict=True):
        for seed, value in zip(seed_range, row, strict=True):
            yield Measured(name, seed, value)


def _points(seed_range: range, functions: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Two rings for all functions but the last, which gets the halves of a square; a test half of each."""
    rings, halves = zip(*((_two_rings(seed), _two_halves(seed)) for seed in seed_range), strict=True)
    x, targets = (
        torch.stack([*part[0]] * (functions - 1) + [*part[1]])
        for part in zip(zip(*rings, strict=True), zip(*halves, strict=True), strict=True)
    )
    middle = x.shape[1] // 2
    return x[:, :middle], targets[:, :middle], x[:, middle:], targets[:, middle:]


def _two_rings(seed: int) -> tuple[Tensor, Tensor]:
    """Points of a circle of radius 1, class 0, and of one of radius 1/2, class 1, in random order."""
    data = points.circles(SAMPLES, 0.0, seed, 0.5, "xy")
    x = np.concatenate([data.train_inputs, data.test_inputs])
    targets = np.concatenate([data.train_targets, data.test_targets])
    return torch.from_numpy(x), torch.from_numpy(targets).float()[:, None]


def _two_halves(seed: int) -> tuple[Tensor, Tensor]:
    """Points of a square, of two classes on either side of a line through its middle."""
    generator = torch.Generator().manual_seed(seed)
    x = 2 * torch.rand(SAMPLES, 2, generator=generator) - 1
    return x, (x @ torch.randn(2, 1, generator=generator) > 0).float()


def _function(slope: float) -> str:
    return f"max(x, {slope:g}*x)"


def _name(slope: float) -> str:
    return {LINEAR: "No activation", 0.0: "ReLU"}.get(slope, f"Slope {slope:g}")


def _deep(slope: float) -> str:
    return f"unexplained, slope {slope:g}"


def _rings(slope: float) -> str:
    return f"rings, slope {slope:g}"


def claims(settings: Settings) -> tuple[Claim, ...]:
    """Without an activation one matrix explains the network, and a line is all that it can draw."""
    slopes = settings["slopes"]
    of_slopes = []
    for slope in slopes:
        # The sentence is about networks without an activation; another slope alone is judged by it as well.
        counts = slope == LINEAR or LINEAR not in slopes
        condition = {LINEAR: "no activation", 0.0: "ReLU"}.get(slope, f"f(x) = max(x, {slope:g} x)")
        of_slopes += [
            Claim(
                says=f"one matrix does all that {settings['layers']} layers do, but for rounding",
                condition=condition,
                value="log10 of the fraction of the output's variance that no affine map explains",
                of=_deep(slope),
                true_if=BELOW,
                threshold=ROUNDING,
                counts=counts,
                format=".1f",
            ),
            Claim(
                says="after training, it tells two rings apart no better than a straight line can",
                condition=condition,
                value="accuracy on test points of two rings",
                of=_rings(slope),
                true_if=BELOW,
                threshold=BEST_LINE,
                counts=counts,
                format=".1%",
            ),
        ]
    learned = [
        Claim(
            says=says,
            condition=condition,
            value=f"accuracy on test points of two {what}",
            of=of,
            true_if=ABOVE,
            threshold=LEARNED,
            counts=False,
            format=".1%",
        )
        for says, condition, what, of in (
            ("even squaring is activation enough to learn the rings", "f(x) = x²", "rings", SQUARE),
            ("what a line can split, it learns", "no activation", "halves of a square", PLANE),
        )
    ]
    return (*of_slopes, *learned)


STATEMENT = Statement(
    number="1",
    chapter="activations",
    section="Activation functions",
    section_zh="激活函数",
    title="Linear without an activation",
    sentence="Without an activation function a network is a linear one, however many layers it has.",
    sentence_zh="没有激活函数的网络，不管有多少层，始终是线性的。",
    question="30 layers without an activation function: can they do anything that one layer cannot?",
    strongest="As it stands: matrices multiplied are one matrix. Its training is not linear, though: written "
    "as a product, the same map is learned along another path.",
    condition="the bend of the activation: a slope of 0.9 in place of 1 below zero is enough to end it",
    why=(
        "A layer without an activation multiplies by a matrix and adds a bias, and two such layers in a row "
        "are again one matrix and one bias.",
        "So all that the deep network can draw between two classes is a straight line, whatever it learns.",
        "Any bend between the layers ends this, and even squaring lets it learn two rings; to approximate "
        "every function with one hidden layer, the bend must not be a polynomial.",
    ),
    formula=r"\begin{aligned}&W_2\,(W_1 x + b_1) + b_2 \\ &= (W_2 W_1)\,x + (W_2 b_1 + b_2) \\ "
    r"&= M x + b\end{aligned}",
    sources=(
        Source(
            "Leshno, Lin, Pinkus & Schocken 1993, Multilayer feedforward networks with a nonpolynomial "
            "activation function can approximate any function",
            "https://doi.org/10.1016/S0893-6080(05)80131-5",
        ),
        Source(
            "Saxe, McClelland & Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep "
            "linear neural networks",
            "https://arxiv.org/abs/1312.6120",
        ),
    ),
    settings={
        "slopes": Option(
            "slopes below zero of f(x) = max(x, slope x); 1 is no activation, 0 is ReLU",
            (1.0, 0.9, 0.0),
            kind=float,
            many=True,
            min=0,
            max=1,
            min_values=1,
            max_values=8,
        ),
        "layers": Option("of the deep networks", 30, min=2, max=100),
        "width": Option("units of each of their layers", 32, min=2, max=128),
        "units": Option("in both hidden layers of the networks that are trained", 16, min=1, max=64),
        "steps": Option("of training, with Adam", 400, min=1, max=5000),
        **seeds(12),
    },
    full={"seeds": 48, "layers": 100, "width": 64, "steps": 1000},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="What no single matrix can replace",
        look="Without an activation the line stays at 0 at every depth; with any bend it rises.",
        x="Layers",
        y="Output variance that no matrix explains (%)",
    ),
    slider=Slider(
        "slopes",
        "Slope of the activation below zero",
        (1.0, 0.99, 0.9, 0.75, 0.5, 0.25, 0.1, 0.0),
        {"steps": 150},
    ),
    links=(
        PageLink("linear_collapse", "Multiply the layers yourself", {"layers": "30"}),
        PageLink("surfaces", "What a small network can draw", {"function": "identity"}),
    ),
)
