"""The network 2-2-1 in plain numbers: forward, backward, and one step of gradient descent.

Hidden unit j has z_j = w_j1 x_1 + w_j2 x_2 + b_j and h_j = f(z_j), the output z = v_1 h_1 + v_2 h_2 + c and
o = f(z), and the loss is (o - y)^2 / 2. Source: Rumelhart, Hinton, Williams 1986, Learning representations by
back-propagating errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from core.checks import mapping, number, one_of
from core.errors import InvalidRequest

MAX_VALUE = 100.0  # of an input, a target and a weight, in size
MIN_RATE, MAX_RATE = 0.001, 10.0
LEAK = 0.01


@dataclass(frozen=True)
class Function:
    """An activation function in plain numbers, which the activations' registry has for arrays."""

    name: str
    latex: str  # f'(z), as it is written in terms of its own value a = f(z) where that is shorter
    value: Callable[[float], float]
    slope: Callable[[float], float]


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


FUNCTIONS = {
    "sigmoid": Function("Sigmoid", r"a\,(1 - a)", _sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z)),
    "tanh": Function("Tanh", r"1 - a^2", math.tanh, lambda z: 1 - math.tanh(z) ** 2),
    "relu": Function(
        "ReLU", r"1 \text{ if } z > 0, \text{ else } 0", lambda z: max(z, 0.0), lambda z: float(z > 0)
    ),
    "leaky_relu": Function(
        "Leaky ReLU",
        rf"1 \text{{ if }} z > 0, \text{{ else }} {LEAK}",
        lambda z: z if z > 0 else LEAK * z,
        lambda z: 1.0 if z > 0 else LEAK,
    ),
    "identity": Function("Identity", "1", lambda z: z, lambda _z: 1.0),
}


@dataclass(frozen=True)
class Edge:
    """A weight: from a node ("one" for a bias) to a unit."""

    source: str
    target: str
    latex: str


# Each weight by its key, in the order in which the backward pass reaches it.
EDGES = {
    "v1": Edge("h1", "o", "v_1"),
    "v2": Edge("h2", "o", "v_2"),
    "c": Edge("one", "o", "c"),
    "w11": Edge("x1", "h1", "w_{11}"),
    "w12": Edge("x2", "h1", "w_{12}"),
    "b1": Edge("one", "h1", "b_1"),
    "w21": Edge("x1", "h2", "w_{21}"),
    "w22": Edge("x2", "h2", "w_{22}"),
    "b2": Edge("one", "h2", "b_2"),
}
# The numbers of the example that most courses write down: two inputs, weights that are easy to follow.
WEIGHTS = {
    **{"v1": 0.4, "v2": 0.45, "c": 0.6},
    **{"w11": 0.15, "w12": 0.2, "b1": 0.35, "w21": 0.25, "w22": 0.3, "b2": 0.35},
}


@dataclass(frozen=True)
class Network:
    """All that can be chosen. Raises InvalidRequest for what is not possible."""

    x1: float = 0.5
    x2: float = 1.0
    y: float = 0.1
    activation: str = "sigmoid"
    rate: float = 0.5
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))

    def __post_init__(self) -> None:
        one_of("activation", self.activation, FUNCTIONS)
        number("rate", self.rate, MIN_RATE, MAX_RATE)
        mapping("weights", self.weights)
        if {*self.weights} != {*EDGES}:
            raise InvalidRequest(f"weights must have exactly {', '.join(EDGES)}.")
        given = {"x1": self.x1, "x2": self.x2, "y": self.y} | dict(self.weights)
        for name, value in given.items():
            number(name, value, -MAX_VALUE, MAX_VALUE)


@dataclass(frozen=True)
class Values:
    """What a forward pass computes."""

    z1: float
    z2: float
    h1: float
    h2: float
    z: float
    o: float
    loss: float


def forward(network: Network) -> Values:
    """From the inputs to the loss."""
    w, f = network.weights, FUNCTIONS[network.activation].value
    z1 = w["w11"] * network.x1 + w["w12"] * network.x2 + w["b1"]
    z2 = w["w21"] * network.x1 + w["w22"] * network.x2 + w["b2"]
    h1, h2 = f(z1), f(z2)
    z = w["v1"] * h1 + w["v2"] * h2 + w["c"]
    o = f(z)
    return Values(z1, z2, h1, h2, z, o, (o - network.y) ** 2 / 2)


def backward(network: Network, values: Values) -> dict[str, float]:
    """The derivative of the loss by each weight, in the order of EDGES."""
    w, slope = network.weights, FUNCTIONS[network.activation].slope
    by_z = (values.o - network.y) * slope(values.z)
    by_z1 = by_z * w["v1"] * slope(values.z1)
    by_z2 = by_z * w["v2"] * slope(values.z2)
    return {
        **{"v1": by_z * values.h1, "v2": by_z * values.h2, "c": by_z},
        **{"w11": by_z1 * network.x1, "w12": by_z1 * network.x2, "b1": by_z1},
        **{"w21": by_z2 * network.x1, "w22": by_z2 * network.x2, "b2": by_z2},
    }


def stepped(network: Network) -> Network:
    """The network after one step of gradient descent.

    Raises InvalidRequest where a weight would leave what is possible.
    """
    gradient = backward(network, forward(network))
    weights = {key: weight - network.rate * gradient[key] for key, weight in network.weights.items()}
    if not all(abs(weight) <= MAX_VALUE for weight in weights.values()):
        raise InvalidRequest(
            f"This step would bring a weight beyond {MAX_VALUE:g}: the training diverges; "
            "choose a smaller rate."
        )
    return replace(network, weights=weights)
