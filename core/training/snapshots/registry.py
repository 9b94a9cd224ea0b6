"""Every look inside a training. To add one, add an entry: the page and the command line follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.data import DATASETS
from core.data.dataset import (
    CLASSIFICATION,
    CONTROL,
    CURVE,
    GRAPH,
    GRID_WORLD,
    IMAGES,
    MIXTURE,
    POINTS,
    SEQUENCES,
    SERIES,
    SMALL_IMAGES,
    SURFACE,
    SYMBOLS,
    TEXT,
)
from core.lazy import LazyModule
from core.models import MODELS

if TYPE_CHECKING:
    from core.events import Picture
    from core.training.config import TrainConfig
    from core.training.snapshots import (
        activity,
        confusion,
        embedding,
        feature_maps,
        histograms,
        norms,
        saliency,
        through_time,
    )
else:
    activity = LazyModule("core.training.snapshots.activity")
    confusion = LazyModule("core.training.snapshots.confusion")
    embedding = LazyModule("core.training.snapshots.embedding")
    feature_maps = LazyModule("core.training.snapshots.feature_maps")
    histograms = LazyModule("core.training.snapshots.histograms")
    norms = LazyModule("core.training.snapshots.norms")
    saliency = LazyModule("core.training.snapshots.saliency")
    through_time = LazyModule("core.training.snapshots.through_time")

RECURRENT = tuple(key for key, model in MODELS.items() if model.family == "recurrent")
CONVOLUTIONAL = tuple(key for key, model in MODELS.items() if model.family == "convolutional")


@dataclass(frozen=True)
class Probe:
    """One look inside. fits(model, data), keys of MODELS and DATASETS, tells where it applies.

    draw(learner) looks at the training whenever its next picture is taken, and may remember what it saw; it
    draws no random number that training uses, and changes nothing. draw is None where the learner draws the
    picture by itself; then the entry's key is the picture's name. on tells whether it is there without being
    asked for.
    """

    name: str
    shows: str
    fits: Callable[[str, str], bool]
    draw: Callable[[Any], Iterator[Picture]] | None
    on: bool = False


def _supervised(model: str, data: str) -> bool:
    return MODELS[model].learner == "supervised"


def _feedforward(model: str, data: str) -> bool:
    return _supervised(model, data) and model not in RECURRENT


def _classified(model: str, data: str) -> bool:
    dataset = DATASETS[data]
    learns = MODELS[model].learner in ("supervised", "graph")
    return learns and dataset.task == CLASSIFICATION and dataset.kind != TEXT


def _embedded(model: str, data: str) -> bool:
    classified = DATASETS[data].task == CLASSIFICATION and DATASETS[data].kind not in (SYMBOLS, TEXT)
    return _supervised(model, data) and classified


def _images(model: str, data: str) -> bool:
    return _supervised(model, data) and DATASETS[data].kind in (IMAGES, SMALL_IMAGES)


def _convolutional(model: str, data: str) -> bool:
    return model in CONVOLUTIONAL


def _estimated(model: str, data: str) -> bool:
    return DATASETS[data].kind == SEQUENCES and DATASETS[data].task != CLASSIFICATION


def _recurrent(model: str, data: str) -> bool:
    return model in RECURRENT


def _own(*kinds: str, learners: tuple[str, ...] | None = None) -> Callable[[str, str], bool]:
    """Where the learner draws it: on these kinds of data, and by these learners if any are named."""
    return lambda model, data: (
        DATASETS[data].kind in kinds and (learners is None or MODELS[model].learner in learners)
    )


PROBES: dict[str, Probe] = {
    "decision_map": Probe("Decision map", "Which class the network sees where.", _own(POINTS), None, on=True),
    "curve": Probe("Curve", "What the network answers along x, and the truth.", _own(CURVE), None, on=True),
    "surface": Probe(
        "Surface", "What the network answers over the plane, and the truth.", _own(SURFACE), None, on=True
    ),
    "forecast": Probe(
        "Forecast", "What was held back, and what the network made of it.", _own(SERIES), None, on=True
    ),
    "predictions": Probe(
        "Answers on images",
        "Held-back images with the network's answers, mistakes first.",
        _own(IMAGES, SMALL_IMAGES, learners=("supervised",)),
        None,
        on=True,
    ),
    "filters": Probe(
        "Filters",
        "Weights of the first layer as small pictures.",
        _own(IMAGES, SMALL_IMAGES, learners=("supervised", "rbm")),
        None,
        on=True,
    ),
    "answers": Probe("Answers", "Answer against truth of held-back sequences.", _estimated, None, on=True),
    "recall": Probe(
        "Recall",
        "Held-back rows symbol by symbol, right answers and wrong ones.",
        _own(SYMBOLS),
        None,
        on=True,
    ),
    "generated_text": Probe("Text", "Text that the network writes now.", _own(TEXT), None, on=True),
    "states": Probe(
        "Gates and states",
        "What each gate and state holds over the steps of one sample.",
        _own(SEQUENCES, SYMBOLS, TEXT),
        None,
        on=True,
    ),
    "reconstructions": Probe(
        "Reconstructions",
        "Held-back images, and what comes back from the hidden units.",
        _own(IMAGES, SMALL_IMAGES, learners=("rbm",)),
        None,
        on=True,
    ),
    "fantasies": Probe(
        "Fantasies",
        "Images that the network makes by sampling.",
        _own(IMAGES, SMALL_IMAGES, learners=("rbm",)),
        None,
        on=True,
    ),
    "generated": Probe(
        "Generated points", "Points that the generator makes, over real ones.", _own(MIXTURE), None, on=True
    ),
    "samples": Probe(
        "Generated images",
        "Images that the generator makes, always of the same noise.",
        _own(IMAGES, SMALL_IMAGES, learners=("gan",)),
        None,
        on=True,
    ),
    "graph": Probe("Graph", "What the network says of each node.", _own(GRAPH), None, on=True),
    "value_map": Probe(
        "Values and policy",
        "What each square is worth, and its best action.",
        _own(GRID_WORLD),
        None,
        on=True,
    ),
    "policy_map": Probe("Policy", "Which way the network would push the cart.", _own(CONTROL), None, on=True),
    "episode_returns": Probe(
        "Episode returns", "How the episodes of the training went.", _own(GRID_WORLD, CONTROL), None, on=True
    ),
    "layer_norms": Probe(
        "Gradients and updates",
        "Each layer's gradient, its update, and the update as a share of the weights, over the run.",
        _supervised,
        lambda learner: norms.layer_norms(learner),
        on=True,
    ),
    "dead_units": Probe(
        "Dead and saturated units",
        "Share of each layer's units that never react, and of activations on a flat part of the function.",
        _feedforward,
        lambda learner: activity.dead_units(learner),
        on=True,
    ),
    "weight_histograms": Probe(
        "Weight histograms",
        "How each layer's weights are spread.",
        _supervised,
        lambda learner: histograms.weight_histograms(learner),
    ),
    "input_histograms": Probe(
        "Pre-activation histograms",
        "How the sums are spread that come into each layer's activation.",
        _feedforward,
        lambda learner: histograms.input_histograms(learner),
    ),
    "confusion": Probe(
        "Confusion matrix",
        "Which classes the network takes for which.",
        _classified,
        lambda learner: confusion.confusion(learner),
        on=True,
    ),
    "feature_maps": Probe(
        "Feature maps",
        "What the channels of each convolution make of one held-back image.",
        _convolutional,
        lambda learner: feature_maps.feature_maps(learner),
    ),
    "saliency": Probe(
        "Saliency",
        "Which pixels of held-back images move the score of the class that the network sees.",
        _images,
        lambda learner: saliency.saliency(learner),
    ),
    "gradient_through_time": Probe(
        "Gradient through time",
        "How much of the loss's gradient reaches each earlier step: it vanishes, or explodes.",
        _recurrent,
        lambda learner: through_time.gradient_through_time(learner),
    ),
    "embedding": Probe(
        "Embedding",
        "The last hidden layer's two principal components, a point for each held-back sample.",
        _embedded,
        lambda learner: embedding.embedding(learner),
    ),
}


def fitting(model: str, data: str) -> tuple[str, ...]:
    """Keys of the probes that apply to a network and its data."""
    return tuple(name for name, probe in PROBES.items() if probe.fits(model, data))


def default(model: str, data: str) -> tuple[str, ...]:
    """Keys of those that are on without being asked for: the telling ones that cost little."""
    return tuple(name for name in fitting(model, data) if PROBES[name].on)


def chosen(config: TrainConfig) -> tuple[str, ...]:
    """Keys of the probes of a training."""
    return default(config.model, config.data) if config.probes is None else config.probes
