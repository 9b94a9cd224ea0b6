"""Tanh is an extended sigmoid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.activations import find
from core.events import Progress
from core.experiments.statement import (
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

    from core import torch_devices
    from core.data import points
    from core.experiments import stacked_training
    from core.experiments.dying_units import stacked
else:
    torch, torch_devices = LazyModule("torch"), LazyModule("core.torch_devices")
    points, stacked = LazyModule("core.data.points"), LazyModule("core.experiments.dying_units.stacked")
    stacked_training = LazyModule("core.experiments.stacked_training")

EXACT_FACTOR = 2.0  # 2 sigmoid(2x) - 1 is tanh(x)
EPSILON = 2.0**-52  # of float64: the step from 1 to the next number
# A sigmoid's last digit, doubled, and the subtraction of 1 each may be off by half a step or two.
ROUNDED = 4.0
# Rounding errors of a layer are those of some 30 products, and they pass through four matrices. Any error in
# the formula would be near 1e15 steps.
NET_ROUNDED = 1000.0
POINTS, REACH, CURVE_POINTS = 100_001, 20.0, 81
INPUTS, OUTPUTS = 8, 4
LEARNING_RATE, SAMPLES = 0.003, 200
LESS_LOSS = 0.5  # powers of ten: a third of the loss, which nobody would overlook in a curve


def measure(settings: Settings) -> Iterator[Any]:
    """How far stretched sigmoids are from tanh, alone and in networks, and how both learn."""
    with torch_devices.threads(1):
        yield from _curves(settings)
        yield from _networks(settings)
        if settings["steps"]:
            yield from _training(settings)


def _curves(settings: Settings) -> Iterator[Any]:
    x = torch.linspace(-REACH, REACH, POINTS, dtype=torch.float64)
    drawn = torch.linspace(-5, 5, CURVE_POINTS, dtype=torch.float64)
    at = tuple(drawn.tolist())
    yield Series("σ(x), sigmoid", at, tuple(torch.sigmoid(drawn).tolist()))
    yield Series("tanh(x)", at, tuple(torch.tanh(drawn).tolist()))
    for factor in settings["factors"]:
        difference = (_stretched(x, factor) - torch.tanh(x)).abs().max().item()
        yield Measured(_alone(factor), settings["seed"], difference / EPSILON)
        yield Series(_name(factor), at, tuple(_stretched(drawn, factor).tolist()))
    yield Fact("Range", "sigmoid 0 to 1, steepest slope 1/4; tanh −1 to 1, steepest slope 1")
    normal = torch.randn(POINTS, generator=torch.Generator().manual_seed(settings["seed"]))
    means = torch.sigmoid(normal).mean().item(), torch.tanh(normal).mean().abs().item()
    yield Fact("Mean output for standard normal inputs", f"sigmoid {means[0]:.2f}, tanh {means[1]:.2f}")


def _stretched(x: torch.Tensor, factor: float) -> torch.Tensor:
    return 2 * torch.sigmoid(factor * x) - 1


def _networks(settings: Settings) -> Iterator[Any]:
    """Each tanh network rewritten as one of sigmoids, and the largest difference of their outputs."""
    sizes = (INPUTS, *[settings["width"]] * settings["layers"], OUTPUTS)
    for done, seed in enumerate(each_seed(settings), 1):
        network = stacked_training.initialised(["tanh"], sizes, [seed], dtype=torch.float64)
        x = torch.randn(1, 1000, INPUTS, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        outputs = stacked_training.outputs_of(network, x)
        for factor in settings["factors"]:
            rewritten = stacked_training.outputs_of(as_sigmoids(network, factor), x)
            largest = (rewritten - outputs).abs().max() / outputs.square().mean().sqrt()
            yield Measured(_in_networks(factor), seed, largest.item() / EPSILON)
        yield Progress(done, settings["seeds"], "networks")


def as_sigmoids(network: stacked.Stack, factor: float = EXACT_FACTOR) -> stacked.Stack:
    """The network with sigmoids in place of tanh: each hidden one is stretched by the weights around it.

    Before a sigmoid, weights and bias are multiplied by the factor; after it, f = 2 s - 1 becomes weights
    twice as large and a bias that is smaller by the sum of the weights.
    """
    last = len(network.weights) - 1
    weights, biases = [], []
    for layer, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        if layer:
            weight, bias = 2 * weight, bias - weight.sum(1, keepdim=True)
        inner = 1.0 if layer == last else factor
        weights.append(inner * weight)
        biases.append(inner * bias)
    return stacked.Stack(weights, biases, [find("sigmoid")] * len(network.activations))


def _training(settings: Settings) -> Iterator[Any]:
    """The same weights under both functions, trained on the same points."""
    functions, seed_range = ["tanh", "sigmoid"], each_seed(settings)
    sizes = (2, *[settings["width"]] * settings["layers"], 1)
    stack = stacked_training.initialised(functions, sizes, seed_range)
    loaded = [points.moons(SAMPLES, 0.1, seed, 0.5, "xy") for seed in seed_range]
    x = torch.stack([torch.from_numpy(data.train_inputs) for data in loaded]).repeat(2, 1, 1)
    targets = torch.stack([torch.from_numpy(data.train_targets) for data in loaded])[:, :, None].float()
    steps = stacked_training.train(
        stack, x, targets.repeat(2, 1, 1), stacked_training.binary_cross_entropy, "adam", LEARNING_RATE
    )
    for step in range(1, settings["steps"] + 1):
        loss = next(steps)
        yield Progress(step, settings["steps"], "training steps")
    for function, row in zip(functions, loss.view(2, -1).log10().tolist(), strict=True):
        for seed, value in zip(seed_range, row, strict=True):
            yield Measured(f"loss, {function}", seed, value)


def _name(factor: float) -> str:
    return f"2σ({factor:g}x) − 1"


def _alone(factor: float) -> str:
    return f"difference, factor {factor:g}"


def _in_networks(factor: float) -> str:
    return f"difference of networks, factor {factor:g}"


def claims(settings: Settings) -> tuple[Claim, ...]:
    """They are one function but for stretching, and so are networks of them; training is not the same."""
    equal = []
    for factor in settings["factors"]:
        equal += [
            Claim(
                says="a sigmoid, stretched and shifted, is tanh but for rounding",
                condition=f"{_name(factor)}, x from −{REACH:g} to {REACH:g}",
                value="largest difference, in steps of float64 at 1",
                of=_alone(factor),
                true_if=BELOW,
                threshold=ROUNDED,
                method=EXACT,
            ),
            Claim(
                says="a tanh network has a sigmoid network with the same outputs",
                condition=f"{_name(factor)} in each of {settings['layers']} hidden layers",
                value="largest difference by the size of the outputs, in steps of float64 at 1",
                of=_in_networks(factor),
                true_if=BELOW,
                threshold=NET_ROUNDED,
            ),
        ]
    learns = Claim(
        says="from the same weights, the tanh network reaches less than a third of the sigmoid's loss",
        condition=f"{settings['layers']} hidden layers, two moons, {settings['steps']} steps of Adam at "
        f"{LEARNING_RATE:g}",
        value="log10 of the loss with tanh by that with sigmoid",
        of="loss, tanh",
        minus="loss, sigmoid",
        true_if=BELOW,
        threshold=-LESS_LOSS,
        counts=False,
        format=".2f",
    )
    return (*equal, learns) if settings["steps"] else tuple(equal)


STATEMENT = Statement(
    number="4",
    chapter="activations",
    section="Tanh",
    section_zh="tanh函数",
    title="Tanh is a stretched sigmoid",
    sentence="Tanh is an extended version of the sigmoid, with outputs of a wider range.",
    sentence_zh="tanh是Sigmoid的扩展，输出范围更宽。",
    question="Can a sigmoid be stretched and shifted until it is exactly tanh?",
    strongest="As it stands, and stronger: each tanh network is a sigmoid network with other weights.",
    condition="the factor of x: it is 2, and no other will do",
    why=(
        "Tanh is a sigmoid of twice the input, stretched from (0, 1) to (−1, 1).",
        "So a layer of one becomes a layer of the other by doubling its weights and moving its bias, and "
        "what one network can compute the other can too.",
        "Training starts from small random weights, though, and there they differ: tanh's outputs have mean "
        "0 and its slope is four times as steep, so that deep tanh networks learn sooner.",
    ),
    formula=r"\begin{gathered} \tanh x = \frac{e^x - e^{-x}}{e^x + e^{-x}} = \frac{2}{1 + e^{-2x}} - 1 \\"
    r"= 2\,\sigma(2x) - 1 \end{gathered}",
    sources=(
        Source(
            "LeCun, Bottou, Orr & Müller 1998, Efficient backprop", "https://doi.org/10.1007/3-540-49430-8_2"
        ),
        Source(
            "Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
            "https://proceedings.mlr.press/v9/glorot10a.html",
        ),
    ),
    settings={
        "factors": Option(
            "of x within the sigmoid",
            (EXACT_FACTOR,),
            kind=float,
            many=True,
            min=0.25,
            max=8,
            min_values=1,
            max_values=8,
        ),
        "layers": Option("hidden layers of the networks", 4, min=1, max=10),
        "width": Option("units of each hidden layer", 16, min=1, max=128),
        "steps": Option("of training both networks; 0 to train none", 300, min=0, max=5000),
        **seeds(12),
    },
    full={"seeds": 48, "width": 32, "steps": 1000},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="Stretch a sigmoid",
        look="With the factor 2 the stretched sigmoid lies on tanh, so that only two curves are seen.",
        x="x",
        y="Output",
    ),
    slider=Slider(
        "factors", "Factor of x in the sigmoid", (0.5, 1.0, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0, 4.0), {"steps": 0}
    ),
    links=(
        PageLink("curves", "Both curves and their slopes", {"functions": ("sigmoid", "tanh")}),
        PageLink("signal_propagation", "Both in deep networks", {"functions": ("sigmoid", "tanh")}),
    ),
)
