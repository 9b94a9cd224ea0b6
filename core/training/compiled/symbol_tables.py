"""Rows of a table by number, such as an embedding, beside rows over samples: tiles turned in registers.

The table has a row for each symbol, `width` numbers long, so that a symbol's numbers lie side by side; in
rows over samples the numbers of one sample are far apart. A tile of as many of either as a vector has lanes
is turned by shuffles from one to the other.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from core.training.compiled.compiling import compiled
from core.training.compiled.products import Memory
from core.training.compiled.simd import LANES


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """LANES vectors as a square matrix, transposed: squares of 1, 2, 4, ... lanes change sides."""
    side, kind = 1, ir.VectorType(ir.IntType(32), LANES)
    while side < LANES:
        upper = [lane if not lane & side else LANES + lane - side for lane in range(LANES)]
        lower = [lane + side if not lane & side else LANES + lane for lane in range(LANES)]
        for first in range(LANES):
            if not first & side:
                pair = rows[first], rows[first + side]
                rows[first], rows[first + side] = (
                    builder.shuffle_vector(*pair, ir.Constant(kind, lanes)) for lanes in (upper, lower)
                )
        side *= 2
    return rows


def _tile(is_added: bool) -> Any:
    """LANES rows and samples from the table to rows over samples, or added from those to the table."""

    @intrinsic
    def tile(typing_context, table, t_at, width, symbol_of, column, rows, at, step):
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            memory = Memory(context, builder, signature, arguments)
            table, t_at, width, symbol_of, column, rows, at, step = memory.given
            lanes = [memory.constant(lane) for lane in range(LANES)]
            places = []
            for lane in lanes:
                symbol = builder.load(builder.gep(symbol_of, [memory.at(column, lane)]))
                wide = builder.sext(symbol, at.type)
                places.append(memory.at(t_at, (width, wide)))
            over = [memory.at(at, column, (step, lane)) for lane in lanes]
            if is_added:
                for place, values in zip(
                    places, _turned(builder, [memory.load(rows, row) for row in over]), strict=True
                ):
                    memory.store(builder.fadd(memory.load(table, place), values), table, place)
            else:
                found = _turned(builder, [memory.load(table, place) for place in places])
                for row, values in zip(over, found, strict=True):
                    memory.store(values, rows, row)
            return context.get_dummy_value()

        return types.void(table, t_at, width, symbol_of, column, rows, at, step), generate

    return tile


_look_up, _add = _tile(False), _tile(True)


@compiled
def look_up(table, t_at, width, symbol_of, rows, at, step, count, columns):
    """Set `count` rows over `columns` samples to the numbers of each sample's symbol."""
    row = 0
    while row + LANES <= count:
        for column in range(0, columns, LANES):
            _look_up(table, t_at + row, width, symbol_of, column, rows, at + row * step, step)
        row += LANES
    for rest in range(row, count):
        for column in range(columns):
            rows[at + rest * step + column] = table[t_at + symbol_of[column] * width + rest]


@compiled
def add_by_symbol(table, t_at, width, symbol_of, rows, at, step, count, columns):
    """Add each sample's numbers to those of its symbol in the table."""
    row = 0
    while row + LANES <= count:
        for column in range(0, columns, LANES):
            _add(table, t_at + row, width, symbol_of, column, rows, at + row * step, step)
        row += LANES
    for rest in range(row, count):
        for column in range(columns):
            table[t_at + symbol_of[column] * width + rest] += rows[at + rest * step + column]
