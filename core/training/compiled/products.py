"""Products of matrices whose columns are samples, in tiles that stay in the CPU's registers.

A matrix is rows of one flat float32 array, `step` numbers from one row to the next, and its columns are a
whole number of vectors. The sums of a tile of rows and vectors are kept in registers until they are whole, so
that each number loaded is used as often as there are registers for.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from core.training.compiled.compiling import compiled
from core.training.compiled.simd import LANES, hsum, load, store, zero

_INT = ir.IntType(32)
_VECTOR = ir.VectorType(ir.FloatType(), LANES)

# AVX-512 and Arm have 32 vector registers, AVX2 has 16. Sums take up to two thirds of them.
_MANY = LANES != 8
ROWS_OF_TWO = 8 if _MANY else 4  # a tile of so many rows and two vectors
ROWS_OF_ONE = 16 if _MANY else 8  # and of one vector
SIDE = 4 if _MANY else 2  # a tile of outer products has 4 rows and so many columns
# Numbers of all rows that stay in the second cache, and of those on a tile's right in the nearest one.
_IN_SECOND_CACHE, _IN_FIRST_CACHE = 180_000, 8192


class Memory:
    """The arrays and numbers that an intrinsic was given, and what it does with them."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        self.context, self.builder = context, builder
        self.given = [
            context.make_array(kind)(context, builder, value).data
            if isinstance(kind, types.Array)
            else context.cast(builder, value, kind, types.intp)
            for kind, value in zip(signature.args, arguments, strict=True)
        ]

    def at(self, *terms: Any) -> Any:
        """A sum of indices, each of which is a number or a pair to be multiplied."""
        total = None
        for term in terms:
            value = self.builder.mul(*term) if isinstance(term, tuple) else term
            total = value if total is None else self.builder.add(total, value)
        return total

    def constant(self, number: int) -> Any:
        return self.context.get_constant(types.intp, number)

    def pointer(self, data: Any, index: Any, vector: int = 0) -> Any:
        index = self.builder.add(index, self.constant(vector * LANES))
        return self.builder.bitcast(self.builder.gep(data, [index]), _VECTOR.as_pointer())

    def load(self, data: Any, index: Any, vector: int = 0) -> Any:
        loaded = self.builder.load(self.pointer(data, index, vector))
        loaded.align = 4
        return loaded

    def store(self, value: Any, data: Any, index: Any, vector: int = 0) -> None:
        self.builder.store(value, self.pointer(data, index, vector)).align = 4

    def splat(self, data: Any, index: Any) -> Any:
        scalar = self.builder.load(self.builder.gep(data, [index]))
        first = self.builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), scalar, ir.Constant(_INT, 0))
        zeros = ir.Constant(ir.VectorType(_INT, LANES), [0] * LANES)
        return self.builder.shuffle_vector(first, first, zeros)

    def add_product(self, sum_: Any, v: Any, w: Any) -> None:
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
        fma = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.fma.v{LANES}f32")
        self.builder.store(self.builder.call(fma, (v, w, self.builder.load(sum_))), sum_)

    def new_sum(self) -> Any:
        zero = ir.Constant(_VECTOR, [0.0] * LANES)
        sum_ = cgutils.alloca_once(self.builder, _VECTOR)
        self.builder.store(zero, sum_)
        return sum_

    def totals(self, sums: list[Any]) -> list[Any]:
        """The lanes of each vector added up: pairs of vectors at a time, so that all lanes stay in use."""
        found = []
        for first in range(0, len(sums), LANES):
            some = [self.builder.load(sum_) for sum_ in sums[first : first + LANES]]
            count, width = len(some), LANES
            while width > 1:
                if len(some) % 2:
                    some.append(some[-1])
                some = [self._added_pairs(v, w) for v, w in zip(some[::2], some[1::2], strict=True)]
                width //= 2
            found += [self.builder.extract_element(some[0], ir.Constant(_INT, n)) for n in range(count)]
        return found

    def _added_pairs(self, v: Any, w: Any) -> Any:
        """The sums of neighbours in v, and after them those in w."""
        halves = [
            self.builder.shuffle_vector(
                v, w, ir.Constant(ir.VectorType(_INT, LANES), [*range(first, 2 * LANES, 2)])
            )
            for first in (0, 1)
        ]
        return self.builder.fadd(*halves)


def _product_tile(rows: int, vectors: int) -> Any:
    """out[r, :] += the sum over k of weights[k, r] x[k, :], for so many rows and vectors."""

    @intrinsic
    def tile(typing_context, weights, w_at, w_step, x, x_at, x_step, count, out, out_at, out_step):
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            memory = Memory(context, builder, signature, arguments)
            weights, w_at, w_step, x, x_at, x_step, count, out, out_at, out_step = memory.given
            places = [memory.at(out_at, (out_step, memory.constant(r))) for r in range(rows)]
            sums = [[memory.new_sum() for _ in range(vectors)] for _ in range(rows)]
            for place, row in zip(places, sums, strict=True):
                for v, sum_ in enumerate(row):
                    builder.store(memory.load(out, place, v), sum_)
            with cgutils.for_range(builder, count) as loop:
                below = memory.at(x_at, (x_step, loop.index))
                some = [memory.load(x, below, v) for v in range(vectors)]
                first = memory.at(w_at, (w_step, loop.index))
                for r, row in enumerate(sums):
                    weight = memory.splat(weights, memory.at(first, memory.constant(r)))
                    for sum_, values in zip(row, some, strict=True):
                        memory.add_product(sum_, weight, values)
            for place, row in zip(places, sums, strict=True):
                for v, sum_ in enumerate(row):
                    memory.store(builder.load(sum_), out, place, v)
            return context.get_dummy_value()

        signature = types.void(weights, w_at, w_step, x, x_at, x_step, count, out, out_at, out_step)
        return signature, generate

    return tile


def _outer_tile(rows: int, columns: int) -> Any:
    """out[r, c] += the sum over all samples of left[r, :] right[c, :]."""

    @intrinsic
    def tile(typing_context, left, l_at, l_step, right, r_at, r_step, samples, out, out_at, out_step):
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            memory = Memory(context, builder, signature, arguments)
            left, l_at, l_step, right, r_at, r_step, samples, out, out_at, out_step = memory.given
            lefts = [memory.at(l_at, (l_step, memory.constant(r))) for r in range(rows)]
            rights = [memory.at(r_at, (r_step, memory.constant(c))) for c in range(columns)]
            sums = [[memory.new_sum() for _ in rights] for _ in lefts]
            vectors = builder.sdiv(samples, memory.constant(LANES))
            with cgutils.for_range(builder, vectors) as loop:
                moved = builder.mul(loop.index, memory.constant(LANES))
                some = [memory.load(right, memory.at(place, moved)) for place in rights]
                for place, row in zip(lefts, sums, strict=True):
                    values = memory.load(left, memory.at(place, moved))
                    for sum_, others in zip(row, some, strict=True):
                        memory.add_product(sum_, values, others)
            totals = iter(memory.totals([sum_ for row in sums for sum_ in row]))
            for r in range(rows):
                place = memory.at(out_at, (out_step, memory.constant(r)))
                for c in range(columns):
                    pointer = builder.gep(out, [memory.at(place, memory.constant(c))])
                    builder.store(builder.fadd(builder.load(pointer), next(totals)), pointer)
            return context.get_dummy_value()

        signature = types.void(left, l_at, l_step, right, r_at, r_step, samples, out, out_at, out_step)
        return signature, generate

    return tile


_two, _two_of_4, _two_of_1 = (_product_tile(rows, 2) for rows in (ROWS_OF_TWO, 4, 1))
_one, _one_of_4, _one_of_1 = (_product_tile(rows, 1) for rows in (ROWS_OF_ONE, 4, 1))
_outer, _outer_column = _outer_tile(4, SIDE), _outer_tile(4, 1)
_outer_row, _outer_single = _outer_tile(1, SIDE), _outer_tile(1, 1)


@compiled
def add_products(weights, w_at, w_step, x, x_at, x_step, count, out, out_at, out_step, rows, columns):
    """Add weights transposed times x to out (rows, columns).

    weights (count, rows), x (count, columns); *_at: where each begins in its array, *_step: from row to row.
    """
    column = 0
    while column + 2 * LANES <= columns:
        x_here, out_here, row = x_at + column, out_at + column, 0
        while row + ROWS_OF_TWO <= rows:
            _two(
                weights,
                w_at + row,
                w_step,
                x,
                x_here,
                x_step,
                count,
                out,
                out_here + row * out_step,
                out_step,
            )
            row += ROWS_OF_TWO
        while row + 4 <= rows:
            _two_of_4(
                weights,
                w_at + row,
                w_step,
                x,
                x_here,
                x_step,
                count,
                out,
                out_here + row * out_step,
                out_step,
            )
            row += 4
        while row < rows:
            _two_of_1(
                weights,
                w_at + row,
                w_step,
                x,
                x_here,
                x_step,
                count,
                out,
                out_here + row * out_step,
                out_step,
            )
            row += 1
        column += 2 * LANES
    if column < columns:
        x_here, out_here, row = x_at + column, out_at + column, 0
        while row + ROWS_OF_ONE <= rows:
            _one(
                weights,
                w_at + row,
                w_step,
                x,
                x_here,
                x_step,
                count,
                out,
                out_here + row * out_step,
                out_step,
            )
            row += ROWS_OF_ONE
        while row + 4 <= rows:
            _one_of_4(
                weights,
                w_at + row,
                w_step,
                x,
                x_here,
                x_step,
                count,
                out,
                out_here + row * out_step,
                out_step,
            )
            row += 4
        while row < rows:
            _one_of_1(
                weights,
                w_at + row,
                w_step,
                x,
                x_here,
                x_step,
                count,
                out,
                out_here + row * out_step,
                out_step,
            )
            row += 1


@compiled
def add_outer_products(left, l_at, l_step, right, r_at, r_step, samples, out, out_at, rows, columns):
    """Add left (rows, samples) times right (columns, samples) transposed to out (rows, columns), dense."""
    portion = max(16, _IN_SECOND_CACHE // (rows + columns) // LANES) * LANES
    for sample in range(0, samples, portion):
        some = min(portion, samples - sample)
        block = max(SIDE, _IN_FIRST_CACHE // some // SIDE * SIDE)
        for first in range(0, columns, block):
            last = min(first + block, columns)
            _add_outer_block(
                *(left, l_at + sample, l_step, right, r_at + sample, r_step, some),
                *(out, out_at, columns, rows, first, last),
            )


@compiled
def _add_outer_block(
    left, l_at, l_step, right, r_at, r_step, samples, out, out_at, out_step, rows, first, last
):
    row = 0
    while row + 4 <= rows:
        l_here, out_here, column = l_at + row * l_step, out_at + row * out_step, first
        while column + SIDE <= last:
            r_here = r_at + column * r_step
            _outer(left, l_here, l_step, right, r_here, r_step, samples, out, out_here + column, out_step)
            column += SIDE
        while column < last:
            r_here = r_at + column * r_step
            _outer_column(
                left, l_here, l_step, right, r_here, r_step, samples, out, out_here + column, out_step
            )
            column += 1
        row += 4
    while row < rows:
        l_here, out_here, column = l_at + row * l_step, out_at + row * out_step, first
        while column + SIDE <= last:
            r_here = r_at + column * r_step
            _outer_row(left, l_here, l_step, right, r_here, r_step, samples, out, out_here + column, out_step)
            column += SIDE
        while column < last:
            r_here = r_at + column * r_step
            _outer_single(
                left, l_here, l_step, right, r_here, r_step, samples, out, out_here + column, out_step
            )
            column += 1
        row += 1


@compiled
def transposed(source, at, rows, columns, out, out_at, out_step):
    """Copy source (rows, columns), dense, into out (columns, rows)."""
    for first in range(0, rows, 16):  # a line of the cache of `out` at a time
        last = min(first + 16, rows)
        for column in range(columns):
            for row in range(first, last):
                out[out_at + column * out_step + row] = source[at + row * columns + column]


@compiled
def fill(out, at, count, value):
    """Set `count` numbers, a whole number of vectors, to one value."""
    for i in range(at, at + count, LANES):
        store(out, i, value)


@compiled
def row_sum(x, at, count):
    """The sum of `count` numbers, a whole number of vectors."""
    one, other = zero(), zero()
    for i in range(at, at + count - LANES, 2 * LANES):
        one, other = one + load(x, i), other + load(x, i + LANES)
    if count // LANES % 2:
        one = one + load(x, at + count - LANES)
    return hsum(one + other)
