"""Every network of Nablascope. To add one, add an entry: the page, the command line and the tests follow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.activations import ACTIVATIONS, find
from core.activations.activation import Paper
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
from core.lazy import LazyModule
from core.models import plans
from core.models.layer_activations import NAME as PER_LAYER
from core.models.layer_activations import OPTION, layer_activations
from core.models.model import (
    ATTENTION,
    CONVOLUTIONAL,
    FEEDFORWARD,
    GENERATIVE,
    GRAPH_NETWORK,
    RECURRENT,
    VALUE_FUNCTION,
    Hidden,
    Model,
)
from core.options import Option

if TYPE_CHECKING:
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
        transformer,
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
    transformer = LazyModule("core.models.transformer")
    vgg = LazyModule("core.models.vgg")


# Those through which a network can be trained. A superlinear one doubles the exponent of a signal and of its
# gradient at each layer: deep convolutional networks would overflow at initialisation.
_ACTIVATIONS = tuple(key for key, activation in ACTIVATIONS.items() if not activation.unfit)
_NOT_SUPERLINEAR = tuple(key for key in _ACTIVATIONS if not ACTIVATIONS[key].superlinear)

_NO_HIDDEN = Hidden("its layers are those of the paper", 0, 0, 0)
_LAYERS = Hidden("units of each hidden layer", 0, 8, 256)
_STATE = Hidden("units of the hidden state", 1, 1, 128)

_RECURRENT_OPTIONS = {
    "layers": Option("recurrent layers, each reading the states of the one below", 1, 1, 4),
    "bidirectional": Option("read in both directions; only with one target per sequence", False),
}

_DROPOUT = Option("fraction of the features dropped during training", 0.5, 0, 0.9)
_EXPLORATION = {
    "discount": Option("value of a reward one step later", 0.99, 0.5, 0.9999),
    "epsilon_last": Option("final fraction of random actions; it begins at 1", 0.1, 0, 1),
    "explore_share": Option("fraction of the training over which epsilon decreases", 0.8, 0.01, 1),
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
        family=FEEDFORWARD,
        kinds=(POINTS, IMAGES, OWN_IMAGES, CURVE, SURFACE, TABLE),
        build=lambda input_shape, outputs, hidden, activation, activations="", **options: mlp.MLP(
            input_shape,
            outputs,
            hidden,
            [find(name).function for name in layer_activations(hidden, activation, activations)],
            **options,
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=_LAYERS,
        options={
            PER_LAYER: OPTION,
            "norm": Option(
                "Normalisation of the pre-activations: over the batch, over the layer, or none",
                "none",
                choices=("none", "batch", "layer"),
            ),
            "dropout": Option("Fraction of each hidden layer's outputs dropped at a step", 0.0, 0.0, 0.9),
        },
        plan=plans.mlp,
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
        family=CONVOLUTIONAL,
        kinds=(IMAGES, OWN_IMAGES),
        build=lambda input_shape, outputs, hidden, activation: cnn.lenet(
            input_shape, outputs, hidden, find(activation).function
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=_NO_HIDDEN,
        plan=plans.lenet,
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
        family=CONVOLUTIONAL,
        kinds=(IMAGES, OWN_IMAGES),
        build=lambda input_shape, outputs, hidden, activation: cnn.convnet(
            input_shape, outputs, hidden, find(activation).function
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=_NO_HIDDEN,
        plan=plans.convnet,
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
        family=CONVOLUTIONAL,
        kinds=(IMAGES, OWN_IMAGES),
        build=lambda input_shape, outputs, hidden, activation, **options: alexnet.alexnet(
            input_shape, outputs, hidden, find(activation).function, **options
        ),
        activations=_NOT_SUPERLINEAR,
        own_activation=True,
        hidden=_NO_HIDDEN,
        options={
            "width": Option("channels of the first layer; the others have 3 to 6 times as many", 8, 2, 32),
        },
        plan=plans.alexnet,
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
        family=CONVOLUTIONAL,
        kinds=(IMAGES, OWN_IMAGES),
        build=lambda input_shape, outputs, hidden, activation, **options: vgg.vgg(
            input_shape, outputs, hidden, find(activation).function, **options
        ),
        activations=_NOT_SUPERLINEAR,
        own_activation=True,
        hidden=_NO_HIDDEN,
        options={
            "depth": Option("layers with weights", "11", choices=("11", "13", "16", "19")),
            "width": Option("channels of the first stage; the last has eight times as many", 8, 2, 32),
            "batch_norm": Option("normalise over the batch after each convolution", True),
        },
        plan=plans.vgg,
    ),
    "resnet": Model(
        name="ResNet",
        description="Layers that learn a residual, so that very deep networks train well; here the form for "
        "small images.",
        paper=Paper(
            "He, Zhang, Ren & Sun",
            2015,
            "Deep residual learning for image recognition",
            "https://arxiv.org/abs/1512.03385",
        ),
        family=CONVOLUTIONAL,
        kinds=(IMAGES, OWN_IMAGES),
        build=lambda input_shape, outputs, hidden, activation, **options: resnet.resnet(
            input_shape, outputs, hidden, find(activation).function, **options
        ),
        activations=_NOT_SUPERLINEAR,
        own_activation=True,
        hidden=_NO_HIDDEN,
        options={
            "depth": Option("layers with weights", "14", choices=("8", "14", "20", "32", "44", "56")),
            "width": Option("channels of the first stage; the last has four times as many", 8, 2, 32),
            "residual": Option("add each block's input to its output; without, a plain network", True),
        },
        plan=plans.resnet,
    ),
    "rnn": Model(
        name="RNN",
        description="A state that each step mixes with the next input.",
        paper=Paper("Elman", 1990, "Finding structure in time", "https://doi.org/10.1207/s15516709cog1402_1"),
        family=RECURRENT,
        kinds=(SERIES, SEQUENCES, SYMBOLS, TEXT),
        build=lambda input_shape, outputs, hidden, activation, **options: recurrent.rnn(
            input_shape, outputs, hidden, activation, **options
        ),
        activations=("tanh", "relu"),
        hidden=_STATE,
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
        family=RECURRENT,
        kinds=(SERIES, SEQUENCES, SYMBOLS, TEXT),
        build=lambda input_shape, outputs, hidden, activation, **options: recurrent.lstm(
            input_shape, outputs, hidden, activation, **options
        ),
        activations=("tanh",),
        hidden=_STATE,
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
        family=RECURRENT,
        kinds=(SERIES, SEQUENCES, SYMBOLS, TEXT),
        build=lambda input_shape, outputs, hidden, activation, **options: recurrent.gru(
            input_shape, outputs, hidden, activation, **options
        ),
        activations=("tanh",),
        hidden=_STATE,
        options=_RECURRENT_OPTIONS,
    ),
    "transformer": Model(
        name="Transformer",
        description="Each step reads all steps before it at once, by attention in several heads.",
        paper=Paper("Vaswani et al.", 2017, "Attention is all you need", "https://arxiv.org/abs/1706.03762"),
        family=ATTENTION,
        kinds=(SYMBOLS, TEXT, SEQUENCES),
        build=lambda input_shape, outputs, hidden, activation, **options: transformer.transformer(
            input_shape, outputs, hidden, find(activation).function, **options
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=Hidden("width of every step, a multiple of the heads", 1, 1, 256),
        options={
            "layers": Option("blocks of attention and MLP", 2, 1, 4),
            "heads": Option("heads of attention in each block, which share its width", 4, 1, 8),
            "positions": Option(
                "what a step's place adds to it: learned numbers, or sines and cosines",
                "learned",
                choices=("learned", "sinusoidal"),
            ),
        },
    ),
    "rbm": Model(
        name="RBM",
        description="Binary hidden units that explain the visible ones, and generate images.",
        paper=Paper(
            "Hinton",
            2002,
            "Training products of experts by minimizing contrastive divergence",
            "https://doi.org/10.1162/089976602760128018",
        ),
        family=GENERATIVE,
        kinds=(SMALL_IMAGES, IMAGES),
        build=lambda input_shape, outputs, hidden, activation, **_: rbm.build(input_shape, hidden[0]),
        activations=("sigmoid",),
        hidden=Hidden("hidden units", 1, 1, 512),
        options={
            "k": Option("steps of Gibbs sampling at each training step", 1, 1, 25),
            "persistent": Option("whether the Gibbs chains continue from step to step", False),
            "visible": Option(
                "pixels of the data: sampled black or white with their shade as the probability, or the "
                "shade itself",
                "sampled",
                choices=("sampled", "probabilities"),
            ),
        },
        learner="rbm",
    ),
    "gan": Model(
        name="GAN",
        description="A generator makes samples from noise; a discriminator learns which samples are real.",
        paper=Paper(
            "Goodfellow et al.", 2014, "Generative adversarial nets", "https://arxiv.org/abs/1406.2661"
        ),
        family=GENERATIVE,
        kinds=(MIXTURE, SMALL_IMAGES, IMAGES),
        build=lambda input_shape, outputs, hidden, activation, latent, **_: gan.GAN(
            input_shape, latent, hidden, find(activation).function, bounded=len(input_shape) == 3
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=Hidden("units of each hidden layer, of both networks", 0, 6, 256),
        options={
            "loss": Option(
                "the original loss or Wasserstein's with a gradient penalty",
                "non_saturating",
                choices=("non_saturating", "wasserstein_gp"),
            ),
            "latent": Option("numbers of noise for each sample", 4, 1, 128),
            "critic_steps": Option("steps of the discriminator for each of the generator", 1, 1, 10),
            "penalty": Option("weight of Wasserstein's gradient penalty", 0.1, 0, 100),
        },
        learner="gan",
    ),
    "gcn": Model(
        name="GCN",
        description="Each node averages itself and its neighbours, weighted by their degrees.",
        paper=Paper(
            "Kipf & Welling",
            2017,
            "Semi-supervised classification with graph convolutional networks",
            "https://arxiv.org/abs/1609.02907",
        ),
        family=GRAPH_NETWORK,
        kinds=(GRAPH,),
        build=lambda input_shape, outputs, hidden, activation, dropout: gnn.gcn(
            input_shape[0], outputs, hidden, find(activation).function, dropout
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=_LAYERS,
        options={"dropout": _DROPOUT},
        learner="graph",
    ),
    "graphsage": Model(
        name="GraphSAGE",
        description="Each node combines its own features with the mean of its neighbours'.",
        paper=Paper(
            "Hamilton, Ying & Leskovec",
            2017,
            "Inductive representation learning on large graphs",
            "https://arxiv.org/abs/1706.02216",
        ),
        family=GRAPH_NETWORK,
        kinds=(GRAPH,),
        build=lambda input_shape, outputs, hidden, activation, dropout: gnn.graphsage(
            input_shape[0], outputs, hidden, find(activation).function, dropout
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=_LAYERS,
        options={"dropout": _DROPOUT},
        learner="graph",
    ),
    "gat": Model(
        name="GAT",
        description="Each node learns an attention over its neighbours.",
        paper=Paper(
            "Veličković et al.", 2018, "Graph attention networks", "https://arxiv.org/abs/1710.10903"
        ),
        family=GRAPH_NETWORK,
        kinds=(GRAPH,),
        build=lambda input_shape, outputs, hidden, activation, dropout, heads: gnn.gat(
            input_shape[0], outputs, hidden, find(activation).function, dropout, heads
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=Hidden("units of each hidden layer, of all heads together", 0, 8, 256),
        options={"dropout": _DROPOUT, "heads": Option("heads of attention in a hidden layer", 4, 1, 8)},
        learner="graph",
    ),
    "q_table": Model(
        name="Q table",
        description="A table of the value of each action in each state, learnt by acting.",
        paper=Paper("Watkins & Dayan", 1992, "Q-learning", "https://doi.org/10.1007/BF00992698"),
        family=VALUE_FUNCTION,
        kinds=(GRID_WORLD,),
        build=lambda input_shape, outputs, hidden, activation, **_: q_learning.QTable(
            input_shape[0], outputs
        ),
        activations=("identity",),
        hidden=Hidden("a table has no layers", 0, 0, 0),
        options=_EXPLORATION,
        learner="q_table",
    ),
    "dqn": Model(
        name="DQN",
        description="A network learns the value of each action, from a replay buffer of transitions.",
        paper=Paper(
            "Mnih et al.",
            2015,
            "Human-level control through deep reinforcement learning",
            "https://doi.org/10.1038/nature14236",
        ),
        family=VALUE_FUNCTION,
        kinds=(CONTROL,),
        build=lambda input_shape, outputs, hidden, activation, **_: q_learning.q_network(
            input_shape[0], outputs, hidden, find(activation).function
        ),
        activations=_ACTIVATIONS,
        own_activation=True,
        hidden=_LAYERS,
        options=_EXPLORATION
        | {
            "explore_share": replace(_EXPLORATION["explore_share"], default=0.3),
            "replay": Option("transitions in the replay buffer", 100_000, 1000, 1_000_000),
            "target_rate": Option("rate of the soft update of the target network", 0.02, 0.0001, 1),
            "worlds": Option("environments in parallel, one step of each for a training step", 8, 1, 64),
            "double": Option("whether the network chooses the action that the target network values", True),
        },
        learner="dqn",
    ),
}


def applicable_data(model: str) -> list[str]:
    """Keys of the data sets that a network can learn from."""
    return [key for key, dataset in DATASETS.items() if dataset.kind in MODELS[model].kinds]


def default_data(model: str) -> str:
    """The data set that a network learns from by default: the first of its default kind."""
    kinds = MODELS[model].kinds
    return min(applicable_data(model), key=lambda key: kinds.index(DATASETS[key].kind))
