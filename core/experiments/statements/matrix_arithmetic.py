"""Neural networks are mostly matrix arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    BARS,
    EXACT,
    Claim,
    PageLink,
    Plot,
    Settings,
    Slider,
    Source,
    Statement,
)
from core.experiments.statement_events import Measured, Series
from core.lazy import LazyModule
from core.options import Option

if TYPE_CHECKING:
    from core import torch_devices
    from core.experiments import matrix_products, paired_times
else:
    torch_devices = LazyModule("core.torch_devices")
    matrix_products = LazyModule("core.experiments.matrix_products")
    paired_times = LazyModule("core.experiments.paired_times")


@dataclass(frozen=True)
class Network:
    """A network whose training step is watched: an MLP of these sizes, or another by its name."""

    name: str
    sizes: tuple[int, ...] = ()


NETWORKS = {
    "mlp_8": Network("MLP, 8 wide", (2, 8, 8, 1)),
    "mlp_64": Network("MLP, 64 wide", (2, 64, 64, 1)),
    "mlp_256": Network("MLP, 256 wide", (784, 256, 256, 10)),
    "mlp_1024": Network("MLP, 1024 wide", (784, 1024, 1024, 10)),
    "lenet": Network("LeNet-5"),
    "transformer": Network("Transformer"),
}
MOSTLY = 0.5  # more than half
FLOPS, TIME = "share of FLOPs", "share of time"


def measure(settings: Settings) -> Iterator[Any]:
    """The share of products in FLOPs and in time, of a training step of each network."""
    keys = settings["networks"]
    shares: dict[str, list[float]] = {FLOPS: [], TIME: []}
    with torch_devices.threads(settings["threads"]), paired_times.watched() as disturbances:
        for done, key in enumerate(keys):
            yield Progress(done, len(keys), "networks")
            step = _step(key, settings)
            yield Measured(f"{FLOPS}, {key}", 0, step.flops_share)
            progress = Progress(done + 0.5, len(keys), "networks")
            ratios = yield from paired_times.paired_ratios(
                step.run, step.run_products, settings["seconds"], progress
            )
            for round_, ratio in enumerate(ratios):
                yield Measured(f"{TIME}, {key}", round_, ratio)
            shares[FLOPS].append(step.flops_share)
            shares[TIME].append(sorted(ratios)[len(ratios) // 2])
            names = tuple(NETWORKS[name].name for name in keys[: done + 1])
            yield from (Series(name, names, tuple(values)) for name, values in shares.items())
        yield from disturbances()


def _step(key: str, settings: Settings) -> matrix_products.TrainingStep:
    if key == "lenet":
        return matrix_products.lenet(settings["batch_size"], settings["seed"])
    if key == "transformer":  # its samples are sequences of 128 tokens
        return matrix_products.transformer(max(1, settings["batch_size"] // 32), settings["seed"])
    return matrix_products.mlp(NETWORKS[key].sizes, settings["batch_size"], settings["seed"])


def claims(settings: Settings) -> tuple[Claim, ...]:
    """Mostly is more than half: of the time, and in the strongest reading of the FLOPs."""
    of_time = [
        Claim(
            says="products of matrices and convolutions take more than half of a training step's time",
            condition=NETWORKS[key].name,
            value="time of the products alone by that of the step",
            of=f"{TIME}, {key}",
            threshold=MOSTLY,
            format=".0%",
        )
        for key in settings["networks"]
    ]
    of_flops = [
        Claim(
            says="they are more than half of its FLOPs",
            condition=NETWORKS[key].name,
            value="FLOPs of the products by all FLOPs",
            of=f"{FLOPS}, {key}",
            threshold=MOSTLY,
            counts=False,
            method=EXACT,
            format=".1%",
        )
        for key in settings["networks"]
    ]
    return (*of_time, *of_flops)


STATEMENT = Statement(
    number="11",
    chapter="hardware",
    section="Hardware: what a network computes",
    section_zh="硬件和软件",
    title="Networks are matrix arithmetic",
    sentence="A neural network is for the most part arithmetic on matrices, which is what a GPU is best at.",
    sentence_zh="神经网络所做的主要是矩阵运算，而这正是GPU最擅长的。",
    question="A training step is running. More than half of its time: matrix products and convolutions?",
    strongest="Of the FLOPs, always: even in a network of 8 units a layer, products are most of them.",
    condition="the size of the network: in a small one, starting an operation takes longer than computing it",
    why=(
        "A layer of n units on n inputs multiplies n² numbers for each sample, and does only some n other "
        "operations: the products win by a factor of n.",
        "Time is another matter: starting an operation has a price, whatever its size, and activations, "
        "gradients of biases and the optimizer's update wait for memory rather than for arithmetic.",
        "So products take most of the time only where they are large; a network of 8 units a layer spends "
        "it on starting some hundred small operations.",
    ),
    formula=r"\frac{\text{FLOPs of products}}{\text{all FLOPs}} \approx \frac{2n^2}{2n^2 + c\,n} \to 1",
    sources=(
        Source(
            "Ivanov et al. 2021, Data movement is all you need: a case study on optimizing transformers",
            "https://arxiv.org/abs/2007.00072",
        ),
    ),
    settings={
        "networks": Option(
            "whose training step",
            ("mlp_8", "mlp_64", "mlp_1024", "lenet", "transformer"),
            kind=str,
            many=True,
            choices=tuple(NETWORKS),
            min_values=1,
            max_values=len(NETWORKS),
        ),
        "batch_size": Option("samples of a step", 64, min=1, max=1024),
        "threads": Option("CPU threads", 1, min=1, max=256),
        "seconds": Option("of measuring, for each network", 1.0, min=0.05, max=60),
        "seed": Option("of weights and data", 0, min=0, max=2**31 - 1),
    },
    full={"seconds": 15.0, "networks": tuple(NETWORKS)},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="Matrix products in a training step",
        look="Of the FLOPs nearly all, in each network; of the time: which bars reach the line at one half?",
        kind=BARS,
        x="Network",
        y="Share of the step",
        rules=((MOSTLY, "half"),),
    ),
    slider=Slider(
        "networks",
        "Network",
        tuple(NETWORKS),
        {"seconds": 0.5},
        {key: network.name for key, network in NETWORKS.items()},
    ),
    links=(PageLink("layers", "What each layer of a network costs"),),
    times=True,
)
