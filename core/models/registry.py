"""Every network of Nablascope. To add one, add an entry: the page, the command line and the tests follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.activations import ACTIVATIONS
from core.activations.activation import Paper
from core.data.dataset import IMAGES, POINTS, SERIES
from core.lazy import LazyModule
from core.options import Option

if TYPE_CHECKING:
    from torch import nn

    from core.models import (
        alexnet,
        cnn,
        mlp,
        recurrent,
        resnet,
        vgg,
    )
else:
    alexnet = LazyModule("core.models.alexnet")
    cnn = LazyModule("core.models.cnn")
    mlp = LazyModule("core.models.mlp")
    recurrent = LazyModule("core.models.recurrent")
    resnet = LazyModule("core.models.resnet")
    vgg = LazyModule("core.models.vgg")


@dataclass(frozen=True)
class Hidden:
    """What the setting `hidden` may be: how many numbers, how large each, and what they mean."""

    meaning: str
    fewest: int
    most: int
    largest: int


@dataclass(frozen=True)
class Model:
    """One network. build(input_shape, outputs, hidden, activation, **options) makes it, with weights drawn
    from torch's global CPU generator; input_shape is one sample's shape, activation a key of ACTIVATIONS.

    kinds are the kinds of data that fit, the usual data set first in presets. activations are those that
    apply. presets holds, for each data set that has one, the settings that reach a good result fast. options
    are the settings that only this network has. learner names how it trains, a key of LEARNERS.
    """

    name: str
    description: str
    paper: Paper
    kinds: tuple[str, ...]
    build: Callable[..., nn.Module]
    activations: tuple[str, ...]
    hidden: Hidden
    presets: Mapping[str, Mapping[str, Any]]
    options: Mapping[str, Option] = field(default_factory=dict)
    learner: str = "supervised"


_NO_HIDDEN = Hidden("its layers are those of the paper", 0, 0, 0)
_LAYERS = Hidden("units of each hidden layer", 0, 8, 256)
_STATE = Hidden("units of the hidden state", 1, 1, 128)

# Settings that reach the result that the network is known for, in seconds on one core.
_POINTS = {
    "epochs": 40,
    "batch_size": 10,
    "learning_rate": 0.05,  # less leaves some seeds on the straight line that most of the moons allow
    "schedule": "cosine",
    "hidden": (8, 8),
    "test_fraction": 0.5,
}
_TANH_POINTS = _POINTS | {"activation": "tanh"}
_IMAGES = {
    "epochs": 10,
    "batch_size": 32,
    "learning_rate": 0.003,
    "schedule": "cosine",
    "label_smoothing": 0.1,  # 4,000 images are few: this lifts LeNet-5 by a percentage point
    "activation": "relu",
}
_FORECAST = {
    "epochs": 8,
    "batch_size": 32,
    "learning_rate": 0.002,
    "schedule": "cosine",
    "activation": "tanh",
    "hidden": (20,),
}

MODELS: dict[str, Model] = {
    "mlp": Model(
        name="MLP",
        description="Fully connected layers, one after the other.",
        paper=Paper(
            "Rumelhart, Hinton & Williams",
            1986,
            "Learning representations by back-propagating errors",
            "https://doi.org/10.1038/323533a0",
        ),
        kinds=(POINTS, IMAGES),
        build=lambda input_shape, outputs, hidden, activation: mlp.MLP(
            input_shape, outputs, hidden, ACTIVATIONS[activation].function
        ),
        activations=tuple(ACTIVATIONS),
        hidden=_LAYERS,
        presets={
            "moons": _TANH_POINTS,
            "circles": _TANH_POINTS,
            # tanh and ReLU rarely get through the spiral with two layers of 8; SiLU does in every seed tried.
            "spiral": _POINTS | {"epochs": 60, "activation": "silu"},
            "mnist5k": _IMAGES | {"hidden": (64,)},
        },
    ),
    "lenet": Model(
        name="LeNet-5",
        description="Two convolutions with pooling, then three fully connected layers.",
        paper=Paper(
            "LeCun, Bottou, Bengio & Haffner",
            1998,
            "Gradient-based learning applied to document recognition",
            "https://doi.org/10.1109/5.726791",
        ),
        kinds=(IMAGES,),
        build=lambda input_shape, outputs, hidden, activation: cnn.LeNet5(ACTIVATIONS[activation].function),
        activations=tuple(ACTIVATIONS),
        hidden=_NO_HIDDEN,
        presets={"mnist5k": _IMAGES},
    ),
    "alexnet": Model(
        name="AlexNet",
        description="Five convolutions, then three fully connected layers; here with few channels, for small "
        "images.",
        paper=Paper(
            "Krizhevsky, Sutskever & Hinton",
            2012,
            "ImageNet classification with deep convolutional neural networks",
            "https://doi.org/10.1145/3065386",
        ),
        kinds=(IMAGES,),
        build=lambda input_shape, outputs, hidden, activation, **options: alexnet.small_alexnet(
            input_shape, outputs, activation=ACTIVATIONS[activation].function, **options
        ),
        activations=tuple(ACTIVATIONS),
        hidden=_NO_HIDDEN,
        presets={"mnist5k": _IMAGES | {"epochs": 5}},
    ),
    "vgg": Model(
        name="VGG",
        description="Nothing but 3 × 3 convolutions, eight to sixteen of them; here with few channels, for "
        "small images.",
        paper=Paper(
            "Simonyan & Zisserman",
            2014,
            "Very deep convolutional networks for large-scale image recognition",
            "https://arxiv.org/abs/1409.1556",
        ),
        kinds=(IMAGES,),
        build=lambda input_shape, outputs, hidden, activation, **options: vgg.small_vgg(
            input_shape, outputs, activation=ACTIVATIONS[activation].function, **options
        ),
        activations=tuple(ACTIVATIONS),
        hidden=_NO_HIDDEN,
        presets={"mnist5k": _IMAGES | {"epochs": 6}},
    ),
    "resnet": Model(
        name="ResNet",
        description="Layers that learn what to add to their input, so that depth no longer hurts; here the "
        "form for small images.",
        paper=Paper(
            "He, Zhang, Ren & Sun",
            2015,
            "Deep residual learning for image recognition",
            "https://arxiv.org/abs/1512.03385",
        ),
        kinds=(IMAGES,),
        build=lambda input_shape, outputs, hidden, activation, **options: resnet.SmallResNet(
            input_shape,
            outputs,
            activation=ACTIVATIONS[activation].function,
            **({"depth": 14, "width": 8} | options),
        ),
        activations=tuple(ACTIVATIONS),
        hidden=_NO_HIDDEN,
        presets={"mnist5k": _IMAGES | {"epochs": 5, "learning_rate": 0.01}},
    ),
    "rnn": Model(
        name="RNN",
        description="A state that each step mixes with the next input.",
        paper=Paper("Elman", 1990, "Finding structure in time", "https://doi.org/10.1207/s15516709cog1402_1"),
        kinds=(SERIES,),
        build=lambda input_shape, outputs, hidden, activation: recurrent.network(
            "rnn", input_shape, outputs, hidden[0], nonlinearity=activation
        ),
        activations=("tanh", "relu"),
        hidden=_STATE,
        presets={"seattle_temps": _FORECAST},
    ),
    "lstm": Model(
        name="LSTM",
        description="A recurrent network with a memory cell and three gates.",
        paper=Paper(
            "Hochreiter & Schmidhuber",
            1997,
            "Long short-term memory",
            "https://doi.org/10.1162/neco.1997.9.8.1735",
        ),
        kinds=(SERIES,),
        build=lambda input_shape, outputs, hidden, activation: recurrent.network(
            "lstm", input_shape, outputs, hidden[0]
        ),
        activations=("tanh",),
        hidden=_STATE,
        presets={"seattle_temps": _FORECAST},
    ),
    "gru": Model(
        name="GRU",
        description="A recurrent network with two gates: memory with fewer parameters than the LSTM.",
        paper=Paper(
            "Cho et al.",
            2014,
            "Learning phrase representations using RNN encoder–decoder for statistical machine translation",
            "https://doi.org/10.3115/v1/D14-1179",
        ),
        kinds=(SERIES,),
        build=lambda input_shape, outputs, hidden, activation: recurrent.network(
            "gru", input_shape, outputs, hidden[0]
        ),
        activations=("tanh",),
        hidden=_STATE,
        presets={"seattle_temps": _FORECAST},
    ),
}
