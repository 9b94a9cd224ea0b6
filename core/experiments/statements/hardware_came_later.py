"""Convolutional networks existed long before the hardware that could carry them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    ABOVE,
    BELOW,
    EXACT,
    INTERVALS,
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
    from core.data import images
    from core.experiments import lecun1989
    from core.layers import config as layers_config
    from core.layers import job as layers_job
    from core.timing.measure import clock, conditions
else:
    torch = LazyModule("torch")
    torch_devices = LazyModule("core.torch_devices")
    images = LazyModule("core.data.images")
    lecun1989 = LazyModule("core.experiments.lecun1989")
    layers_config = LazyModule("core.layers.config")
    layers_job = LazyModule("core.layers.job")
    clock = LazyModule("core.timing.measure.clock")
    conditions = LazyModule("core.timing.measure.conditions")

ERROR = "test error of the network of 1989"
# Guessing is wrong in 90%, the published network in 5%: after far fewer images than that one had.
READS = 0.20
# AlexNet as published: 90 passes over 1.2 million images, five to six days on two GPUs of 2010 (GTX 580).
ALEXNET_IMAGES, ALEXNET_PASSES, ALEXNET_DAYS = 1_200_000, 90, 5.5
FORWARD_AND_BACKWARD = 3  # times the FLOPs of a forward pass
TOO_LONG_YEARS = 10.0  # for whoever wants to see the result
SUN4_MFLOPS = 1.0  # of a SUN-4/260, about: what LINPACK reached on it
DAY_S, YEAR_S = 86_400.0, 365.25 * 86_400.0
LECUN, ALEXNET = "LeCun 1989", "AlexNet 2012"
TIMED_STEPS = 20  # in one timed call


def measure(settings: Settings) -> Iterator[Any]:
    """Trains the network of 1989, times it, and estimates AlexNet's training at so many MFLOP/s."""
    flops = yield from _alexnet_flops()
    days = {rate: flops / (1e6 * rate) / DAY_S for rate in settings["mflops"]}
    for rate, taken in days.items():
        yield Measured(_years(rate), 0, taken * DAY_S / YEAR_S)
    yield Series("published", (LECUN, ALEXNET), (float(lecun1989.DAYS), ALEXNET_DAYS))
    for rate, taken in days.items():
        yield Series(f"at {_plain(rate)} MFLOP/s", (LECUN, ALEXNET), (_lecun_days(rate), taken))
    yield Fact(
        "AlexNet's training, an estimate",
        f"{flops:.2g} FLOPs: {FORWARD_AND_BACKWARD} times a forward pass, for {ALEXNET_PASSES} passes over "
        f"{ALEXNET_IMAGES:,} images. At 1 MFLOP/s, about what a SUN-4/260 reached: "
        f"{flops / 1e6 / YEAR_S:,.0f} years. No machine of 1989 would have held the images either.",
    )
    if settings["passes"]:
        with torch_devices.threads(1):
            yield from _trained(settings)
            yield from _timed()


def _alexnet_flops() -> Generator[Progress, None, float]:
    """Of the whole training, from the layers of one forward pass."""
    counted = None
    for event in layers_job.count_layers(layers_config.LayersConfig(reference="alexnet")):
        if isinstance(event, Progress):
            yield event
        else:
            counted = event
    assert counted is not None
    forward = sum(layer.flops for layer in counted.layers)
    return float(FORWARD_AND_BACKWARD * forward * ALEXNET_IMAGES * ALEXNET_PASSES)


def _lecun_days(mflops: float) -> float:
    """Of the published training of 1989: 2 FLOPs for each connection."""
    forward = 2 * lecun1989.CONNECTIONS
    return FORWARD_AND_BACKWARD * forward * lecun1989.PRESENTATIONS / (1e6 * mflops) / DAY_S


def _trained(settings: Settings) -> Iterator[Any]:
    """The networks of all seeds at once; the error of each on images that none has seen."""
    data = images.mnist5k(0, 0.2)
    count = min(settings["images"], len(data.train_inputs))
    seen = lecun1989.patches(lecun1989.preprocessed(data.train_inputs[:count]))
    nets = lecun1989.networks(each_seed(settings))
    labels = torch.from_numpy(data.train_targets[:count])
    steps, passes = count * settings["passes"], settings["passes"]
    for done in lecun1989.train(nets, seen, labels, each_seed(settings), settings["rate"], passes):
        yield Progress(done, steps, "images")
    new = lecun1989.patches(lecun1989.preprocessed(data.test_inputs))
    errors = nets.errors(new, torch.from_numpy(data.test_targets))
    for seed, error in zip(each_seed(settings), errors, strict=True):
        yield Measured(ERROR, seed, error)
    yield Fact(
        "Test error",
        f"{sorted(errors)[len(errors) // 2]:.1%} of {len(new):,} digits after {passes} passes over {count:,} "
        f"images (MNIST); published: {lecun1989.TEST_ERROR:.1%} after {lecun1989.PASSES} passes over "
        f"{lecun1989.TRAINING_IMAGES:,} (zip codes)",
    )


def _timed() -> Iterator[Any]:
    """What the published training takes here: one network, one image at a time, on one thread."""
    random = torch.Generator().manual_seed(0)
    net = lecun1989.networks((0,))
    seen = torch.randn(1, 64, lecun1989.KERNEL**2, generator=random)
    targets = lecun1989.targets_of(torch.tensor([3]))

    def steps() -> None:
        for _ in range(TIMED_STEPS):
            net.step(seen, targets, 1e-6)

    finish = conditions.observe("cpu")
    known = None
    for known in clock.time_operation(steps, "cpu", 1, 0.05, 0.5, "only warm calls are of interest here"):
        yield Progress(known.spent_s, max(known.spent_s, 0.5), "s")
    assert known is not None
    seconds = known.median_s / TIMED_STEPS * lecun1989.PRESENTATIONS
    busy = finish().contamination
    yield Series("here", (LECUN,), (seconds / DAY_S,))
    yield Fact(
        "The training of 1989, on one core here",
        f"{seconds:.0f} s for the published {lecun1989.PRESENTATIONS:,} images one at a time, "
        f"{lecun1989.DAYS * DAY_S / seconds:,.0f} times faster than the published {lecun1989.DAYS} days on a "
        f"SUN-4/260" + (f" (too long, as {' and '.join(busy)})" if busy else ""),
    )


def _years(mflops: float) -> str:
    return f"years at {mflops:g} MFLOP/s"


def _plain(number: float) -> str:
    """1,000,000 rather than 1e+06."""
    return f"{number:,.0f}" if number >= 1 else f"{number:g}"


def claims(settings: Settings) -> tuple[Claim, ...]:
    """The network of 1989 works; the network of 2012 could not have been trained on the machine of 1989."""
    hardware = [
        Claim(
            says="AlexNet's training takes longer than ten years",
            condition=f"estimated for a machine of {_plain(rate)} MFLOP/s"
            + (", as in 1989" if rate == SUN4_MFLOPS else ""),
            value="years, estimated from its FLOPs",
            of=_years(rate),
            true_if=ABOVE,
            threshold=TOO_LONG_YEARS,
            method=EXACT,
            unit="years",
            format=",.0f" if rate <= 100 * SUN4_MFLOPS else ".2g",
        )
        for rate in settings["mflops"]
    ]
    existed = Claim(
        says="it reads more than eight of ten new digits",
        condition="the convolutional network of 1989, as published",
        value="share of new digits that it takes for another",
        of=ERROR,
        true_if=BELOW,
        threshold=READS,
        format=".1%",
    )
    return (*hardware, *([existed] if settings["passes"] else []))


STATEMENT = Statement(
    number="15",
    chapter="feed_forward",
    section="Convolutional networks",
    section_zh="卷积神经网络",
    title="CNNs before their hardware",
    sentence="Convolutional networks existed long before AlexNet, but the hardware of those years could not "
    "carry them.",
    sentence_zh="早在AlexNet之前就有卷积网络，但当年的计算机跑不动它。",
    question="Could a workstation of 1989 have trained AlexNet?",
    strongest="For networks of AlexNet's size: on the machine on which the first one was trained they would "
    "have taken thousands of years.",
    condition="the size of the network and the speed of the machine: a network of 9,760 parameters was "
    "trained in 1989, in three days",
    why=(
        "LeCun's network of 1989 has all that a convolutional network needs, shared weights and "
        "backpropagation, and it read handwritten zip codes after three days on a workstation.",
        "AlexNet needs seven million times as many operations: years by the thousand at that speed, and "
        "five to six days on two graphics cards of 2010.",
        "Hardware was not all that was missing: there were 7,291 labelled digits in 1989, and 1.2 million "
        "labelled photographs in 2012.",
    ),
    formula=r"t = \frac{3 \cdot \mathrm{FLOPs}_\mathrm{forward} \cdot \mathrm{images} \cdot \mathrm{passes}}"
    r"{\mathrm{FLOP/s}}",
    sources=(
        Source(
            "LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition",
            "https://doi.org/10.1162/neco.1989.1.4.541",
        ),
        Source("Krizhevsky, Sutskever & Hinton 2012, ImageNet classification with deep CNNs"),
        Source(
            "Karpathy 2022, Deep neural nets: 33 years ago and 33 years from now",
            "https://karpathy.github.io/2022/03/14/lecun1989/",
        ),
    ),
    settings={
        "mflops": Option(
            "speeds of machines, in millions of operations a second",
            (SUN4_MFLOPS,),
            kind=float,
            many=True,
            min=0.01,
            max=1e12,
            min_values=1,
            max_values=8,
        ),
        "passes": Option("over the training images; 0 trains nothing", 3, min=0, max=100),
        "images": Option("training images", 4000, min=10, max=4000),
        "rate": Option("learning rate", 0.006, kind=float, min=1e-9, max=1),
        **seeds(8),
    },
    full={"passes": 23, "seeds": 12},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="How long a training takes",
        look="On the machine of 1989 (1 MFLOP/s, estimated) they lie millions of times apart: one could be "
        "trained, the other could not.",
        kind=INTERVALS,
        x="Network",
        y="Days of training",
        log_y=True,
        rules=((TOO_LONG_YEARS * 365.25, "ten years"),),
    ),
    slider=Slider("mflops", "Speed of the machine (MFLOP/s)", (1.0, 1e2, 1e4, 1e6, 1e8), {"passes": 0}),
    links=(
        PageLink(
            "layers",
            "Count AlexNet's layers, and those of others",
            {"source": "reference", "reference": "alexnet"},
        ),
    ),
    times=True,
)
