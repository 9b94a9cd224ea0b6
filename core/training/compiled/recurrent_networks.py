"""Recurrent networks of nn.Modules as recurrent.py describes them, and those that are faster otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from core.models.recurrent import SequenceNetwork, SymbolNetwork

if TYPE_CHECKING:
    from core.training.compiled import recurrent
    from core.training.compiled.recurrent_layout import Network

RecurrentNetwork = SequenceNetwork | SymbolNetwork

# Beyond this, a framework's matrix products take nearly all of the time, on all cores that it is given.
MAX_UNITS = 112
MAX_MEMORY = 2**28  # numbers of a portion's values over time: a gibibyte


def not_recurrent_reason(network: RecurrentNetwork, steps: int) -> str | None:
    """Why steps of a recurrent network are not compiled; None where they are."""
    layer = network.recurrent
    if layer.hidden_size > MAX_UNITS:
        return f"beyond {MAX_UNITS} units matrix products are faster"
    if layer.dropout or not layer.bias or getattr(layer, "proj_size", 0):
        return "it knows recurrent layers with biases, without dropout or projections"
    if 32 * 8 * layer.num_layers * network_directions(network) * layer.hidden_size * steps > MAX_MEMORY:
        return "so many steps of so many units need more memory than it may have"
    return None


def network_directions(network: RecurrentNetwork) -> int:
    """1 or 2."""
    return 2 if network.recurrent.bidirectional else 1


def compiled_recurrent(network: RecurrentNetwork, input_shape: tuple[int, ...]) -> Network:
    """input_shape: (time, features), or (time,) of symbols."""
    from core.training.compiled import recurrent_layout

    layer = network.recurrent
    return recurrent_layout.Network(
        kind=recurrent_layout.KINDS[layer.mode],
        features=layer.input_size,
        units=layer.hidden_size,
        outputs=network.output.out_features,
        steps=input_shape[0],
        layers=layer.num_layers,
        directions=network_directions(network),
        symbols=network.embedding.num_embeddings if isinstance(network, SymbolNetwork) else 0,
    )


def compiled_data(network: Network, inputs: Tensor, targets: Tensor) -> recurrent.Data:
    """A split as the kernels read it."""
    from core.training.compiled import recurrent

    rows = targets.reshape(len(targets), -1).double().numpy()
    return recurrent.Data(*network.inputs_of(inputs.flatten(1).numpy()), np.ascontiguousarray(rows))
