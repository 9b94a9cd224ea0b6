"""The activation of each hidden layer of a network whose layers may have different ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import InvalidRequest
from core.options import Option, split_values

NAME = "activations"  # of the option, where a network has it

OPTION = Option(
    "activation of each hidden layer, such as relu, tanh; left empty, all layers have the one activation", ""
)


def layer_activations(hidden: Sequence[int], activation: str, listed: str) -> tuple[str, ...]:
    """The activation of each hidden layer: those that are listed, or the one of all layers.

    Raises InvalidRequest for another number of them.
    """
    names = tuple(split_values(listed))
    if names and len(names) != len(hidden):
        raise InvalidRequest(
            f"{NAME} {listed[:60]!r} is not possible; it must be one for each hidden layer, which "
            f"{'is 1' if len(hidden) == 1 else f'are {len(hidden)}'}, or empty."
        )
    return names or (activation,) * len(hidden)


def of_record(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The same, out of the record of a training."""
    listed = config.get("model_options", {}).get(NAME, "")
    return layer_activations(config["hidden"], config["activation"], listed)


def by_layer(config: Mapping[str, Any], layers: Sequence[str]) -> dict[str, str]:
    """The activation behind each layer of a training's record, by the layer's name, such as "layers 2"."""
    if not config.get("model_options", {}).get(NAME):
        return dict.fromkeys(layers, config["activation"])
    each = of_record(config)
    return {layer: each[int(layer.rpartition(" ")[2]) - 1] for layer in layers}
