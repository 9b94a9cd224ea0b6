"""Sigmoid and tanh networks suffer from vanishing or exploding gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    ABOVE,
    OUTSIDE,
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
from core.experiments.statement_events import Measured, Series
from core.lazy import LazyModule
from core.options import Option

if TYPE_CHECKING:
    from core import torch_devices
    from core.experiments import deep_gradients
else:
    torch_devices = LazyModule("core.torch_devices")
    deep_gradients = LazyModule("core.experiments.deep_gradients")

FUNCTIONS = {"sigmoid": "Sigmoid", "tanh": "Tanh"}
# Powers of ten between the last and the first layer from which a gradient is lost: of two layers whose
# gradients differ 100 times, no learning rate suits both.
LOST = 2.0
COMMON = 4.0  # weights are seldom drawn larger than what undoes a sigmoid's largest slope, 1/4


def measure(settings: Settings) -> Iterator[Any]:
    """log10 of the gradient at the first layer by that at the last, for each function, gain and seed."""
    found: dict[tuple[str, float], list[float]] = {}
    total, done = len(FUNCTIONS) * len(settings["gains"]) * settings["seeds"], 0
    with torch_devices.threads(1):
        for seed in each_seed(settings):
            networks = deep_gradients.drawn([seed], settings["layers"], settings["width"])
            for function in FUNCTIONS:
                for gain in settings["gains"]:
                    (sizes,) = deep_gradients.log10_gradients(networks, function, gain).tolist()
                    found.setdefault((function, gain), []).append(sizes[0])
                    yield Measured(_observable(function, gain), seed, sizes[0])
                    done += 1
                    yield Progress(done, total, "networks")
            yield from _series(found, settings)


def _series(found: dict[tuple[str, float], list[float]], settings: Settings) -> Iterator[Series]:
    """The factor per layer against the gain: median, smallest and largest over the seeds so far."""
    gains = tuple(sorted(settings["gains"]))
    for function, name in FUNCTIONS.items():
        logs = [sorted(found[function, gain]) for gain in gains]
        middle, low, high = (
            tuple(10 ** (of_gain[place(of_gain)] / (settings["layers"] - 1)) for of_gain in logs)
            for place in (lambda values: len(values) // 2, lambda _: 0, lambda _: -1)
        )
        yield Series(name, gains, middle, low, high)


def _observable(function: str, gain: float) -> str:
    return f"{function}, gain {gain:g}"


def claims(settings: Settings) -> tuple[Claim, ...]:
    """A gradient that changes by a factor of 100 over all layers has vanished or exploded."""
    value = f"log10 of the gradient at layer 1 by that at layer {settings['layers']}"
    lost = [
        Claim(
            says=f"the gradient of a {name.lower()} network changes more than 100 times",
            condition=f"gain {gain:g}, {settings['layers']} layers",
            value=value,
            of=_observable(function, gain),
            true_if=OUTSIDE,
            threshold=LOST,
            format=".1f",
        )
        for function, name in FUNCTIONS.items()
        for gain in settings["gains"]
    ]
    common = [gain for gain in settings["gains"] if gain <= COMMON]
    if not common:
        return tuple(lost)
    explodes = Claim(
        says="a sigmoid network's gradient explodes: it grows more than 100 times",
        condition=f"gain {max(common):g}, {settings['layers']} layers",
        value=value,
        of=_observable("sigmoid", max(common)),
        true_if=ABOVE,
        threshold=LOST,
        counts=False,
        format=".1f",
    )
    return (*lost, explodes)


STATEMENT = Statement(
    number="3a",
    chapter="activations",
    section="Sigmoid; tanh",
    section_zh="Sigmoid激活函数；tanh函数",
    title="Sigmoid and tanh lose the gradient",
    sentence="Networks of sigmoid or tanh units suffer from gradients that vanish or explode.",
    sentence_zh="由Sigmoid或tanh单元组成的网络会遇到梯度消失或爆炸。",
    question="50 layers of sigmoid or tanh units: does the gradient get lost on its way back?",
    strongest="Deep sigmoid networks with common weights (Xavier's): their gradient always vanishes, as a "
    "sigmoid's largest slope is 1/4.",
    condition="the gain of the weights: at one gain for each function the gradient keeps its size",
    why=(
        "On its way back, the gradient is multiplied at each layer by the weights and by the slope.",
        "A sigmoid's slope is 1/4 at most and tanh's is 1, so with small weights the product shrinks at each "
        "layer; large weights win over the slopes, although they saturate the units.",
        "Between the two there is a gain at which the gradient keeps its size: near 1 for tanh, and only "
        "near ten times Xavier's weights for a sigmoid, so that it vanishes rather than explodes.",
    ),
    formula=r"\begin{gathered} \frac{\partial L}{\partial z_1} = D_1 W_2^\top \cdots D_{n-1} W_n^\top\,"
    r"\frac{\partial L}{\partial z_n} \\ D_l = \mathrm{diag}\,f'(z_l) \end{gathered}",
    sources=(
        Source(
            "Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
            "https://proceedings.mlr.press/v9/glorot10a.html",
        ),
        Source(
            "Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017, Deep information propagation",
            "https://arxiv.org/abs/1611.01232",
        ),
    ),
    settings={
        "gains": Option(
            "factors of Xavier's weights",
            (0.5, 1.0, 4.0, 11.0, 16.0),
            kind=float,
            many=True,
            min=0.1,
            max=20,
            min_values=1,
            max_values=16,
        ),
        "layers": Option("how many", 50, min=2, max=100),
        "width": Option("units of each layer", 128, min=8, max=512),
        **seeds(12),
    },
    full={"seeds": 24, "width": 256},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="By how much each layer changes the gradient",
        look="Below the line at 1 a gradient vanishes, above it explodes: see where each curve crosses.",
        x="Gain of the weights (1: Xavier)",
        y="Factor of the gradient per layer",
        log_x=True,
        log_y=True,
        rules=((1.0, "keeps its size"),),
    ),
    slider=Slider(
        "gains",
        "Gain of the weights (1: Xavier)",
        (0.5, 0.7, 1.0, 1.4, 2.0, 4.0, 8.0, 11.0, 16.0),
    ),
    links=(
        PageLink(
            "signal_propagation",
            "Watch it layer by layer",
            {"functions": ("sigmoid", "tanh")},
        ),
    ),
)
