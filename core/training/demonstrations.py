"""Trainings that show something, good and bad, each with what there is to see. To add one, add an entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from core.data import DATASETS
from core.models import MODELS
from core.options import filled_in
from core.training.config import TrainConfig, default_config

# What does not change what there is to see.
_BESIDE_THE_POINT = (
    "seed",
    "weights_seed",
    "device",
    "threads",
    "engine",
    "snapshots",
    "snapshot_every_s",
    "resume_from",
)


@dataclass(frozen=True)
class Demonstration:
    """A network on its data with settings that show something; the others are the preset's."""

    name: str
    see: str  # what to look at, and why it is so, in a sentence
    model: str
    data: str
    settings: Mapping[str, Any]

    def config(self) -> TrainConfig:
        """The training."""
        return self._config

    @cached_property
    def _config(self) -> TrainConfig:
        """Checked once: every visit of a page offers all of them."""
        return default_config(self.model, self.data, **self.settings)


_SIX_SIGMOIDS = {
    **{"activation": "sigmoid", "hidden": (8,) * 6, "optimizer": "sgd", "learning_rate": 0.1},
    "schedule": "constant",
}
_TOO_FAST_FOR_RELU = {"hidden": (16, 16, 16), "learning_rate": 0.3, "schedule": "constant"}

DEMONSTRATIONS: dict[str, Demonstration] = {
    "solve": Demonstration(
        "See it solve the spiral",
        "With sines of x and y among the inputs two layers of 8 units follow both arms; drag the film back "
        "to see the border wind itself up.",
        "mlp",
        "spiral",
        {"data_options": {"features": "x,y,sin_x,sin_y"}, "epochs": 40},
    ),
    "stall": Demonstration(
        "See it stall: sigmoid, 6 layers",
        "The loss stays at ln 2 = 0.693, a guess: the slope of a sigmoid is at most a quarter, so that next "
        "to nothing of the gradient reaches the first layer.",
        "mlp",
        "moons",
        _SIX_SIGMOIDS,
    ),
    "normalize": Demonstration(
        "See normalization rescue it",
        "The same six sigmoid layers at the same rate with batch normalization: the gradient reaches the "
        "first layer, and the loss falls.",
        "mlp",
        "moons",
        _SIX_SIGMOIDS | {"model_options": {"norm": "batch"}},
    ),
    "explode": Demonstration(
        "See it explode: no normalization, rate too high",
        "Steps at a rate of 1 overshoot, each farther than the one before: the loss grows until it is no "
        "number, and the run ends as diverged.",
        "mlp",
        "hills",
        {
            **{"activation": "silu", "hidden": (32,) * 4, "optimizer": "sgd", "learning_rate": 1.0},
            **{"schedule": "constant", "batch_size": 50, "samples": 400, "epochs": 30},
        },
    ),
    "overfit": Demonstration(
        "See it overfit: few samples, wide layers",
        "30 noisy points and 4,417 parameters: all of the training data is learned by heart, while the test "
        "loss turns round and rises.",
        "mlp",
        "moons",
        {
            **{"samples": 60, "noise": 0.4, "hidden": (64, 64), "activation": "relu"},
            **{"learning_rate": 0.01, "schedule": "constant", "epochs": 300},
        },
    ),
    "die": Demonstration(
        "See ReLU units die",
        "The rate is so high that most units are pushed to where ReLU is flat: they are 0 for every sample, "
        "get no gradient, and never come back.",
        "mlp",
        "moons",
        _TOO_FAST_FOR_RELU | {"activation": "relu"},
    ),
    "survive": Demonstration(
        "See Leaky ReLU survive",
        "At the rate that kills most ReLU units no unit of Leaky ReLU dies: a slope of 0.01 is enough to "
        "come back.",
        "mlp",
        "moons",
        _TOO_FAST_FOR_RELU | {"activation": "leaky_relu"},
    ),
    "straight": Demonstration(
        "See why there are hidden layers",
        "Without one the border is a straight line, and no line has the squares of XOR on its two sides: the "
        "accuracy stays near that of a guess.",
        "mlp",
        "xor",
        {"hidden": (), "epochs": 20},
    ),
    "crawl": Demonstration(
        "See it crawl: rate too low",
        "At a rate of 0.00001 every step is right and far too short: after 40 epochs the loss has hardly "
        "fallen.",
        "mlp",
        "moons",
        {"learning_rate": 1e-5, "schedule": "constant"},
    ),
    "edge": Demonstration(
        "See the edge of stability",
        "Gradient descent on all 30 points at once: the loss falls in waves, for the weights move to where "
        "the landscape is as sharp as 2 / learning rate: press “Loss landscape” when the run has ended.",
        "mlp",
        "sine_curve",
        {
            **{"samples": 60, "noise": 0.0, "batch_size": 100, "optimizer": "sgd", "learning_rate": 0.1},
            **{"activation": "tanh", "hidden": (16, 16), "schedule": "constant", "epochs": 4000},
        },
    ),
}


def demonstrated_by(config: TrainConfig) -> Demonstration | None:
    """What a training shows, whatever its seed; None where it is none of DEMONSTRATIONS."""
    settings = _settings(config)
    return next((entry for entry in DEMONSTRATIONS.values() if _settings(entry.config()) == settings), None)


def _settings(config: TrainConfig) -> dict[str, Any]:
    """What decides what there is to see, with every option filled in."""
    settings = {name: value for name, value in asdict(config).items() if name not in _BESIDE_THE_POINT}
    settings["model_options"] = filled_in(MODELS[config.model].options, config.model_options)
    settings["data_options"] = filled_in(DATASETS[config.data].options, config.data_options)
    return settings
