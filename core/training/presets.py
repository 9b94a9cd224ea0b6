"""Settings with which a network learns its data well, in seconds on one core: what nobody has to choose.

A pair without an entry of its own gets those of its kind of data, so a new network or data set needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.data import DATASETS
from core.data.dataset import (
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
)
from core.models import MODELS
from core.models.model import Hidden
from core.training.settings import applies

ANY = "any network"


@dataclass(frozen=True)
class Preset:
    """Values of settings, and why they are these."""

    why: str
    settings: Mapping[str, Any]


_POINTS = {
    **{"epochs": 40, "batch_size": 10, "learning_rate": 0.05, "schedule": "cosine"},
    **{"activation": "tanh", "hidden": (8, 8), "test_fraction": 0.5},
}
_CURVE = _POINTS | {"epochs": 200, "learning_rate": 0.01, "hidden": (16, 16)}
_IMAGES = {
    **{"epochs": 10, "batch_size": 32, "learning_rate": 0.003, "schedule": "cosine"},
    **{"activation": "relu", "hidden": (64,), "label_smoothing": 0.1},
}
_SERIES = {
    **{"epochs": 8, "batch_size": 32, "learning_rate": 0.002, "schedule": "cosine"},
    **{"activation": "tanh", "hidden": (20,)},
}
_RBM = {"optimizer": "momentum", "activation": "sigmoid", "hidden": (64,)}
_GAN_IMAGES = {
    **{"batch_size": 64, "learning_rate": 0.001, "hidden": (128, 128), "activation": "leaky_relu"},
    "model_options": {"loss": "wasserstein_gp", "penalty": 10.0, "critic_steps": 3, "latent": 16},
}

# By network (or any), and data set or kind of data; the more particular entry wins, setting by setting.
PRESETS: dict[tuple[str, str], Preset] = {
    # Kinds of data.
    (ANY, POINTS): Preset(
        "A rate below 0.05 leaves some seeds on the straight line that most of the moons allow.", _POINTS
    ),
    (ANY, CURVE): Preset(
        "A curve has few points to learn from and no margin: more epochs, a lower rate, wider layers.", _CURVE
    ),
    (ANY, SURFACE): Preset(
        "A surface has five times a curve's points, so that a fifth of its epochs are as many steps.",
        _CURVE | {"epochs": 40},
    ),
    (ANY, TABLE): Preset(
        "Tables have a few hundred rows, so 60 epochs of small batches are few steps for one hidden layer.",
        {
            **{"epochs": 60, "batch_size": 16, "learning_rate": 0.003, "schedule": "cosine"},
            **{"activation": "relu", "hidden": (32,), "test_fraction": 0.25},
        },
    ),
    (ANY, IMAGES): Preset(
        "4,000 images are few: label smoothing lifts LeNet-5 by a percentage point.", _IMAGES
    ),
    (ANY, OWN_IMAGES): Preset(
        "A person's images are a few hundred: more passes in smaller batches, and more of them to test on.",
        _IMAGES | {"epochs": 20, "batch_size": 16, "test_fraction": 0.25},
    ),
    (ANY, SMALL_IMAGES): Preset("Images of 8 x 8 pixels are learned like larger ones.", _IMAGES),
    (ANY, SERIES): Preset(
        "Its windows overlap, so eight passes see each hour many times.",
        _SERIES,
    ),
    (ANY, SEQUENCES): Preset(
        "To remember over many steps takes a larger state and a higher rate than a forecast.",
        _SERIES | {"epochs": 10, "learning_rate": 0.01, "hidden": (32,)},
    ),
    (ANY, SYMBOLS): Preset(
        "Recall sets in after a long plateau of guessing, so it gets 25 epochs and a larger state.",
        _SERIES | {"epochs": 25, "learning_rate": 0.005, "hidden": (48,)},
    ),
    (ANY, TEXT): Preset(
        "Characters need a wide state, and a tenth of the text is enough to test on.",
        _SERIES | {"epochs": 6, "batch_size": 16, "hidden": (96,), "test_fraction": 0.1},
    ),
    (ANY, MIXTURE): Preset(
        "Large batches show the discriminator every part of the mixture at each step.",
        {
            **{"epochs": 60, "batch_size": 128, "learning_rate": 0.001, "schedule": "cosine"},
            **{"hidden": (64, 64), "activation": "tanh"},
        },
    ),
    (ANY, GRAPH): Preset(
        "The whole graph is one batch, so an epoch is one step: 200 of them, with decay against overfitting.",
        {
            **{"epochs": 200, "learning_rate": 0.01, "optimizer": "adamw"},
            **{"hidden": (32, 32), "activation": "tanh"},
        },
    ),
    (ANY, GRID_WORLD): Preset(
        "Where no chance is at work, a high constant rate writes each return into the table almost at once.",
        {"epochs": 200, "batch_size": 50, "learning_rate": 0.9},
    ),
    (ANY, CONTROL): Preset(
        "A low rate that falls to zero keeps a policy that balances from being unlearned.",
        {
            **{"epochs": 120, "batch_size": 128, "learning_rate": 0.0005, "schedule": "cosine"},
            **{"hidden": (64, 64), "activation": "relu"},
        },
    ),
    # Data sets that ask for more or less than their kind.
    (ANY, "spiral"): Preset(
        "Tanh and ReLU rarely get through the spiral with two layers of 8; SiLU did in every seed tried.",
        {"epochs": 100, "learning_rate": 0.02, "activation": "silu"},
    ),
    (ANY, "gaussians"): Preset("Clouds are almost separable by lines, and learned at once.", {"epochs": 10}),
    (ANY, "checkerboard"): Preset(
        "Sixteen squares need wider layers and a smooth function that does not saturate.",
        {"epochs": 100, "learning_rate": 0.01, "hidden": (16, 16), "activation": "silu"},
    ),
    (ANY, "cubic_curve"): Preset("The smoothest of the curves takes half the epochs.", {"epochs": 100}),
    (ANY, "iris"): Preset(
        "150 flowers are few: a smooth function and smoothed labels keep the network from certainty.",
        {"activation": "tanh", "label_smoothing": 0.1},
    ),
    (ANY, "digits_table"): Preset(
        "The table with the most rows: fewer epochs, larger batches and twice the units.",
        {"epochs": 20, "batch_size": 32, "hidden": (64,), "label_smoothing": 0.1},
    ),
    (ANY, "seattle_weather"): Preset(
        "Four years of days are few: weight decay keeps the network to what holds from year to year.",
        {"epochs": 15, "learning_rate": 0.005, "hidden": (16,), "weight_decay": 0.001},
    ),
    (ANY, "us_employment"): Preset(
        "Half a year ahead takes twice the steps of a smooth series.", {"epochs": 15, "learning_rate": 0.005}
    ),
    (ANY, "sp500"): Preset(
        "With next to nothing to predict the best is to unlearn the first weights: few units, enough steps.",
        {"epochs": 15, "learning_rate": 0.003, "hidden": (4,)},
    ),
    (ANY, "parity"): Preset("One bit has to be remembered, so half the state is enough.", {"hidden": (16,)}),
    (ANY, "sines"): Preset("A forecast from noise improves for half as many epochs more.", {"epochs": 15}),
    (ANY, "stocks"): Preset(
        "There is next to nothing to predict in returns: a small state and a low rate overfit less.",
        {"learning_rate": 0.002, "hidden": (8,)},
    ),
    (ANY, "grid"): Preset(
        "25 clouds are harder to cover than a ring of eight: wider layers, a higher rate.",
        {"learning_rate": 0.002, "hidden": (128, 128), "activation": "leaky_relu"},
    ),
    (ANY, "frozen_lake"): Preset(
        "With ice underfoot the same action ends now here, now there: only a rate that falls averages it.",
        {"epochs": 100, "learning_rate": 0.2, "schedule": "cosine"},
    ),
    (ANY, "cliff_walking"): Preset(
        "The walk is short, so 30 epochs fill the table.",
        {"epochs": 30, "learning_rate": 0.5, "schedule": "cosine"},
    ),
    # Networks that ask for more or less than others on the same data.
    ("convnet", IMAGES): Preset("ConvNetJS's demo takes batches of 20.", {"batch_size": 20}),
    ("alexnet", IMAGES): Preset("Each of its epochs takes longer, and five are enough.", {"epochs": 5}),
    ("vgg", IMAGES): Preset("Each of its epochs takes longer, and six are enough.", {"epochs": 6}),
    ("resnet", IMAGES): Preset(
        "Shortcuts and batch normalization allow a higher rate, with which five epochs are enough.",
        {"epochs": 5, "learning_rate": 0.01},
    ),
    ("rnn", "adding"): Preset(
        "Without gates a lower rate keeps the gradient through 50 steps from exploding.",
        {"epochs": 5, "learning_rate": 0.003},
    ),
    ("gru", "adding"): Preset("Its gates find the sum in half the epochs.", {"epochs": 5}),
    ("lstm", "python_help"): Preset(
        "Its gates keep the gradient in bounds at five times the RNN's rate.", {"learning_rate": 0.01}
    ),
    ("gru", "python_help"): Preset(
        "Its gates keep the gradient in bounds at more than the RNN's rate.", {"learning_rate": 0.005}
    ),
    ("transformer", SYMBOLS): Preset(
        "Attention finds the symbols at once, however long the pause; at a tenth of the rate it is seen.",
        {"epochs": 8, "learning_rate": 0.0005, "hidden": (32,), "activation": "gelu"},
    ),
    ("transformer", SEQUENCES): Preset(
        "A width of 32 is enough for a few numbers a step, at a third of the rate of gated networks.",
        {"learning_rate": 0.003, "hidden": (32,), "activation": "gelu"},
    ),
    ("transformer", TEXT): Preset(
        "With the LSTM's rate and steps it ends where the LSTM does, at a test loss of 1.4.",
        {"learning_rate": 0.01, "hidden": (64,), "activation": "gelu"},
    ),
    ("transformer", "adding"): Preset(
        "Both marked numbers are one look away, however far apart: three epochs.", {"epochs": 3}
    ),
    ("transformer", "stocks"): Preset(
        "There is next to nothing to predict in returns: a small width and a low rate overfit less.",
        {"learning_rate": 0.002, "hidden": (8,)},
    ),
    ("rbm", SMALL_IMAGES): Preset(
        "Contrastive divergence gives a rough gradient, which momentum averages over small batches.",
        _RBM | {"epochs": 40, "batch_size": 16, "learning_rate": 0.02},
    ),
    ("rbm", IMAGES): Preset(
        "With more pixels that add up in each hidden unit, half the rate of small images is stable.",
        _RBM | {"epochs": 20, "batch_size": 32, "learning_rate": 0.01},
    ),
    ("gan", SMALL_IMAGES): Preset(
        "The original loss covers few digits; Wasserstein's covers most.", _GAN_IMAGES | {"epochs": 120}
    ),
    ("gan", IMAGES): Preset(
        "The original loss covers few digits; Wasserstein's covers most.", _GAN_IMAGES | {"epochs": 30}
    ),
    ("gat", GRAPH): Preset(
        "One hidden layer of 64 units over all heads, with ELU, is what the paper uses.",
        {"hidden": (64,), "activation": "elu"},
    ),
}


def preset(model: str, data: str) -> dict[str, Any]:
    """The settings that apply to this network and its data, with values that suit them."""
    kind = DATASETS[data].kind
    settings = dict(DATASETS[data].defaults)
    for key in ((ANY, kind), (ANY, data), (model, kind), (model, data)):
        if key in PRESETS:
            settings |= PRESETS[key].settings
    settings = {name: value for name, value in settings.items() if applies(name, model, data)}
    entry = MODELS[model]
    if settings.get("activation") not in entry.activations:
        settings["activation"] = entry.activations[0]
    return settings | {"hidden": fitting_layers(entry.hidden, settings.get("hidden", ()))}


def fitting_layers(limits: Hidden, layers: tuple[int, ...]) -> tuple[int, ...]:
    """These layers, as far as a network can have so many and so large ones."""
    filled = layers + (layers[-1:] or (32,)) * (limits.min_layers - len(layers))
    return tuple(min(units, limits.max_units) for units in filled[: limits.max_layers])
