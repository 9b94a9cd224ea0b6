"""A network of two inputs, two hidden units and one output, whose passes are done number by number."""

from core.backpropagation.chain import Factor, chain, equation
from core.backpropagation.network import (
    EDGES,
    FUNCTIONS,
    Edge,
    Network,
    Values,
    backward,
    forward,
    stepped,
)
from core.backpropagation.order import ACTIONS, LAST, MOMENTS, after, due, seen

__all__ = [
    "ACTIONS",
    "EDGES",
    "FUNCTIONS",
    "LAST",
    "MOMENTS",
    "Edge",
    "Factor",
    "Network",
    "Values",
    "after",
    "backward",
    "chain",
    "due",
    "equation",
    "forward",
    "seen",
    "stepped",
]
