"""Residual networks work very well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    ABOVE,
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
from core.statistics import median_bounds

if TYPE_CHECKING:
    from core.experiments import residual_stacks
else:
    residual_stacks = LazyModule("core.experiments.residual_stacks")

KINDS = ("Plain", "Residual")
# Percentage points of the training data, one sample in twenty: more than what the draw of the weights makes.
BETTER = 5.0


def measure(settings: Settings) -> Iterator[Any]:
    """Training error of plain and residual networks of each depth, from the same weights."""
    repeats, depths = each_seed(settings), settings["depths"]
    total, before = float(sum(depths)), 0.0  # a step of a network takes as long as it has layers
    found: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in KINDS}
    for number, depth in enumerate(depths):
        errors: list[float] = []
        for share, latest in residual_stacks.train(repeats, depth, settings["steps"]):
            errors = latest or errors
            yield Progress(before + share * depth, total, "layers")
        before += depth
        percent = [100 * error for error in errors]
        for kind, mine in zip(KINDS, (percent[: len(repeats)], percent[len(repeats) :]), strict=True):
            for seed, error in zip(repeats, mine, strict=True):
                yield Measured(f"{kind}, {depth} layers", seed, error)
            found[kind].append(median_bounds(mine, mine))
            yield _series(kind, depths[: number + 1], found[kind])


def _series(kind: str, depths: Sequence[int], bounds: Sequence[tuple[float, float, float]]) -> Series:
    """In the order of depth; a bound that so few seeds cannot give is left out."""
    middle, low, high = zip(*(bounds[at] for at in _by_depth(depths)), strict=True)
    x = tuple(depths[at] for at in _by_depth(depths))
    bounded = all(end - start < 101 for start, end in zip(low, high, strict=True))
    return Series(kind, x, middle, *((low, high) if bounded else ()))


def _by_depth(depths: Sequence[int]) -> list[int]:
    return sorted(range(len(depths)), key=lambda at: depths[at])


def claims(settings: Settings) -> tuple[Claim, ...]:
    """At each depth, residual networks train better; and beside it what depth does to either kind."""
    depths = settings["depths"]
    better = [
        Claim(
            says="without shortcuts, the training error is 5 points higher",
            condition=f"{depth} layers",
            value="training error of the plain network less that of the residual one, from the same weights",
            of=f"Plain, {depth} layers",
            minus=f"Residual, {depth} layers",
            true_if=ABOVE,
            threshold=BETTER,
            unit="points",
            format=".1f",
        )
        for depth in depths
    ]
    low, high = min(depths), max(depths)
    deeper = [
        Claim(
            says=f"{kind.lower()} networks have 5 points more training error when they are deeper",
            condition=f"{high} against {low} layers, {settings['steps']} steps",
            value="training error of the deep network less that of the shallow one",
            of=f"{kind}, {high} layers",
            minus=f"{kind}, {low} layers",
            true_if=ABOVE,
            threshold=BETTER,
            counts=False,
            unit="points",
            format=".1f",
        )
        for kind in KINDS
        if high > low
    ]
    return (*better, *deeper)


STATEMENT = Statement(
    number="17",
    chapter="feed_forward",
    section="Convolutional networks; deep residual networks",
    section_zh="卷积神经网络；深度残差网络",
    title="Residual networks work well",
    sentence="Residual networks are among the classic designs whose results are very good.",
    sentence_zh="残差网络属于经典结构，表现非常出色。",
    question="A deeper network can do all that a shallower one can. Does it get the lower training error?",
    strongest="In deep networks: with shortcuts, 56 layers still train where 56 plain ones learn "
    "next to nothing.",
    condition="the depth: with 8 layers, shortcuts make little difference",
    why=(
        "A deeper network could copy a shallower one and set the other layers to the identity, so "
        "that it need "
        "not be worse; yet training does not find that, and the error on the training data itself grows.",
        "With a shortcut, a block has to learn only what differs from the identity, and the gradient "
        "has a way "
        "through the network that no layer multiplies.",
        "In plain networks with batch normalisation the gradient grows from layer to layer on its "
        "way back, so "
        "that no one learning rate suits all layers of a deep one.",
    ),
    formula=r"\begin{gathered}h_{l+1} = \mathrm{ReLU}\big(F(h_l) + s\,h_l\big) \\ "
    r"s = 1 \text{ residual},\ s = 0 \text{ plain}\end{gathered}",
    sources=(
        Source(
            "He, Zhang, Ren & Sun 2015, Deep residual learning for image recognition",
            "https://arxiv.org/abs/1512.03385",
        ),
        Source(
            "He, Zhang, Ren & Sun 2016, Identity mappings in deep residual networks",
            "https://arxiv.org/abs/1603.05027",
        ),
        Source(
            "Yang et al. 2019, A mean field theory of batch normalization",
            "https://arxiv.org/abs/1902.08129",
        ),
    ),
    settings={
        "depths": Option(
            "layers with weights",
            (8, 20, 56),
            kind=int,
            many=True,
            min=4,
            max=110,
            min_values=1,
            max_values=8,
        ),
        "steps": Option("of training, at batches of 64", 200, min=1, max=10_000),
        **seeds(9),
    },
    full={"depths": (8, 14, 20, 32, 44, 56), "steps": 1000, "seeds": 12},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="Training error of networks of one width",
        look="Follow both lines to the right: with depth the plain networks stop learning, the residual ones "
        "far less.",
        x="Layers",
        y="Training error, %",
    ),
    slider=Slider("depths", "Layers", (8, 14, 20, 32, 44, 56), {"seeds": 6, "steps": 120}),
    links=(
        PageLink("train", "Train a residual network on digits", {"model": "resnet", "data": "mnist5k"}),
        PageLink(
            "layers",
            "The layers of the full-size ResNet-50",
            {"source": "reference", "reference": "resnet50"},
        ),
    ),
)
