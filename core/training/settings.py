"""Every setting of a training: what it means, what it may be, where it applies and when it may change.

To add one, add an entry here, its field to TrainConfig, and the code that uses it. The config's checks, --set
and the flags, the page's form and address, `list` and docs/settings.md follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core import settings
from core.data import DATASETS, Dataset
from core.data.dataset import CLASSIFICATION
from core.models import MODELS
from core.models.initialisation import INITIALISATIONS
from core.options import Option
from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES
from core.training.upgrades import DEFAULT_WORDS_IN_0_1, NAMES_IN_0_1

# Beyond these a single step, at which a training can be stopped, would take longer than a fifth of a second
# on one core, or a person would wait for hours.
MAX_EPOCHS = 10_000
MAX_BATCH = 1024
MAX_SAMPLES = 100_000
MAX_STEPS = 100_000_000

ENGINES = {
    "auto": "The fastest there is",
    "eager": "PyTorch, operator by operator",
    "compiled": "Compiled steps of small networks",
}

MAIN, DATA, START, GRADIENT, REGULARIZATION, STOPPING = (
    *("main", "data", "start", "gradient", "regularization", "stopping"),
)
# The groups of the page's form, in its order, with their headings.
GROUPS = {
    MAIN: "",
    DATA: "Data",
    START: "Start and engine",
    GRADIENT: "Gradient",
    REGULARIZATION: "Regularization",
    STOPPING: "Stopping early",
}


@dataclass(frozen=True, kw_only=True)
class Setting(Option):
    """One field of TrainConfig, whose default is the field's."""

    label: str  # on screen
    group: str | None = None  # of the form; None where the form has no control for it
    flag: str = ""  # the value's placeholder in --help, such as N, of a setting with a flag
    offered: tuple[Any, ...] = ()  # values that the page offers, out of more that are possible
    step: float | None = None  # of a field for a number, per click
    placeholder: str = ""  # of None, in the form
    learners: tuple[str, ...] | None = None  # the kinds of learning that use it; None for all
    data_uses: Callable[[Dataset], bool] = lambda data: True  # whether this data has a use for it
    has_effect: Callable[[Any], bool] = lambda config: True  # under the other settings of a TrainConfig
    mutable_on_resume: bool = False  # whether a run may be resumed with another value
    mutable_while_running: bool = False  # whether its learners read it anew at each step


_SUPERVISED = ("supervised",)
_BY_GRADIENT = ("supervised", "graph", "rbm", "gan", "dqn")  # all but the table

SETTINGS: dict[str, Setting] = {
    "model": Setting(help="The network.", label="Network", kind=str, choices=MODELS),
    "data": Setting(
        help="What it learns from, or a CSV file or a zip of images.",
        label="Data",
        kind=str,
        choices=DATASETS,
        flag="D",
    ),
    "activation": Setting(
        help="The function between layers; where the network takes any, also an expression of x.",
        label="Activation",
        group=MAIN,
        kind=str,
        flag="A",
        learners=_BY_GRADIENT,
    ),
    "optimizer": Setting(
        help="How a gradient becomes a step.",
        label="Optimizer",
        group=MAIN,
        kind=str,
        choices=OPTIMIZERS,
        flag="O",
        learners=_BY_GRADIENT,
    ),
    "learning_rate": Setting(
        help="Size of the first step; the schedule says how it changes.",
        label="Learning rate",
        group=MAIN,
        kind=float,
        min=1e-6,
        max=100,
        flag="R",
        offered=(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
        mutable_on_resume=True,
        mutable_while_running=True,
    ),
    "batch_size": Setting(
        help="Samples per step.",
        label="Batch size",
        group=MAIN,
        kind=int,
        min=1,
        max=MAX_BATCH,
        flag="N",
        offered=(1, 2, 5, 10, 20, 32, 50, 64, 100, 128, 200, 256, 512, 1024),
        learners=("supervised", "rbm", "gan", "q_table", "dqn"),  # a graph is one batch
    ),
    "epochs": Setting(
        help="Passes over the training data.",
        label="Epochs",
        group=MAIN,
        kind=int,
        min=1,
        max=MAX_EPOCHS,
        flag="N",
        mutable_on_resume=True,
    ),
    "seed": Setting(
        help="The same seed gives the same weights, data and order, and so the same numbers.",
        label="Seed",
        group=MAIN,
        kind=int,
        min=0,
        max=2**63 - 1,
        flag="N",
    ),
    "hidden": Setting(
        help="Units of each hidden layer (8,8), of the state of a recurrent network (20), or of each step of "
        "a transformer (64).",
        label="Hidden layers",
        group=MAIN,
        kind=int,
        many=True,
        flag="N,...",
    ),
    "noise": Setting(
        help="Standard deviation of the noise in generated data, in units of its coordinates.",
        label="Noise",
        group=MAIN,
        kind=float,
        min=0,
        max=2,
        optional=True,
        flag="X",
        data_uses=lambda data: "noise" in data.defaults,
    ),
    "model_options": Setting(
        help="Settings that only this network has.", label="Of the network", group=MAIN, kind=dict
    ),
    "data_options": Setting(
        help="Settings that only this data has.", label="Of the data", group=MAIN, kind=dict
    ),
    "snapshots": Setting(
        help="Which pictures are drawn while it learns.",
        label="Snapshots",
        group=MAIN,
        kind=str,
        many=True,
        optional=True,
        none_words=("default", *DEFAULT_WORDS_IN_0_1),
        mutable_on_resume=True,
    ),
    "device": Setting(
        help="Where it computes: cpu, cuda, cuda:N, mps or xpu.",
        label="Device",
        group=MAIN,
        kind=str,
        flag="D",
        mutable_on_resume=True,
    ),
    "samples": Setting(
        help="Size of generated data, all splits together.",
        label="Samples",
        group=DATA,
        kind=int,
        min=20,
        max=MAX_SAMPLES,
        optional=True,
        flag="N",
        data_uses=lambda data: "samples" in data.defaults,
    ),
    "test_fraction": Setting(
        help="Fraction of the data that the network never learns from and is tested on.",
        label="Test fraction",
        group=DATA,
        kind=float,
        min=0.05,
        max=0.8,
        step=0.05,
        flag="P",
        learners=("supervised", "rbm", "gan"),
    ),
    "validation_fraction": Setting(
        help="Fraction of the training data that stopping rules watch and no step learns from; if empty, a "
        "fifth where target or patience needs it.",
        label="Validation fraction",
        group=DATA,
        kind=float,
        min=0.05,
        max=0.5,
        optional=True,
        step=0.05,
        placeholder="where needed",
        learners=("supervised", "graph", "rbm", "gan"),  # fresh episodes validate what plays
    ),
    "initialisation": Setting(
        help="How the weights are drawn before the first step.",
        label="Initialization",
        group=START,
        kind=str,
        choices=INITIALISATIONS,
        learners=_BY_GRADIENT,
    ),
    "weights_seed": Setting(
        help="Draws other first weights, on the same data in the same order; if empty, the seed does.",
        label="Seed of the weights",
        group=START,
        kind=int,
        min=0,
        max=2**63 - 1,
        optional=True,
        placeholder="the seed",
        learners=_BY_GRADIENT,
    ),
    "engine": Setting(
        help="What computes the steps; small networks take whole steps in machine code, many times as fast.",
        label="Engine",
        group=START,
        kind=str,
        choices=ENGINES,
        offered=("auto", "eager"),
        has_effect=lambda config: MODELS[config.model].learner == "supervised",
    ),
    "schedule": Setting(
        help="How the learning rate changes from the first step to the last.",
        label="Schedule",
        group=GRADIENT,
        kind=str,
        choices=SCHEDULES,
        flag="S",
        mutable_on_resume=True,
    ),
    "momentum": Setting(
        help="Fraction of its velocity that the optimizer keeps from step to step.",
        label="Momentum",
        group=GRADIENT,
        kind=float,
        min=0,
        max=0.999,
        step=0.05,
        learners=_SUPERVISED,
        has_effect=lambda config: OPTIMIZERS[config.optimizer].has_momentum,
        mutable_on_resume=True,
        mutable_while_running=True,
    ),
    "clip_norm": Setting(
        help="A longer gradient, of all weights together, is scaled down to this L2 norm.",
        label="Max gradient norm",
        group=GRADIENT,
        kind=float,
        min=1e-6,
        max=1e6,
        optional=True,
        step=0.5,
        placeholder="any",
        learners=_SUPERVISED,
        mutable_on_resume=True,
        mutable_while_running=True,
    ),
    "weight_decay": Setting(
        help="Pulls each weight towards 0 in proportion to it (L2, or AdamW's own); empty, the optimizer's.",
        label="Weight decay",
        group=REGULARIZATION,
        kind=float,
        min=0,
        max=10,
        optional=True,
        step=0.001,
        placeholder="the optimizer's",
        learners=_SUPERVISED,
        mutable_on_resume=True,
        mutable_while_running=True,
    ),
    "l1": Setting(
        help="Pulls each weight towards 0 by the same amount, so that many end there.",
        label="L1",
        group=REGULARIZATION,
        kind=float,
        min=0,
        max=10,
        step=0.001,
        learners=_SUPERVISED,
        mutable_on_resume=True,
        mutable_while_running=True,
    ),
    "label_smoothing": Setting(
        help="Fraction of each label that is spread over all classes while learning.",
        label="Label smoothing",
        group=REGULARIZATION,
        kind=float,
        min=0,
        max=0.5,
        step=0.05,
        flag="P",
        learners=("supervised", "graph"),
        data_uses=lambda data: data.task == CLASSIFICATION,
        mutable_on_resume=True,
    ),
    "target": Setting(
        help="Stop when the validation metric, such as an accuracy of 0.97, reaches this.",
        label="Target metric",
        group=STOPPING,
        kind=float,
        min=-1e9,
        max=1e9,
        optional=True,
        step=0.01,
        placeholder="never",
        mutable_on_resume=True,
    ),
    "patience": Setting(
        help="Stop when the validation loss has not fallen for so many epochs, and restore the best weights.",
        label="Patience (epochs)",
        group=STOPPING,
        kind=int,
        min=1,
        max=MAX_EPOCHS,
        optional=True,
        placeholder="never",
        mutable_on_resume=True,
    ),
    "max_steps": Setting(
        help="Stop after so many steps.",
        label="Max steps",
        group=STOPPING,
        kind=int,
        min=1,
        max=MAX_STEPS,
        optional=True,
        placeholder="never",
        mutable_on_resume=True,
    ),
    "max_seconds": Setting(
        help="Stop after so many seconds.",
        label="Max seconds",
        group=STOPPING,
        kind=float,
        min=0.1,
        max=7 * 24 * 3600,
        optional=True,
        placeholder="never",
        mutable_on_resume=True,
    ),
    "threads": Setting(
        help="CPU threads.", label="Threads", kind=int, min=1, flag="N", mutable_on_resume=True
    ),
    "snapshot_every_s": Setting(
        help="Seconds between snapshots; none for snapshots at the end alone.",
        label="Snapshot interval",
        kind=float,
        min=0.05,
        max=3600,
        optional=True,
        mutable_on_resume=True,
    ),
    "resume_from": Setting(
        help="The run whose checkpoint this training starts from.",
        label="Resume from",
        kind=str,
        optional=True,
        mutable_on_resume=True,
    ),
    "start_from": Setting(
        help="The run from whose film the first weights are; the optimizer starts fresh.",
        label="Start from",
        kind=str,
        optional=True,
        flag="RUN",
        mutable_on_resume=True,
    ),
    "start_step": Setting(
        help="The step of the frame whose weights they are; if empty, the film's last.",
        label="Start step",
        kind=int,
        min=0,
        max=MAX_STEPS,
        optional=True,
        flag="N",
        mutable_on_resume=True,
    ),
}

# What may differ between a training and one that is resumed from its checkpoint; another value of the rest
# would make its numbers meaningless: other weights, other data, another order.
MUTABLE_ON_RESUME = frozenset(name for name, setting in SETTINGS.items() if setting.mutable_on_resume)
# Those that texts and flags set; the rest is named otherwise.
_SETTABLE = {
    name: setting
    for name, setting in SETTINGS.items()
    if name not in ("model", "data", "model_options", "data_options")
}


def applies(name: str, model: str, data: str) -> bool:
    """Whether a network and its data have a use for a setting; where not, only its default is possible."""
    setting, entry, dataset = SETTINGS[name], MODELS[model], DATASETS[data]
    if name == "hidden" and entry.hidden.max_layers == 0:
        return False
    return (setting.learners is None or entry.learner in setting.learners) and setting.data_uses(dataset)


def mutable_while_running(learner: str) -> tuple[str, ...]:
    """What this kind of learning (a key of LEARNERS) reads anew at each step, and a person may change."""
    return tuple(
        name
        for name, setting in SETTINGS.items()
        if setting.mutable_while_running and (setting.learners is None or learner in setting.learners)
    )


def not_used(model: str) -> list[str]:
    """The settings that this network's kind of learning has no use for."""
    learner = MODELS[model].learner
    return [
        name for name, setting in SETTINGS.items() if setting.learners and learner not in setting.learners
    ]


def from_texts(model: str, data: str, texts: Iterable[str]) -> dict[str, Any]:
    """Overrides for default_config() out of texts such as "learning_rate=0.1" or "depth=3".

    A key is a field of TrainConfig, or else an option of the network or of the data.
    Raises InvalidRequest for a text without "=", for an unknown key and for a value of the wrong type.
    """
    of_model, of_data = MODELS[model].options, DATASETS[data].options
    known: Mapping[str, Option] = {**_SETTABLE, **of_data, **of_model, **_SETTABLE}  # the last one wins
    given = settings.from_texts(known, texts, of=f" of {model} on {data}", aliases=NAMES_IN_0_1)
    overrides: dict[str, Any] = {}
    for name, value in given.items():
        if name in _SETTABLE:
            overrides[name] = value
        else:
            overrides.setdefault("model_options" if name in of_model else "data_options", {})[name] = value
    return overrides
