"""Every network of Nablascope. To add one, add an entry: the page, the command line and the tests follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.activations import ACTIVATIONS, find
from core.activations.activation import Paper
from core.data.dataset import (
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
    TABLE,
    TEXT,
)
from core.lazy import LazyModule
from core.options import Option

if TYPE_CHECKING:
    from torch import nn

    from core.models import (
        alexnet,
        cnn,
        gan,
        gnn,
        mlp,
        q_learning,
        rbm,
        recurrent,
        resnet,
        vgg,
    )
else:
    alexnet = LazyModule("core.models.alexnet")
    cnn = LazyModule("core.models.cnn")
    gan = LazyModule("core.models.gan")
    gnn = LazyModule("core.models.gnn")
    mlp = LazyModule("core.models.mlp")
    q_learning = LazyModule("core.models.q_learning")
    rbm = LazyModule("core.models.rbm")
    recurrent = LazyModule("core.models.recurrent")
    resnet = LazyModule("core.models.resnet")
    vgg = LazyModule("core.models.vgg")


# Fields of TrainConfig that not every kind of learning takes.
OPTIONAL_SETTINGS = (
    *("activation", "batch_size", "optimizer", "momentum", "weight_decay", "l1", "clip_norm"),
    *("label_smoothing", "initialisation", "test_fraction"),
)


@dataclass(frozen=True)
class Hidden:
    """What the setting `hidden` may be: how many numbers, how large each, and what they mean."""

    meaning: str
    min_layers: int
    most: int
    largest: int


@dataclass(frozen=True)
class Model:
    """One network. build(input_shape, outputs, hidden, activation, **options) makes it, with weights drawn
    from torch's global CPU generator; input_shape is one sample's shape, activation a key of ACTIVATIONS, or
    an expression where own_activation says that any is possible.

    kinds are the kinds of data that fit, the usual data set first in presets. activations are those that
    apply. presets holds, for each data set that has one, the settings that reach a good result fast. options
    are the settings that only this network has. learner names how it trains, a key of LEARNERS. settings are
    those of SOME_TAKE that it takes; a training refuses the rest, which would change nothing.
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
    own_activation: bool = False
    settings: tuple[str, ...] = OPTIONAL_SETTINGS


# Those that a gradient passes. A square at each layer doubles the exponent of a signal and of its gradient:
# deep convolutional networks overflow with their first weights, so they go without.
_ACTIVATIONS = tuple(key for key, activation in ACTIVATIONS.items() if not activation.unfit)
_NOT_SUPERLINEAR = tuple(key for key in _ACTIVATIONS if not ACTIVATIONS[key].superlinear)

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
_CURVE = _TANH_POINTS | {"epochs": 200, "learning_rate": 0.01, "hidden": (16, 16)}
_TABLE = {
    "epochs": 60,
    "batch_size": 16,
    "learning_rate": 0.003,
    "schedule": "cosine",
    "activation": "relu",
    "hidden": (32,),
    "test_fraction": 0.25,
}
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
_ADDING = _FORECAST | {"epochs": 10, "learning_rate": 0.01, "hidden": (32,)}
_PARITY = _FORECAST | {"epochs": 10, "learning_rate": 0.01, "hidden": (16,)}
_SINES = _FORECAST | {"epochs": 15, "learning_rate": 0.01, "hidden": (32,)}
_COPY = _FORECAST | {"epochs": 25, "learning_rate": 0.005, "hidden": (48,)}
_TEXT = _FORECAST | {"epochs": 6, "batch_size": 16, "hidden": (96,), "test_fraction": 0.1}
_RECURRENT_PRESETS = {
    "seattle_temps": _FORECAST,
    "adding": _ADDING,
    "parity": _PARITY,
    "sines": _SINES,
    "stocks": _FORECAST | {"epochs": 10, "hidden": (8,)},
    "copy_memory": _COPY,
    "python_help": _TEXT,
}
_RECURRENT_OPTIONS = {
    "layers": Option("recurrent layers, each reading the states of the one below", 1, 1, 4),
    "bidirectional": Option("read from both ends, where one answer is asked for all", False),
}

_RBM = {"optimizer": "momentum", "schedule": "cosine", "activation": "sigmoid", "hidden": (64,)}
_GAN = {"batch_size": 128, "learning_rate": 0.001, "schedule": "cosine", "hidden": (64, 64)}
# The original loss covers few digits; Wasserstein's covers most.
_GAN_IMAGES = _GAN | {
    "batch_size": 64,
    "hidden": (128, 128),
    "activation": "leaky_relu",
    "model_options": {"loss": "wasserstein_gp", "penalty": 10.0, "critic_steps": 3, "latent": 16},
}
_GENERATIVE_SETTINGS = ("activation", "batch_size", "optimizer", "initialisation", "test_fraction")
_GRAPH_SETTINGS = ("activation", "optimizer", "label_smoothing", "initialisation")  # a graph is one batch
_Q_TABLE = {"batch_size": 50, "activation": "identity"}
_GRAPHS = ("karate_club", "les_miserables", "florentine_families")
_DROPOUT = Option("share of the features left out at random while learning", 0.5, 0, 0.9)
_GRAPH = {"epochs": 200, "learning_rate": 0.01, "optimizer": "adamw"}
_EXPLORING = {
    "discount": Option("what a reward is worth one step later", 0.99, 0.5, 0.9999),
    "epsilon_last": Option("share of random actions in the end; it begins at 1", 0.1, 0, 1),
    "explore_share": Option("share of the training over which random actions grow fewer", 0.8, 0.01, 1),
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
        kinds=(POINTS, IMAGES, CURVE, SURFACE, TABLE),
        build=lambda input_shape, outputs, hidden, activation, **options: mlp.MLP(
            input_shape, outputs, hidden, find(activation).function, **options
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=_LAYERS,
        presets={
            "moons": _TANH_POINTS,
            "circles": _TANH_POINTS,
            # tanh and ReLU rarely get through the spiral with two layers of 8; SiLU does in every seed tried.
            "spiral": _POINTS | {"epochs": 100, "learning_rate": 0.02, "activation": "silu"},
            "xor": _TANH_POINTS,
            "gaussians": _TANH_POINTS | {"epochs": 10},
            "checkerboard": _POINTS
            | {"epochs": 100, "learning_rate": 0.01, "hidden": (16, 16), "activation": "silu"},
            "sine_curve": _CURVE,
            "step_curve": _CURVE,
            "cubic_curve": _CURVE | {"epochs": 100},
            "hills": _CURVE | {"epochs": 40},
            "iris": _TABLE | {"activation": "tanh", "label_smoothing": 0.1},
            "wine": _TABLE,
            "breast_cancer": _TABLE,
            "digits_table": _TABLE
            | {"epochs": 20, "batch_size": 32, "hidden": (64,), "label_smoothing": 0.1},
            "diabetes": _TABLE,
            "own_csv": _TABLE,
            "own_csv_values": _TABLE,
            "mnist5k": _IMAGES | {"hidden": (64,)},
        },
        options={
            "norm": Option(
                "What comes into each activation is normalised over the batch, over the layer, or not",
                "none",
                choices=("none", "batch", "layer"),
            ),
            "dropout": Option("Share of each hidden layer's outputs left out at a step", 0.0, 0.0, 0.9),
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
        build=lambda input_shape, outputs, hidden, activation: cnn.LeNet5(find(activation).function),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=_NO_HIDDEN,
        presets={"mnist5k": _IMAGES},
    ),
    "convnet": Model(
        name="ConvNet",
        description="Two convolutions with pooling, then one linear layer: the network of ConvNetJS's demo.",
        paper=Paper(
            "Karpathy",
            2014,
            "ConvNetJS: deep learning in your browser",
            "https://cs.stanford.edu/people/karpathy/convnetjs/",
        ),
        kinds=(IMAGES,),
        build=lambda input_shape, outputs, hidden, activation: cnn.ConvNet(find(activation).function),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=_NO_HIDDEN,
        presets={"mnist5k": _IMAGES | {"batch_size": 20}},
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
            input_shape, outputs, activation=find(activation).function, **options
        ),
        activations=_NOT_SUPERLINEAR,
        own_activation=True,
        hidden=_NO_HIDDEN,
        presets={"mnist5k": _IMAGES | {"epochs": 5}},
        options={
            "width": Option("channels of the first layer; the others have 3 to 6 times as many", 8, 2, 32),
        },
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
        build=lambda input_shape, outputs, hidden, activation, depth="11", **options: vgg.small_vgg(
            input_shape, outputs, int(depth), activation=find(activation).function, **options
        ),
        activations=_NOT_SUPERLINEAR,
        own_activation=True,
        hidden=_NO_HIDDEN,
        presets={"mnist5k": _IMAGES | {"epochs": 6}},
        options={
            "depth": Option("layers with weights", "11", choices=("11", "13", "16", "19")),
            "width": Option("channels of the first stage; the last has eight times as many", 8, 2, 32),
            "batch_norm": Option("normalise over the batch after each convolution", True),
        },
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
        build=lambda input_shape, outputs, hidden, activation, depth="14", width=8, **options: (
            resnet.SmallResNet(
                input_shape,
                outputs,
                int(depth),
                width,
                activation=find(activation).function,
                **options,
            )
        ),
        activations=_NOT_SUPERLINEAR,
        own_activation=True,
        hidden=_NO_HIDDEN,
        presets={"mnist5k": _IMAGES | {"epochs": 5, "learning_rate": 0.01}},
        options={
            "depth": Option("layers with weights", "14", choices=("8", "14", "20", "32", "44", "56")),
            "width": Option("channels of the first stage; the last has four times as many", 8, 2, 32),
            "residual": Option("add each block's input to its output; without, a plain network", True),
        },
    ),
    "rnn": Model(
        name="RNN",
        description="A state that each step mixes with the next input.",
        paper=Paper("Elman", 1990, "Finding structure in time", "https://doi.org/10.1207/s15516709cog1402_1"),
        kinds=(SERIES, SEQUENCES, SYMBOLS, TEXT),
        build=lambda input_shape, outputs, hidden, activation, **options: recurrent.network(
            "rnn", input_shape, outputs, hidden[0], nonlinearity=activation, **options
        ),
        activations=("tanh", "relu"),
        hidden=_STATE,
        presets=_RECURRENT_PRESETS
        | {
            "adding": _ADDING | {"epochs": 5, "learning_rate": 0.003},
            "python_help": _TEXT | {"learning_rate": 0.002},
        },
        options=_RECURRENT_OPTIONS,
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
        kinds=(SERIES, SEQUENCES, SYMBOLS, TEXT),
        build=lambda input_shape, outputs, hidden, activation, **options: recurrent.network(
            "lstm", input_shape, outputs, hidden[0], **options
        ),
        activations=("tanh",),
        hidden=_STATE,
        presets=_RECURRENT_PRESETS | {"python_help": _TEXT | {"learning_rate": 0.01}},
        options=_RECURRENT_OPTIONS,
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
        kinds=(SERIES, SEQUENCES, SYMBOLS, TEXT),
        build=lambda input_shape, outputs, hidden, activation, **options: recurrent.network(
            "gru", input_shape, outputs, hidden[0], **options
        ),
        activations=("tanh",),
        hidden=_STATE,
        presets=_RECURRENT_PRESETS
        | {"adding": _ADDING | {"epochs": 5}, "python_help": _TEXT | {"learning_rate": 0.005}},
        options=_RECURRENT_OPTIONS,
    ),
    "rbm": Model(
        name="RBM",
        description="Hidden units that explain the visible ones, and make up images of their own.",
        paper=Paper(
            "Hinton",
            2002,
            "Training products of experts by minimizing contrastive divergence",
            "https://doi.org/10.1162/089976602760128018",
        ),
        kinds=(SMALL_IMAGES, IMAGES),
        build=lambda input_shape, outputs, hidden, activation, **_: rbm.build(input_shape, hidden[0]),
        activations=("sigmoid",),
        hidden=Hidden("hidden units", 1, 1, 512),
        presets={
            "digits": _RBM | {"epochs": 40, "batch_size": 16, "learning_rate": 0.02},
            "mnist5k": _RBM | {"epochs": 20, "batch_size": 32, "learning_rate": 0.01},
        },
        options={
            "k": Option("steps of Gibbs sampling at each step of learning", 1, 1, 25),
            "persistent": Option("whether the chains go on from step to step", False),
            "visible": Option(
                "what the data says of a pixel: whether to draw it black or white by its shade each time, "
                "or to take the shade",
                "sampled",
                choices=("sampled", "probabilities"),
            ),
        },
        learner="rbm",
        settings=_GENERATIVE_SETTINGS,
    ),
    "gan": Model(
        name="GAN",
        description="A generator makes samples of noise; a discriminator learns to tell them from real ones.",
        paper=Paper(
            "Goodfellow et al.", 2014, "Generative adversarial nets", "https://arxiv.org/abs/1406.2661"
        ),
        kinds=(MIXTURE, SMALL_IMAGES, IMAGES),
        build=lambda input_shape, outputs, hidden, activation, latent, **_: gan.GAN(
            input_shape, latent, hidden, find(activation).function, bounded=len(input_shape) == 3
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=Hidden("units of each hidden layer, of both networks", 0, 6, 256),
        presets={
            "ring": _GAN | {"epochs": 60, "activation": "tanh"},
            "grid": _GAN
            | {"epochs": 60, "learning_rate": 0.002, "hidden": (128, 128), "activation": "leaky_relu"},
            "digits": _GAN_IMAGES | {"epochs": 120},
            "mnist5k": _GAN_IMAGES | {"epochs": 30},
        },
        options={
            "loss": Option(
                "the original loss or Wasserstein's with a gradient penalty",
                "non_saturating",
                choices=("non_saturating", "wasserstein_gp"),
            ),
            "latent": Option("numbers of noise that a sample is made of", 4, 1, 128),
            "critic_steps": Option("steps of the discriminator for each of the generator", 1, 1, 10),
            "penalty": Option("weight of Wasserstein's gradient penalty", 0.1, 0, 100),
        },
        learner="gan",
        settings=_GENERATIVE_SETTINGS,
    ),
    "gcn": Model(
        name="GCN",
        description="Each node takes a mean of itself and its neighbours, weighted by their links.",
        paper=Paper(
            "Kipf & Welling",
            2017,
            "Semi-supervised classification with graph convolutional networks",
            "https://arxiv.org/abs/1609.02907",
        ),
        kinds=(GRAPH,),
        build=lambda input_shape, outputs, hidden, activation, dropout: gnn.gcn(
            input_shape[0], outputs, hidden, find(activation).function, dropout
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=_LAYERS,
        presets=dict.fromkeys(_GRAPHS, _GRAPH | {"hidden": (32, 32), "activation": "tanh"}),
        options={"dropout": _DROPOUT},
        learner="graph",
        settings=_GRAPH_SETTINGS,
    ),
    "graphsage": Model(
        name="GraphSAGE",
        description="Each node takes its own features and, apart from them, the mean of its neighbours'.",
        paper=Paper(
            "Hamilton, Ying & Leskovec",
            2017,
            "Inductive representation learning on large graphs",
            "https://arxiv.org/abs/1706.02216",
        ),
        kinds=(GRAPH,),
        build=lambda input_shape, outputs, hidden, activation, dropout: gnn.graphsage(
            input_shape[0], outputs, hidden, find(activation).function, dropout
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=_LAYERS,
        presets=dict.fromkeys(_GRAPHS, _GRAPH | {"hidden": (32, 32), "activation": "tanh"}),
        options={"dropout": _DROPOUT},
        learner="graph",
        settings=_GRAPH_SETTINGS,
    ),
    "gat": Model(
        name="GAT",
        description="Each node learns how much to heed each of its neighbours.",
        paper=Paper(
            "Veličković et al.", 2018, "Graph attention networks", "https://arxiv.org/abs/1710.10903"
        ),
        kinds=(GRAPH,),
        build=lambda input_shape, outputs, hidden, activation, dropout, heads: gnn.gat(
            input_shape[0], outputs, hidden, find(activation).function, dropout, heads
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=Hidden("units of each hidden layer, of all heads together", 0, 8, 256),
        presets=dict.fromkeys(_GRAPHS, _GRAPH | {"hidden": (64,), "activation": "elu"}),
        options={"dropout": _DROPOUT, "heads": Option("heads of attention in a hidden layer", 4, 1, 8)},
        learner="graph",
        settings=_GRAPH_SETTINGS,
    ),
    "q_table": Model(
        name="Q table",
        description="A table of what each action in each state is worth, learnt by acting.",
        paper=Paper("Watkins & Dayan", 1992, "Q-learning", "https://doi.org/10.1007/BF00992698"),
        kinds=(GRID_WORLD,),
        build=lambda input_shape, outputs, hidden, activation, **_: q_learning.QTable(
            input_shape[0], outputs
        ),
        activations=("identity",),
        hidden=Hidden("a table has no layers", 0, 0, 0),
        presets={
            # With ice underfoot the same action ends now here, now there: only a rate that falls averages it.
            "frozen_lake": _Q_TABLE | {"epochs": 100, "learning_rate": 0.2, "schedule": "cosine"},
            "cliff_walking": _Q_TABLE | {"epochs": 30, "learning_rate": 0.5, "schedule": "cosine"},
            "taxi": _Q_TABLE | {"epochs": 200, "learning_rate": 0.9},
        },
        options=_EXPLORING,
        learner="q_table",
        settings=("batch_size",),
    ),
    "dqn": Model(
        name="DQN",
        description="A network learns what each action is worth, from what it remembers of having acted.",
        paper=Paper(
            "Mnih et al.",
            2015,
            "Human-level control through deep reinforcement learning",
            "https://doi.org/10.1038/nature14236",
        ),
        kinds=(CONTROL,),
        build=lambda input_shape, outputs, hidden, activation, **_: q_learning.q_network(
            input_shape[0], outputs, hidden, find(activation).function
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=_LAYERS,
        presets={
            "cart_pole": {
                "epochs": 120,
                "batch_size": 128,
                "learning_rate": 0.0005,
                "schedule": "cosine",
                "hidden": (64, 64),
                "activation": "relu",
            }
        },
        options=_EXPLORING
        | {
            "explore_share": replace(_EXPLORING["explore_share"], default=0.3),
            "replay": Option("transitions remembered to learn from", 100_000, 1000, 1_000_000),
            "target_rate": Option(
                "share of the way that the target network follows at each step", 0.02, 0.0001, 1
            ),
            "worlds": Option(
                "environments played at once, one step of each for a step of learning", 8, 1, 64
            ),
            "double": Option("whether the network chooses the action that the target network values", True),
        },
        learner="dqn",
        settings=("activation", "batch_size", "optimizer", "initialisation"),
    ),
}
