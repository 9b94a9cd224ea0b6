"""ReLU's gradients neither vanish nor explode, however many layers are stacked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    BELOW,
    WITHIN,
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
    from core import torch_devices
    from core.experiments import deep_gradients
else:
    torch_devices = LazyModule("core.torch_devices")
    deep_gradients = LazyModule("core.experiments.deep_gradients")

# Gains are factors of Xavier's weights, whose variance is 1 / inputs in layers of equal width. He's have
# 2 / inputs, a gain of the square root of 2; PyTorch's nn.Linear draws with variance 1 / (3 inputs).
HE = 1.414
NAMES = {0.577: "PyTorch's default", 1.0: "Xavier", HE: "He"}
LOST = 2.0  # powers of ten from the last layer to the first beyond which a gradient is lost, as for sigmoid
RARELY = 0.01  # of all networks


def measure(settings: Settings) -> Iterator[Any]:
    """How the gradient's size changes at each gain, and how many narrow networks of He's are dead."""
    with torch_devices.threads(1):
        yield from _gradients(settings)
        yield from _dead(settings)


def _gradients(settings: Settings) -> Iterator[Any]:
    seed_range, layers = each_seed(settings), settings["layers"]
    total = len(settings["gains"]) * settings["seeds"]
    logs: dict[float, list[list[float]]] = {gain: [] for gain in settings["gains"]}
    for done, seed in enumerate(seed_range):
        networks = deep_gradients.drawn([seed], layers, settings["width"])
        for number, gain in enumerate(settings["gains"], 1):
            (sizes,) = deep_gradients.log10_gradients(networks, "relu", gain).tolist()
            logs[gain].append(sizes)
            # A gradient of which nothing arrives has shrunk by more than any number that is written here.
            yield Measured(_gradient(gain), seed, max(sizes[0], -300.0))
            yield Progress(done * len(settings["gains"]) + number, total, "networks")
        yield from _series(logs, layers)
    factors = {gain: 10 ** (_median([s[0] for s in found]) / (layers - 1)) for gain, found in logs.items()}
    texts = [f"{factor:.3f} at {_gain(gain)}" for gain, factor in factors.items()]
    yield Fact("Factor of the gradient per layer", "; ".join(texts))


def _series(logs: dict[float, list[list[float]]], layers: int) -> Iterator[Series]:
    """Medians over the seeds so far, from the last layer back to the first, as far as anything arrives."""
    for gain, found in logs.items():
        medians = [_median(column) for column in zip(*found, strict=True)][::-1]
        left = [(way, 10**size) for way, size in enumerate(medians) if size > -300]
        if left:
            x, y = zip(*left, strict=True)
            yield Series(_name(gain), tuple(map(float, x)), y)


def _dead(settings: Settings) -> Iterator[Any]:
    total = len(settings["widths"]) * settings["seeds"]
    done = 0
    for width in settings["widths"]:
        for seed in each_seed(settings):
            networks = deep_gradients.drawn([seed], settings["layers"], width, settings["networks"])
            yield Measured(_of_width(width), seed, deep_gradients.dead_fraction(networks, "relu", HE))
            done += 1
            yield Progress(done, total, "groups of narrow networks")


def _median(values: list[float] | tuple[float, ...]) -> float:
    return sorted(values)[len(values) // 2]


def _name(gain: float) -> str:
    return NAMES.get(gain, f"Gain {gain:g}")


def _gain(gain: float) -> str:
    return f"gain {gain:g}" + (f" ({NAMES[gain]})" if gain in NAMES else "")


def _gradient(gain: float) -> str:
    return f"gradient, gain {gain:g}"


def _of_width(width: int) -> str:
    return f"dead, width {width}"


def claims(settings: Settings) -> tuple[Claim, ...]:
    """That a gradient keeps its size, at each gain; with He's weights it does, so that others decide."""
    layers, gains = settings["layers"], settings["gains"]
    kept = [
        Claim(
            says=f"the gradient changes less than 100 times over {layers} layers",
            condition=f"{_gain(gain)}, {settings['width']} units a layer",
            value=f"log10 of the gradient at layer 1 by that at layer {layers}",
            of=_gradient(gain),
            true_if=WITHIN,
            threshold=LOST,
            # "However many layers" is said without a condition: He's weights are the reading under which it
            # holds. Where they alone are measured, the verdict is on them.
            counts=gain != HE or gains == (HE,),
            format=".1f",
        )
        for gain in gains
    ]
    alive = [
        Claim(
            says="fewer than 1 network in 100 is dead, with an output of 0 for every input",
            condition=f"{_gain(HE)}, {width} units a layer, {layers} layers",
            value="fraction of dead networks",
            of=_of_width(width),
            true_if=BELOW,
            threshold=RARELY,
            counts=False,
            format=".1%",
        )
        for width in settings["widths"]
    ]
    return (*kept, *alive)


STATEMENT = Statement(
    number="3b",
    chapter="activations",
    section="ReLU",
    section_zh="ReLu函数",
    title="ReLU keeps the gradient",
    sentence="The gradient of ReLU is steady: however many layers are stacked, it neither vanishes nor "
    "explodes.",
    sentence_zh="ReLU的梯度很稳定：层数再多，它也既不消失，也不爆炸。",
    question="50 layers of ReLU: does the gradient keep its size on its way back, whatever the weights?",
    strongest="With He's weights, made for ReLU, and in wide layers: there the gradient keeps its size.",
    condition="the gain of the weights: a seventh less than He's, and over 50 layers the gradient is lost",
    why=(
        "Where a ReLU fires its slope is exactly 1, so the activation itself shrinks nothing; but it fires "
        "for half of the units, and the weights multiply as well.",
        "So each layer multiplies the gradient by the gain over the square root of 2, which is 1 for He's "
        "weights alone, and 50 layers make the 49th power of any other factor.",
        "In narrow layers chance decides besides: now and then all units of one layer are silent, and the "
        "whole network is dead from the start.",
    ),
    formula=r"\begin{gathered} \mathbb{E}\,\lVert\delta_{l}\rVert^2 = \tfrac12\, n\,\mathrm{Var}(w)\;"
    r"\mathbb{E}\,\lVert\delta_{l+1}\rVert^2 \\ \mathrm{Var}(w) = \tfrac{1}{n}\,g^2 \;\Rightarrow\; "
    r"\text{factor } g / \sqrt{2} \text{ per layer} \end{gathered}",
    sources=(
        Source(
            "He, Zhang, Ren & Sun 2015, Delving deep into rectifiers: surpassing human-level performance on "
            "ImageNet classification",
            "https://arxiv.org/abs/1502.01852",
        ),
        Source(
            "Hanin 2018, Which neural net architectures give rise to exploding and vanishing gradients?",
            "https://arxiv.org/abs/1801.03744",
        ),
        Source(
            "Lu, Shin, Su & Karniadakis 2020, Dying ReLU and initialization: theory and numerical examples",
            "https://arxiv.org/abs/1903.06733",
        ),
    ),
    settings={
        "gains": Option(
            "factors of Xavier's weights; He's have 1.414",
            (0.577, 1.0, HE, 2.0),
            kind=float,
            many=True,
            min=0.1,
            max=4,
            min_values=1,
            max_values=12,
        ),
        "layers": Option("how many", 50, min=2, max=100),
        "width": Option("units of each layer", 128, min=4, max=512),
        "widths": Option(
            "units a layer of the narrow networks, of which some are dead",
            (8, 32),
            kind=int,
            many=True,
            min=2,
            max=64,
            max_values=4,
        ),
        "networks": Option("narrow networks of each seed", 64, min=1, max=1000),
        **seeds(12),
    },
    full={"seeds": 48, "width": 256, "networks": 200},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="What is left of the gradient on its way back",
        look="Only He's line stays level: a smaller gain falls, a larger one rises, each at a steady rate.",
        x="Layers that it has passed on its way back",
        y="Size of the gradient (1 at the last layer)",
        log_y=True,
    ),
    slider=Slider(
        "gains",
        "Gain of the weights (1: Xavier, 1.414: He)",
        (0.577, 0.8, 1.0, 1.1, 1.2, 1.3, 1.35, HE, 1.5, 1.6, 1.8, 2.0),
        {"width": 64, "networks": 16},
    ),
    links=(
        PageLink(
            "signal_propagation",
            "Watch it layer by layer",
            {"functions": "relu", "initialisation": "he"},
        ),
    ),
)
