"""ReLU's units can die, and Leaky ReLU cures it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.dying_units.config import DyingUnitsConfig
from core.experiments.statement import (
    ABOVE,
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
    import numpy as np

    from core import torch_devices
    from core.experiments import deep_gradients
    from core.experiments.dying_units import job, stacked
else:
    np, torch_devices = LazyModule("numpy"), LazyModule("core.torch_devices")
    deep_gradients = LazyModule("core.experiments.deep_gradients")
    job = LazyModule("core.experiments.dying_units.job")
    stacked = LazyModule("core.experiments.dying_units.stacked")

FUNCTIONS = {"relu": "ReLU", "leaky_relu": "Leaky ReLU"}
# A few units in a hundred are dead before the first step, by the chance of their weights: one in ten is more.
MANY = 0.10
BETTER = 0.10  # of accuracy
LOST = 2.0  # powers of ten from which a gradient is lost, as for the other functions
DEEP_LAYERS, DEEP_WIDTH = 50, 64
CHECKS = 10


def measure(settings: Settings) -> Iterator[Any]:
    """Dead units of equal networks with ReLU and with Leaky ReLU, trained at each learning rate."""
    with torch_devices.threads(1):
        yield from _trained(settings)
        yield from _deep(settings)


def _trained(settings: Settings) -> Iterator[Any]:
    config = DyingUnitsConfig(
        activations=tuple(FUNCTIONS),
        learning_rates=settings["rates"],
        biases=(0.0,),
        hidden=(settings["width"],) * settings["layers"],
        steps=settings["steps"],
        seeds=settings["seeds"],
        seed=settings["seed"],
    )
    points = job.Points(config)
    stack, rates = job.initialised(config, points.features, points.classes), job.each_rate(config)
    checks = {round(config.steps * number / CHECKS) for number in range(1, CHECKS + 1)}
    for step, batch in enumerate(points.batches(), 1):
        stacked.descend(stack, *batch, rates)
        yield Progress(step, config.steps, "training steps")
        if step in checks:
            yield from _series(config, {f: _dead(stack, points, n)[0] for n, f in enumerate(FUNCTIONS)})
        if step == config.steps:
            break
    for number, function in enumerate(FUNCTIONS):
        yield from _measured(config, function, *_dead(stack, points, number))


def _dead(stack: stacked.Stack, points: job.Points, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Fraction of dead units, and accuracy on the test points, of each network of one function; nan where it
    has diverged. A unit is dead when its slope is 0 on every training point.
    """
    group = stack.group(number)
    times = len(group.weights[0]) // len(points.train)
    logits, steepest = stacked.steepest_slopes(group, points.train.repeat(times, 1, 1))
    diverged = ~np.isfinite(stacked.losses(logits, points.train_targets.repeat(times, 1)).numpy())
    predicted = stacked.forward(group, points.test.repeat(times, 1, 1))[0].argmax(2)
    right = (predicted == points.test_targets.repeat(times, 1)).double().mean(1).numpy()
    dead = (steepest == 0).double().mean(1).numpy()
    dead[diverged] = right[diverged] = np.nan
    return dead, right


def _series(config: DyingUnitsConfig, dead: dict[str, np.ndarray]) -> Iterator[Series]:
    """Median and the middle eight tenths of the seeds at each rate, in percent."""
    order = np.argsort(config.learning_rates)
    for function, fractions in dead.items():
        by_rate = 100 * fractions.reshape(len(config.learning_rates), -1)[order]
        alive = [rate for rate, row in zip(order, by_rate, strict=True) if np.isfinite(row).any()]
        if alive:
            rows = by_rate[np.isfinite(by_rate).any(1)]
            low, middle, high = np.nanquantile(rows, (0.1, 0.5, 0.9), axis=1).tolist()
            x = tuple(config.learning_rates[place] for place in alive)
            yield Series(FUNCTIONS[function], x, tuple(middle), tuple(low), tuple(high))


def _measured(
    config: DyingUnitsConfig, function: str, dead: np.ndarray, accuracy: np.ndarray
) -> Iterator[Any]:
    """By rate and seed, without those that diverged: they say nothing about dead units."""
    networks = [(rate, config.seed + seed) for rate in config.learning_rates for seed in range(config.seeds)]
    for (rate, seed), of_units, right in zip(networks, dead.tolist(), accuracy.tolist(), strict=True):
        if of_units == of_units:
            yield Measured(_units(function, rate), seed, of_units)
            yield Measured(_accuracy(function, rate), seed, right)
    if np.isnan(dead).any():
        counted = f"{np.isnan(dead).sum()} of {len(dead)}"
        yield Fact(f"Networks of {FUNCTIONS[function]} that diverged and are left out", counted)


def _deep(settings: Settings) -> Iterator[Any]:
    """What Leaky ReLU does not cure: a gradient that vanishes over many layers of Xavier's weights."""
    for done, seed in enumerate(each_seed(settings), 1):
        networks = deep_gradients.drawn([seed], DEEP_LAYERS, DEEP_WIDTH)
        sizes = deep_gradients.log10_gradients(networks, "leaky_relu", 1.0)
        yield Measured("gradient, leaky_relu", seed, sizes[0, 0].item())
        yield Progress(done, settings["seeds"], "deep networks")


def _units(function: str, rate: float) -> str:
    return f"dead, {function}, rate {rate:g}"


def _accuracy(function: str, rate: float) -> str:
    return f"accuracy, {function}, rate {rate:g}"


def claims(settings: Settings) -> tuple[Claim, ...]:
    """At each learning rate, whether many units of ReLU die that do not die with Leaky ReLU."""
    shape = f"{settings['layers']} hidden layers of {settings['width']}, XOR"
    die = [
        Claim(
            says="of ReLU's units, 1 in 10 or more are dead that are alive with Leaky ReLU",
            condition=f"learning rate {rate:g}, {shape}",
            value="fraction of dead units, ReLU less Leaky ReLU",
            of=_units("relu", rate),
            minus=_units("leaky_relu", rate),
            true_if=ABOVE,
            threshold=MANY,
            format=".1%",
        )
        for rate in settings["rates"]
    ]
    highest = max(settings["rates"])
    helps = Claim(
        says="networks of Leaky ReLU are more accurate, by 10 points or more",
        condition=f"learning rate {highest:g}, {shape}",
        value="accuracy on test points, Leaky ReLU less ReLU",
        of=_accuracy("leaky_relu", highest),
        minus=_accuracy("relu", highest),
        true_if=ABOVE,
        threshold=BETTER,
        counts=False,
        format=".1%",
    )
    vanishes = Claim(
        says="Leaky ReLU keeps the gradient as well: it changes less than 100 times",
        condition=f"{DEEP_LAYERS} layers of {DEEP_WIDTH}, Xavier's weights",
        value=f"log10 of the gradient at layer 1 by that at layer {DEEP_LAYERS}",
        of="gradient, leaky_relu",
        true_if=WITHIN,
        threshold=LOST,
        counts=False,
        format=".1f",
    )
    return (*die, helps, vanishes)


STATEMENT = Statement(
    number="5",
    chapter="activations",
    section="ReLU",
    section_zh="ReLu函数",
    title="Units of ReLU die",
    sentence="Units of ReLU can die on their negative side, which variants such as Leaky ReLU cure.",
    sentence_zh="ReLU单元可能在负半轴上“死亡”，Leaky ReLU等变体可以避免这一点。",
    question="Small networks of ReLU learn XOR: do many of their units die, whatever the learning rate?",
    strongest="At high learning rates: there more than half of the units die, and with Leaky ReLU none.",
    condition="the learning rate: at a low one hardly any unit dies, so that there is nothing to cure",
    why=(
        "A step that is too long can move a unit's weights to where its input is negative for every point; "
        "there ReLU's slope is 0, no gradient arrives, and the unit never changes again.",
        "Leaky ReLU's slope is 0.01 there in place of 0: a little gradient always arrives, and no unit "
        "is stuck for good.",
        "It cures no more than that: over 50 layers of Xavier's weights its gradient vanishes just as ReLU's "
        "does, to 0.71 at each layer.",
    ),
    formula=r"\begin{gathered} f(x) = \max(x, \alpha x), \quad \alpha = 0 \text{ or } 0.01 \\"
    r"f'(x) = \begin{cases} 1 & x > 0 \\ \alpha & x < 0 \end{cases}"
    r"\end{gathered}",
    sources=(
        Source(
            "Maas, Hannun & Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
        ),
        Source(
            "Lu, Shin, Su & Karniadakis 2020, Dying ReLU and initialization: theory and numerical examples",
            "https://arxiv.org/abs/1903.06733",
        ),
    ),
    settings={
        "rates": Option(
            "learning rates of plain gradient descent",
            (0.01, 0.1, 1.0, 2.0, 3.0),
            kind=float,
            many=True,
            min=1e-4,
            max=10,
            min_values=1,
            max_values=8,
        ),
        "layers": Option("hidden layers", 2, min=1, max=4),
        "width": Option("units of each hidden layer", 16, min=1, max=64),
        "steps": Option("of training, on 32 points each", 400, min=1, max=5000),
        **seeds(32),
        "seeds": replace(seeds(32)["seeds"], max=64),
    },
    full={"seeds": 64, "steps": 2000, "rates": (0.01, 0.1, 0.5, 1.0, 1.5, 2.0, 3.0)},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="Dead units after training",
        look="ReLU's line climbs where the steps get too long; Leaky ReLU's stays at 0.",
        x="Learning rate",
        y="Dead units (%)",
        log_x=True,
    ),
    slider=Slider(
        "rates", "Learning rate", (0.01, 0.1, 0.3, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0), {"seeds": 16}
    ),
    links=(PageLink("dying_units", "More functions, biases and data", {}),),
)
