"""What the kernels of recurrent networks are given: numbers, and where everything lies in one array.

Each value is a row over time and samples: the samples of step t lie from (t + 1) * lanes on, between two
steps of zeros, so that each direction begins with zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from core.training.compiled.cells import GRU, LSTM, RNN_RELU, RNN_TANH
from core.training.compiled.simd import LANES

KINDS = {"RNN_TANH": RNN_TANH, "RNN_RELU": RNN_RELU, "LSTM": LSTM, "GRU": GRU}  # by torch.nn's mode
GATES = {RNN_TANH: 1, RNN_RELU: 1, LSTM: 4, GRU: 3}  # blocks of rows of W and U
BLOCKS = GATES | {GRU: 4}  # blocks of rows of z


class Shape(NamedTuple):
    """Numbers that all kernels need; symbols is 0 where numbers are read."""

    kind: int
    gates: int
    blocks: int
    units: int
    layers: int
    directions: int
    features: int
    outputs: int
    steps: int
    symbols: int
    lanes: int
    stride: int  # of a row over time
    width: int  # of a row over symbols
    padded: int  # the first layer's rows of W, of which a row of the table of symbols has one each


class Places(NamedTuple):
    """Where each thing begins in the work array, and in theta."""

    table: int  # (symbols, padded)
    table_gradient: int
    turned: int  # either of them, or W, in another order
    embedding: int
    embedding_gradient: int
    output_weights: int
    last: int  # the states that the output reads, dense, where it reads one of each sample
    last_gradient: int
    outputs: int
    now: int
    carried: int
    carried_cell: int
    held: int  # what passes by a step that has ended
    held_cell: int
    mask: int  # 1 for each sample that has not ended
    theta_output: int
    theta_embedding: int


# What is kept of each layer and direction: columns of the table of runs.
W, U, B, C, FEATURES, X, H, Z, CELL, TANH_CELL, DY, DX, PACKED_W, PACKED_U, BIAS = range(15)


def _aligned_zeros(count: int) -> np.ndarray:
    """float32 zeros that begin at a multiple of 64 bytes, so that no vector lies in two lines of a cache."""
    room = np.zeros(count + 16, np.float32)
    first = -room.ctypes.data // 4 % 16
    return room[first : first + count]


class Layout(NamedTuple):
    """What the kernels are given of a network beside its numbers."""

    shape: Shape
    places: Places
    runs: np.ndarray  # int64 (layers * directions, 15)
    work: np.ndarray  # float32
    rows: tuple[np.ndarray, ...]
    gradient: np.ndarray  # float32 (parameters,)


@dataclass(frozen=True)
class Network:
    """A SequenceNetwork or, where symbols is not 0, a SymbolNetwork of core.models.recurrent."""

    kind: int  # RNN_TANH, RNN_RELU, LSTM or GRU
    features: int  # of a step, or of a symbol's embedding
    units: int
    outputs: int
    steps: int  # of the longest sequence
    layers: int = 1
    directions: int = 1
    symbols: int = 0

    @property
    def parameters(self) -> int:
        """Weights and biases of all layers, and the embedding."""
        return self._theta()[-1]

    @property
    def multiplications(self) -> int:
        """Of one sample's way forward; symbols take the first layer's from a table."""
        return self.steps * self.parameters

    def _theta(self) -> tuple[list[tuple[int, int]], int, int]:
        """Of each layer and direction where it begins and its features; where the output does; the end."""
        at, rows, begins = self.symbols * self.features, GATES[self.kind] * self.units, []
        for layer in range(self.layers):
            features = self.directions * self.units if layer else self.features
            for _ in range(self.directions):
                begins.append((at, features))
                at += rows * (features + self.units + 2)
        return begins, at, at + self.outputs * (self.directions * self.units + 1)

    @cached_property
    def _layouts(self) -> dict[int, Layout]:
        return {}

    def layout(self, batch: int) -> Layout:
        """Memory for portions of batches of this size, made once."""
        lanes = LANES if batch <= LANES else 2 * LANES
        if lanes not in self._layouts:
            self._layouts[lanes] = self._new_layout(lanes)
        return self._layouts[lanes]

    def _new_layout(self, lanes: int) -> Layout:
        units, both = self.units, self.directions * self.units
        gates, blocks = GATES[self.kind], BLOCKS[self.kind]
        # Rows that begin a power of two apart would share few lines of the nearest cache.
        stride = ((self.steps + 2) * lanes // LANES | 1) * LANES
        width = -(-self.symbols // LANES) * LANES
        shape = Shape(
            *(self.kind, gates, blocks, units, self.layers, self.directions, self.features, self.outputs),
            *(self.steps, self.symbols, lanes, stride, width, -(-gates * units // LANES) * LANES),
        )
        end = 0

        def room(numbers: int) -> int:
            nonlocal end
            begin, end = end, end + -(-numbers // LANES) * LANES
            return begin

        begins, output, _ = self._theta()
        x = room((0 if self.symbols else self.features) * stride)
        runs, dy_below = [], 0
        for layer in range(self.layers):
            h, dy = room(both * stride), room(both * stride)
            for direction in range(self.directions):
                at, features = begins[layer * self.directions + direction]
                rows = gates * units
                of_cell = units * stride if self.kind == LSTM else 0
                shift = direction * units * stride
                runs.append(
                    (
                        *(at, at + rows * features, at + rows * (features + units)),
                        *(at + rows * (features + units + 1), features, x, h + shift),
                        *(room(blocks * units * stride), room(of_cell), room(of_cell), dy + shift, dy_below),
                        *(room(rows * features), room(rows * units), room(blocks * units)),
                    )
                )
            x, dy_below = h, dy
        rows, on_table, padded = gates * units, self.symbols * shape.padded, shape.padded
        turned = max(padded * width, self.features * padded) if self.symbols else 0
        places = Places(
            table=room(on_table),
            table_gradient=room(on_table),
            turned=room(turned),
            embedding=room(self.features * width),
            embedding_gradient=room(self.features * width),
            output_weights=room(both * self.outputs),
            last=room(both * lanes),
            last_gradient=room(both * lanes),
            outputs=room(self.outputs * (stride if self.symbols else lanes)),
            now=room(rows * lanes),
            carried=room(units * lanes),
            carried_cell=room(units * lanes),
            held=room(units * lanes),
            held_cell=room(units * lanes),
            mask=room(lanes),
            theta_output=output,
            theta_embedding=0,
        )
        columns = self.steps * lanes
        of_columns = (
            *(np.zeros(columns, np.int32), np.zeros(lanes, np.int64), np.zeros(columns)),
            *(np.zeros(columns, np.float32), np.zeros(3 * LANES, np.float32)),
        )
        gradient = np.zeros(self.parameters, np.float32)
        return Layout(shape, places, np.array(runs), _aligned_zeros(end), of_columns, gradient)

    def inputs_of(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Numbers float32 (samples, steps * features), symbols int32 (samples, steps): one of them empty."""
        if self.symbols:
            return np.zeros((0, 0), np.float32), np.ascontiguousarray(inputs, np.int32)
        return np.ascontiguousarray(inputs, np.float32), np.zeros((0, 0), np.int32)

    def is_weight(self) -> np.ndarray:
        """Of each parameter whether it is a weight and no bias, bool (parameters,)."""
        begins, _, end = self._theta()
        mask, rows = np.ones(end, bool), GATES[self.kind] * self.units
        for at, features in begins:
            biases = at + rows * (features + self.units)
            mask[biases : biases + 2 * rows] = False
        mask[end - self.outputs :] = False
        return mask
