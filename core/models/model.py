"""What the registry says about a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.activations.activation import Paper
from core.models.plans import Plan
from core.options import Option

if TYPE_CHECKING:
    from torch import nn

# What kind of network it is: snapshots apply to a family, never to a list of names.
FEEDFORWARD, CONVOLUTIONAL = "feedforward", "convolutional"
RECURRENT, ATTENTION = "recurrent", "attention"
GENERATIVE, GRAPH_NETWORK, VALUE_FUNCTION = "generative", "graph network", "value function"


@dataclass(frozen=True)
class Hidden:
    """The allowed values of the setting `hidden`."""

    meaning: str  # of its numbers
    min_layers: int
    max_layers: int  # 0 where the setting does not apply
    max_units: int  # the largest that each number may be


@dataclass(frozen=True)
class Model:
    """One network, and what applies to it; core/training/presets.py says how long and how fast it learns.

    build(input_shape, outputs, hidden, activation, **options) returns the network, initialised from torch's
    global CPU generator; input_shape is one sample's shape, activation a key of ACTIVATIONS or an expression.
    An exported script builds it by the function of the model's key in the file of the network's class, or by
    the class where there is none: with the same arguments, the activation as a function.
    plan(input_shape, outputs, hidden, **options) says what it computes, so that a browser can do so from the
    frames of a film; None where it cannot.
    """

    name: str
    description: str
    paper: Paper
    family: str  # "feedforward", "convolutional", "recurrent", ...
    kinds: tuple[str, ...]  # of applicable data, the default kind first
    build: Callable[..., nn.Module]
    activations: tuple[str, ...]  # keys of those that apply
    hidden: Hidden
    options: Mapping[str, Option] = field(default_factory=dict)  # settings that only this network has
    learner: str = "supervised"  # how it trains, a key of LEARNERS
    own_activation: bool = False  # whether an expression can be its activation
    plan: Callable[..., Plan] | None = None
