"""Every snapshot: a picture of a training at one step. To add one, add an entry, its file and its chart.

Which snapshots there are and where they apply; no torch, and nothing of how they are drawn. An entry's file
is core/training/snapshots/<group>/<module>.py, which holds a function of the entry's key:

    def decision_map(learner) -> Iterator[Picture | None]

Each next() observes the training at this step and gives a picture of that name, or None where there is
nothing to show yet; after its end there is nothing more. It may remember what it saw, changes nothing, and
takes no random number of the training. The chart of the same key is in dashboard/charts/training/<group>/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from core.data import DATASETS
from core.data.dataset import (
    CLASSIFICATION,
    CONTROL,
    CURVE,
    GRAPH,
    GRID_WORLD,
    IMAGES,
    MIXTURE,
    OWN_IMAGES,
    POINTS,
    SEQUENCES,
    SERIES,
    SMALL_IMAGES,
    SURFACE,
    SYMBOLS,
    TABLE,
    TEXT,
    Dataset,
)
from core.models import MODELS
from core.models.model import ATTENTION, CONVOLUTIONAL, RECURRENT, Model

DATA, OUTPUTS, GENERATIVE, EPISODES, LAYERS = "data", "outputs", "generative", "episodes", "layers"

# The rooms of core/training/snapshots and dashboard/charts/training, and what a page calls them.
GROUPS = {
    DATA: "Data",
    OUTPUTS: "Predictions",
    GENERATIVE: "Generated",
    EPISODES: "Episodes",
    LAYERS: "Layers",
}

Applies = Callable[[Model, Dataset], bool]


@dataclass(frozen=True)
class Snapshot:
    """One snapshot, as pages, command lines and the schedule know it."""

    label: str
    help: str  # one sentence: what there is to see
    group: str  # a key of GROUPS
    applies: Applies
    module: str  # the file in the group's room; several snapshots of one thing share a file
    default: bool = True  # whether it is drawn without being asked for
    history: bool = False  # whether it shows the training so far, which no single step's weights know
    needs: str = ""  # key of the picture of the data without which it shows nothing

    @property
    def once(self) -> bool:
        """Whether it shows the data alone: drawn before the first step, and never again."""
        return self.group == DATA

    @property
    def path(self) -> str:
        """The module that computes it."""
        return f"core.training.snapshots.{self.group}.{self.module}"


class SnapshotRequest(Protocol):
    """What selected() reads of a TrainConfig, which imports this file."""

    @property
    def model(self) -> str:
        """A key of MODELS."""

    @property
    def data(self) -> str:
        """A key of DATASETS."""

    @property
    def snapshots(self) -> tuple[str, ...] | None:
        """Keys of SNAPSHOTS, None for the defaults."""


def applicable(model: str, data: str) -> tuple[str, ...]:
    """Keys of the snapshots that apply to a network and its data, keys of MODELS and DATASETS."""
    network, dataset = MODELS[model], DATASETS[data]
    return tuple(key for key, snapshot in SNAPSHOTS.items() if snapshot.applies(network, dataset))


def defaults(model: str, data: str) -> tuple[str, ...]:
    """Keys of those that are drawn without being asked for: they show much and cost little."""
    return tuple(key for key in applicable(model, data) if SNAPSHOTS[key].default)


def redrawable(model: str, data: str) -> tuple[str, ...]:
    """Keys of those that the weights of a frame are enough for, so that a film can be drawn afterwards."""
    return tuple(key for key in applicable(model, data) if not SNAPSHOTS[key].history)


def selected(config: SnapshotRequest) -> tuple[str, ...]:
    """Keys of the snapshots of a training: those that are asked for, and what these need."""
    if config.snapshots is None:
        return defaults(config.model, config.data)
    return with_needs(config.snapshots)


def with_needs(keys: Iterable[str]) -> tuple[str, ...]:
    """These snapshots, and the pictures of the data that they need."""
    return tuple(dict.fromkeys(one for key in keys for one in (SNAPSHOTS[key].needs, key) if one))


def _of(*kinds: str, learners: tuple[str, ...] = ()) -> Applies:
    """On data of these kinds, for these ways of learning (all without any)."""
    return lambda model, data: data.kind in kinds and (not learners or model.learner in learners)


def _supervised(model: Model, data: Dataset) -> bool:
    return model.learner == "supervised"


def _activated(model: Model, data: Dataset) -> bool:
    """Networks whose layers each feed an activation function."""
    return _supervised(model, data) and model.family != RECURRENT


def _classified(model: Model, data: Dataset) -> bool:
    one_target = data.task == CLASSIFICATION and data.kind != TEXT
    return model.learner in ("supervised", "graph") and one_target


def _classified_samples(model: Model, data: Dataset) -> bool:
    one_class_each = data.task == CLASSIFICATION and data.kind not in (SYMBOLS, TEXT)
    return _supervised(model, data) and one_class_each


def _estimated_sequences(model: Model, data: Dataset) -> bool:
    return data.kind == SEQUENCES and data.task != CLASSIFICATION


def _classified_table(model: Model, data: Dataset) -> bool:
    return data.kind == TABLE and data.task == CLASSIFICATION


def _estimated_table(model: Model, data: Dataset) -> bool:
    return data.kind == TABLE and data.task != CLASSIFICATION


def _convolutional(model: Model, data: Dataset) -> bool:
    return _supervised(model, data) and model.family == CONVOLUTIONAL


def _recurrent(model: Model, data: Dataset) -> bool:
    return model.family == RECURRENT


def _read_step_by_step(model: Model, data: Dataset) -> bool:
    return _recurrent(model, data) and data.kind in (SEQUENCES, SYMBOLS, TEXT)


def _attention(model: Model, data: Dataset) -> bool:
    return model.family == ATTENTION


SNAPSHOTS: dict[str, Snapshot] = {
    "points": Snapshot("Points", "The points to classify.", DATA, _of(POINTS), "points"),
    "curve_samples": Snapshot(
        "Samples",
        "The samples that a curve or a surface is learnt from.",
        DATA,
        _of(CURVE, SURFACE),
        "curve_samples",
    ),
    "table_points": Snapshot(
        "Rows",
        "The table's rows on the plane of their principal components.",
        DATA,
        _classified_table,
        "table_points",
    ),
    "target": Snapshot("Target", "The points that a generator is to imitate.", DATA, _of(MIXTURE), "target"),
    "world": Snapshot("Map", "The squares of the game, and what they mean.", DATA, _of(GRID_WORLD), "world"),
    "decision_map": Snapshot(
        "Decision map",
        "The class that the network predicts at each point.",
        OUTPUTS,
        _of(POINTS),
        "decision_map",
    ),
    "curve": Snapshot(
        "Curve", "What the network predicts along x, and the truth.", OUTPUTS, _of(CURVE), "curve"
    ),
    "surface": Snapshot(
        "Surface",
        "What the network predicts over the plane, and the truth.",
        OUTPUTS,
        _of(SURFACE),
        "surface",
    ),
    "table_map": Snapshot(
        "Decision map",
        "Which class the network predicts on the plane of the rows' principal components.",
        OUTPUTS,
        _classified_table,
        "table_map",
    ),
    "predicted": Snapshot(
        "Predicted against true",
        "Prediction against truth of the table's rows.",
        OUTPUTS,
        _estimated_table,
        "predicted",
    ),
    "forecast": Snapshot(
        "Forecast",
        "The end of the test split, the network's forecast of it, and naive ones.",
        OUTPUTS,
        _of(SERIES),
        "forecast",
    ),
    "predictions": Snapshot(
        "Predictions on images",
        "Test images with the network's predictions, mistakes first.",
        OUTPUTS,
        _of(IMAGES, SMALL_IMAGES, OWN_IMAGES, learners=("supervised",)),
        "predictions",
    ),
    "answers": Snapshot(
        "Predictions", "Prediction against truth of test sequences.", OUTPUTS, _estimated_sequences, "answers"
    ),
    "recall": Snapshot(
        "Recall",
        "Test rows symbol by symbol, right predictions and wrong ones.",
        OUTPUTS,
        _of(SYMBOLS),
        "recall",
    ),
    "graph": Snapshot(
        "Graph", "The class that the network predicts of each node.", OUTPUTS, _of(GRAPH), "graph"
    ),
    "confusion": Snapshot(
        "Confusion matrix",
        "How often each true class is predicted as each class.",
        OUTPUTS,
        _classified,
        "confusion",
    ),
    "generated_text": Snapshot(
        "Generated text", "Text that the network writes now.", GENERATIVE, _of(TEXT), "generated_text"
    ),
    "generated": Snapshot(
        "Generated points",
        "Points that the generator makes, over real ones.",
        GENERATIVE,
        _of(MIXTURE),
        "generated",
    ),
    "samples": Snapshot(
        "Generated images",
        "Images that the generator makes, always of the same noise.",
        GENERATIVE,
        _of(IMAGES, SMALL_IMAGES, learners=("gan",)),
        "samples",
    ),
    "reconstructions": Snapshot(
        "Reconstructions",
        "Test images, and what comes back from the hidden units.",
        GENERATIVE,
        _of(IMAGES, SMALL_IMAGES, learners=("rbm",)),
        "reconstructions",
    ),
    "fantasies": Snapshot(
        "Samples (Gibbs)",
        "Images that the network makes by Gibbs sampling.",
        GENERATIVE,
        _of(IMAGES, SMALL_IMAGES, learners=("rbm",)),
        "fantasies",
    ),
    "episode": Snapshot(
        "Greedy episode",
        "The agent plays the game with its best actions, over the value of each action.",
        EPISODES,
        _of(GRID_WORLD),
        "episode",
        needs="world",
    ),
    "cart_episode": Snapshot(
        "Greedy episode",
        "The network plays with its best actions: cart, pole and the value of each push, step by step.",
        EPISODES,
        _of(CONTROL),
        "cart_episode",
    ),
    "value_map": Snapshot(
        "Values and policy",
        "The value of each square, and its best action.",
        EPISODES,
        _of(GRID_WORLD),
        "value_map",
    ),
    "policy_map": Snapshot(
        "Policy", "Which way the network would push the cart.", EPISODES, _of(CONTROL), "policy_map"
    ),
    "episode_returns": Snapshot(
        "Episode returns",
        "The returns of the training's episodes.",
        EPISODES,
        _of(GRID_WORLD, CONTROL),
        "episode_returns",
        history=True,
    ),
    "filters": Snapshot(
        "Filters",
        "Weights of the first layer as small images.",
        LAYERS,
        _of(IMAGES, SMALL_IMAGES, OWN_IMAGES, learners=("supervised", "rbm")),
        "filters",
    ),
    "unrolled": Snapshot(
        "Unrolled network",
        "The network at each step of one sequence: what it reads and predicts, its gates and states, and the "
        "gradient that flows back.",
        LAYERS,
        _recurrent,
        "unrolled",
    ),
    "states": Snapshot(
        "Gates and states",
        "What each gate and state holds over the steps of one sample.",
        LAYERS,
        _read_step_by_step,
        "states",
    ),
    "attention": Snapshot(
        "Attention",
        "Which earlier steps of one sample each head reads at each step.",
        LAYERS,
        _attention,
        "attention",
    ),
    "embedding": Snapshot(
        "Embedding",
        "The last hidden layer's two principal components, a point for each test sample.",
        LAYERS,
        _classified_samples,
        "embedding",
        default=False,
    ),
    "saliency": Snapshot(
        "Saliency",
        "Which pixels of test images move the score of the class that the network predicts, and the same "
        "with random weights: where both maps look alike, the first shows the image and not what was learnt.",
        LAYERS,
        _of(IMAGES, SMALL_IMAGES, OWN_IMAGES, learners=("supervised",)),
        "saliency",
        default=False,
    ),
    "feature_maps": Snapshot(
        "Feature maps",
        "What the channels of each convolution make of one test image.",
        LAYERS,
        _convolutional,
        "feature_maps",
        default=False,
    ),
    "gradient_through_time": Snapshot(
        "Gradient through time",
        "How much of the loss's gradient reaches each earlier step: it vanishes, or explodes.",
        LAYERS,
        _recurrent,
        "gradient_through_time",
        default=False,
    ),
    "layer_norms": Snapshot(
        "Gradients and updates",
        "Each layer's gradient, its update, and the ratio of update to weights, over the run.",
        LAYERS,
        _supervised,
        "layer_norms",
        history=True,
    ),
    "dead_units": Snapshot(
        "Dead and saturated units",
        "Fraction of each layer's units that never react, and of activations on a flat part of the function.",
        LAYERS,
        _activated,
        "dead_units",
    ),
    "weight_histograms": Snapshot(
        "Weight histograms",
        "How each layer's weights are spread.",
        LAYERS,
        _supervised,
        "histograms",
        default=False,
    ),
    "input_histograms": Snapshot(
        "Pre-activation histograms",
        "How the pre-activations of each layer are spread.",
        LAYERS,
        _activated,
        "histograms",
        default=False,
    ),
}
