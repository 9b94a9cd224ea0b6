"""A restricted Boltzmann machine is a feed-forward network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.events import Picture, Progress
from core.experiments.statement import (
    ABOVE,
    BELOW,
    EXACT,
    IMAGES,
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
from core.experiments.statement_events import Fact, Measured
from core.lazy import LazyModule
from core.options import Option

if TYPE_CHECKING:
    import numpy as np
    import torch

    from core import torch_devices
    from core.data import images
    from core.experiments import stacked_rbm
else:
    np = LazyModule("numpy")
    torch = LazyModule("torch")
    torch_devices = LazyModule("core.torch_devices")
    images = LazyModule("core.data.images")
    stacked_rbm = LazyModule("core.experiments.stacked_rbm")

BACK, NEARER, UP, DOWN = "influence back", "distance", "p(h|v)", "p(v|h)"
# In a feed-forward network nothing comes back: a twentieth of the way from 0 to 1 is next to nothing.
NOTHING = 0.05
# Samples that are a tenth nearer to real digits than independent pixels are no accident.
NO_NEARER = 0.9
EQUAL = 1e-12  # in float64
BATCH, RATE = 50, 0.1
SHOWN, SAMPLES = 9, 100
ENUMERATED = 8  # visible and hidden units whose joint states are all listed


def measure(settings: Settings) -> Iterator[Any]:
    """Trains a machine of each seed on digits of 8 x 8, looks back from hidden to visible, and samples."""
    data = images.digits(0, 0.2)
    real = (torch.from_numpy(data.train_inputs).flatten(1) > 0.5).float()
    new = (torch.from_numpy(data.test_inputs).flatten(1) > 0.5).float()
    for passes in settings["passes"]:
        machines = stacked_rbm.Machines(each_seed(settings), real.shape[1], settings["hidden"])
        with torch_devices.threads(1):
            total = max(1, passes * len(real))
            for done in machines.train(real, passes, BATCH, RATE):
                yield Progress(done, total, "images")
            yield from _looked_back(machines, new, passes, settings)
            yield from _sampled(machines, real, new, passes, settings)
    up, down = machines.difference_from_enumeration(ENUMERATED)
    yield Measured(UP, 0, up)
    yield Measured(DOWN, 0, down)
    yield Fact("Weights", f"one matrix of {real.shape[1]} × {settings['hidden']}, used in both directions")


def _looked_back(
    machines: stacked_rbm.Machines, new: torch.Tensor, passes: int, settings: Settings
) -> Iterator[Measured]:
    """How far the visible units follow the hidden ones, from those of one digit to those of another."""
    hidden = machines.hidden(new.expand(settings["seeds"], -1, -1))
    visible = machines.visible(hidden)
    change = (visible - visible.roll(1, dims=1)).abs().mean(dim=(1, 2))
    for seed, value in zip(each_seed(settings), change.tolist(), strict=True):
        yield Measured(f"{BACK}, {passes}", seed, value)


def _sampled(
    machines: stacked_rbm.Machines, real: torch.Tensor, new: torch.Tensor, passes: int, settings: Settings
) -> Iterator[Any]:
    """Samples from noise, and how near they are to new digits, by how near independent pixels are."""
    noise = states = machines.noise(SAMPLES)
    for step in range(1, settings["steps"] + 1):
        states = machines.gibbs(states)
        if step % 50 == 0:
            yield Progress(step, settings["steps"], "steps of sampling")
    shown = {"Noise": noise, f"After {settings['steps']} steps": machines.reconstruct(states)}
    sheets = {name: _sheet(pixels[0, :SHOWN].numpy()) for name, pixels in shown.items()}
    yield Picture("samples", settings["steps"], {**sheets, "Real digits": _sheet(real[:SHOWN].numpy())})
    pixels = machines.bernoulli(real.mean(0).expand_as(states))
    ratios = _nearest(states, new) / _nearest(pixels, new)
    for seed, ratio in zip(each_seed(settings), ratios.tolist(), strict=True):
        yield Measured(f"{NEARER}, {passes}", seed, ratio)


def _nearest(states: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Pixels in which a state differs from the nearest real one: (n, samples, pixels) -> means (n,)."""
    return torch.cdist(states, real.expand(len(states), -1, -1), p=1.0).amin(2).mean(1)


def _sheet(pixels: np.ndarray) -> np.ndarray:
    """Images of 8 x 8 in rows of three, with a border between them: (9, 64) -> (26, 26), from 0 to 1."""
    sheet = np.full((26, 26), 0.5, dtype=np.float32)
    for n, image in enumerate(pixels):
        row, column = divmod(n, 3)
        sheet[9 * row : 9 * row + 8, 9 * column : 9 * column + 8] = image.reshape(8, 8)
    return sheet


def claims(settings: Settings) -> tuple[Claim, ...]:
    """What would have to hold of a feed-forward network; the strongest reading is the way up alone."""
    found = []
    for passes in settings["passes"]:
        condition = f"after {passes} passes over the digits" if passes else "before any training"
        found += [
            Claim(
                says="signals run one way: visible units do not follow the hidden ones",
                condition=condition,
                value="change of p(v = 1) between the hidden states of two digits",
                of=f"{BACK}, {passes}",
                true_if=BELOW,
                threshold=NOTHING,
                format=".3f",
            ),
            Claim(
                says="it has no data of its own: what it makes from noise is no nearer to real digits than "
                "independent pixels",
                condition=condition,
                value="distance to the nearest new digit, by that of independent pixels",
                of=f"{NEARER}, {passes}",
                true_if=ABOVE,
                threshold=NO_NEARER,
                format=".2f",
            ),
        ]
    exact = [
        Claim(
            says=f"{name} is a layer of sigmoid units with the weights {weights}",
            condition=f"all states of {ENUMERATED} visible and {ENUMERATED} hidden units listed",
            value="largest difference between the sigmoid layer and the machine's own probabilities",
            of=of,
            true_if=BELOW,
            threshold=EQUAL,
            counts=False,
            method=EXACT,
            format=".1g",
        )
        for name, of, weights in ((UP, UP, "W"), (DOWN, DOWN, "W transposed"))
    ]
    return (*found, *exact)


STATEMENT = Statement(
    number="18",
    chapter="feed_forward",
    section="Feed-forward networks",
    section_zh="前向神经网络",
    title="RBMs are feed-forward",
    sentence="Feed-forward networks are the multilayer perceptron, the restricted Boltzmann machine, "
    "convolutional networks and residual networks.",
    sentence_zh="前馈网络包括多层感知机、受限玻尔兹曼机、卷积网络和残差网络。",
    question="A restricted Boltzmann machine has learnt digits. Do its signals run in one direction only?",
    strongest="As a layer of another network: the way up, p(h|v), is exactly a layer of sigmoid units, and "
    "that is how deep networks were pre-trained around 2006.",
    condition="whether it has learnt anything, and whether one uses it upwards alone",
    why=(
        "Its connections have no direction: one matrix W gives the hidden units from the visible ones, and "
        "its transpose gives the visible ones from the hidden.",
        "It models how likely an image is, p(v), so it can make images out of noise by moving up and down "
        "again and again (Gibbs sampling); a feed-forward network computes an output and nothing comes back.",
        "So it is an undirected, generative model; only its way up looks like a layer of an MLP.",
    ),
    formula=r"\begin{aligned} p(h_j{=}1\,|\,v) &= \sigma\Big(\sum_i v_i W_{ij} + c_j\Big) \\ "
    r"p(v_i{=}1\,|\,h) &= \sigma\Big(\sum_j W_{ij} h_j + b_i\Big) \end{aligned}",
    sources=(
        Source("Smolensky 1986, Information processing in dynamical systems: foundations of harmony theory"),
        Source(
            "Hinton 2002, Training products of experts by minimizing contrastive divergence",
            "https://doi.org/10.1162/089976602760128018",
        ),
        Source(
            "Hinton & Salakhutdinov 2006, Reducing the dimensionality of data with neural networks",
            "https://doi.org/10.1126/science.1127647",
        ),
    ),
    settings={
        "passes": Option(
            "over the training digits, of a machine each",
            (30,),
            kind=int,
            many=True,
            min=0,
            max=1000,
            min_values=1,
            max_values=4,
        ),
        "hidden": Option("hidden units", 64, min=ENUMERATED, max=512),
        "steps": Option("of Gibbs sampling from noise", 200, min=1, max=10_000),
        **seeds(10),
    },
    full={"passes": (300,), "steps": 1000, "seeds": 24},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="What the machine makes of noise",
        look="Noise is put in at the left; after many steps up and down it has strokes, like the real "
        "digits at the right.",
        kind=IMAGES,
    ),
    slider=Slider("passes", "Passes over the digits", (0, 3, 10, 30, 100), {"seeds": 8, "steps": 100}),
    links=(PageLink("train", "Train one and watch its samples", {"model": "rbm"}),),
)
