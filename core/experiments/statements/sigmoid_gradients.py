"""Sigmoid and tanh networks suffer from vanishing or exploding gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    ABOVE,
    OUTSIDE,
    Claim,
    Door,
    Plot,
    Settings,
    Slider,
    Source,
    Statement,
    each_seed,
    seeds,
)
from core.experiments.statement_events import Measured, Series
from core.lazy import LazyModule
from core.options import Option

if TYPE_CHECKING:
    from core.experiments import signal_propagation
else:
    signal_propagation = LazyModule("core.experiments.signal_propagation")

FUNCTIONS = {"sigmoid": "Sigmoid", "tanh": "Tanh"}
LOST = 2.0  # powers of ten between the first and the last layer from which a gradient is lost
USUAL = 4.0  # gains up to this are in use: 4 is what PyTorch's calculate_gain would be for sigmoid's slope


def measure(settings: Settings) -> Iterator[Any]:
    """log10 of the gradient at the first layer by that at the last, for each function, gain and seed."""
    total = len(FUNCTIONS) * len(settings["gains"]) * settings["seeds"]
    done = 0
    for function, name in FUNCTIONS.items():
        medians = []
        for gain in settings["gains"]:
            logs = []
            for seed in each_seed(settings):
                logs.append(_log_ratio(function, gain, seed, settings))
                yield Measured(f"{function}, gain {gain:g}", seed, logs[-1])
                done += 1
                yield Progress(done, total, "networks")
            medians.append(sorted(logs)[len(logs) // 2] / (settings["layers"] - 1))
            x = tuple(float(g) for g in settings["gains"][: len(medians)])
            yield Series(name, x, tuple(10**value for value in medians))


def _log_ratio(function: str, gain: float, seed: int, settings: Settings) -> float:
    depth = signal_propagation.propagate(
        signal_propagation.DepthConfig(
            activation=function,
            layers=settings["layers"],
            width=settings["width"],
            initialisation="xavier",
            gain=gain,
            seed=seed,
        )
    )
    return math.log10(max(depth.gradient_ratio, 1e-300))


def claims(settings: Settings) -> tuple[Claim, ...]:
    """A gradient that changes by a factor of 100 over all layers has vanished or exploded."""
    value = f"log10 of the gradient at layer 1 by that at layer {settings['layers']}"
    lost = [
        Claim(
            says=f"the gradient of a {name.lower()} network changes more than 100 times",
            condition=f"gain {gain:g}",
            value=value,
            of=f"{function}, gain {gain:g}",
            true_if=OUTSIDE,
            threshold=LOST,
            format=".1f",
        )
        for function, name in FUNCTIONS.items()
        for gain in settings["gains"]
    ]
    usual = [gain for gain in settings["gains"] if gain <= USUAL]
    explodes = [
        Claim(
            says="a sigmoid network's gradient grows more than 100 times",
            condition=f"gain {max(usual):g}, the largest of the usual ones",
            value=value,
            of=f"sigmoid, gain {max(usual):g}",
            true_if=ABOVE,
            threshold=LOST,
            counts=False,
            format=".1f",
        )
    ][: len(usual)]
    return (*lost, *explodes)


STATEMENT = Statement(
    number="3a",
    chapter="activations",
    section="Sigmoid; tanh",
    section_zh="Sigmoid激活函数；tanh函数",
    title="Sigmoid and tanh lose the gradient",
    sentence="Networks of sigmoid or tanh units suffer from gradients that vanish or explode.",
    sentence_zh="使用Sigmoid或tanh的网络存在梯度消失或梯度爆炸的问题。",
    question="50 layers of sigmoid or tanh units: does the gradient get lost on its way back?",
    strongest="A deep sigmoid network with the usual weights: its gradient always vanishes, as the largest "
    "slope of a sigmoid is 1/4.",
    condition="the gain of the weights: at one gain for each function the gradient keeps its size",
    why=(
        "On its way back, the gradient is multiplied at each layer by the weights and by the slope.",
        "A sigmoid's slope is 1/4 at most and tanh's is 1, so with weights of the usual size the product "
        "shrinks at each layer; with larger weights it grows until the units saturate.",
        "Between the two there is a gain at which the gradient keeps its size: near 1.1 for tanh, and only "
        "near ten times the usual weights for a sigmoid.",
    ),
    formula=r"\frac{\partial L}{\partial z_1} = W_2^\top D_2 \cdots W_n^\top D_n\,"
    r"\frac{\partial L}{\partial z_n}, \qquad D_l = \mathrm{diag}\,f'(z_l)",
    sources=(
        Source("Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward networks"),
        Source("Schoenholz et al. 2017, Deep information propagation", "https://arxiv.org/abs/1611.01232"),
    ),
    settings={
        "gains": Option(
            "factors of Xavier's weights",
            (1.0, 1.1, 1.414, 2.0, 4.0, 8.0, 11.0, 16.0),
            kind=float,
            many=True,
            min=0.1,
            max=32,
            min_values=1,
            max_values=16,
        ),
        "layers": Option("how many", 50, min=2, max=100),
        "width": Option("units of each layer", 128, min=8, max=512),
        **seeds(12),
    },
    full={"seeds": 48, "width": 256},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="What is left of the gradient after each layer",
        look="Below the line at 1 a gradient vanishes, above it explodes: look where each curve crosses.",
        x="Gain of the weights (1: Xavier)",
        y="Factor of the gradient per layer",
        log_x=True,
        log_y=True,
        rules=((1.0, "keeps its size"),),
    ),
    slider=Slider("gains", "Gain of the weights", (0.5, 1.0, 1.1, 1.414, 2.0, 4.0, 8.0, 11.0, 16.0)),
    doors=(
        Door(
            "signal_propagation",
            "Watch it layer by layer",
            {"function": "sigmoid"},
        ),
    ),
)
