"""Sums of products, the arithmetic of every layer: tiles of them in registers, and loops over the tiles.

    products_v, products_s            out[r, c] = bias[r] + sum over k of a[r, k] * b[k, c]
    products_v_bare, products_s_bare  the same without a bias
    summed                            the same over k and all lanes: out[r, c] are numbers

Every b and out is a vector of simd.LANES floats. In the _v forms each a is one too, so that a lane is a
network with weights of its own; in the _s forms it is a number for all lanes, so that a lane is a sample.
Indices count floats, and each of r, k and c has a stride of its own in each array, so that the same few
functions go forward, backward and to the gradient of the weights. A tile keeps its sums in registers while
it goes through k; how many these are follows the CPU.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from core.training.compiled import simd
from core.training.compiled.compiling import compiled
from core.training.compiled.simd import LANES

_F32, _VECTOR, _INDEX = ir.FloatType(), ir.VectorType(ir.FloatType(), LANES), ir.IntType(64)
# AVX-512 and Arm have 32 registers, AVX2 has 16: sums of a tile, its operands beside them.
_WIDE = 2 if LANES == 8 else 4


def _tile(rows: int, columns: int, a_in_lanes: bool, with_bias: bool, over_lanes: bool) -> Any:
    """An intrinsic for rows x columns sums at once, written out as one loop over k."""

    def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> None:
        data = {}
        for name, at in (("a", 0), ("b", 4), ("bias", 9), ("out", 12)):
            data[name] = context.make_array(sig.args[at])(context, builder, arguments[at]).data
        index = {
            name: context.cast(builder, arguments[at], sig.args[at], types.intp)
            for name, at in _INDICES.items()
        }

        def place(first: str, *steps: tuple[Any, Any]) -> Any:
            at = index[first]
            for number, stride in steps:
                at = builder.add(at, builder.mul(number, stride))
            return at

        def vector(name: str, at: Any) -> Any:
            loaded = builder.load(builder.bitcast(builder.gep(data[name], [at]), _VECTOR.as_pointer()))
            loaded.align = 4
            return loaded

        def operand(name: str, at: Any) -> Any:
            if a_in_lanes:
                return vector(name, at)
            return simd._splat(builder, builder.load(builder.gep(data[name], [at])), _VECTOR)

        def constant(number: int) -> Any:
            return ir.Constant(_INDEX, number)

        a_at = [place("a_at", (constant(r), index["a_row"])) for r in range(rows)]
        b_at = [place("b_at", (constant(c), index["b_column"])) for c in range(columns)]
        nothing = ir.Constant(_VECTOR, [0.0] * LANES)
        begun = []
        for r in range(rows):
            bias_at = place("bias_at", (constant(r), index["bias_row"]))
            begun += [operand("bias", bias_at) if with_bias else nothing] * columns
        before = builder.block
        head = builder.append_basic_block("tile.head")
        body = builder.append_basic_block("tile.body")
        after = builder.append_basic_block("tile.after")
        builder.branch(head)
        builder.position_at_end(head)
        k = builder.phi(_INDEX)
        k.add_incoming(constant(0), before)
        sums = [builder.phi(_VECTOR) for _ in begun]
        for total, start in zip(sums, begun, strict=True):
            total.add_incoming(start, before)
        builder.cbranch(builder.icmp_signed("<", k, index["count"]), body, after)
        builder.position_at_end(body)
        a_step, b_step = builder.mul(k, index["a_step"]), builder.mul(k, index["b_step"])
        right = [vector("b", builder.add(at, b_step)) for at in b_at]
        fma = simd._llvm("fma", _VECTOR, 3)
        new = []
        for r in range(rows):
            left = operand("a", builder.add(a_at[r], a_step))
            new += [fma(builder, left, right[c], sums[r * columns + c]) for c in range(columns)]
        k.add_incoming(builder.add(k, constant(1)), body)
        for total, one in zip(sums, new, strict=True):
            total.add_incoming(one, body)
        builder.branch(head)
        builder.position_at_end(after)
        numbers = _sums_of_lanes(builder, sums) if over_lanes else []
        for r in range(rows):
            for c in range(columns):
                out_at = place("out_at", (constant(r), index["out_row"]), (constant(c), index["out_column"]))
                pointer = builder.gep(data["out"], [out_at])
                if over_lanes:
                    builder.store(numbers[r * columns + c], pointer)
                else:
                    pointer = builder.bitcast(pointer, _VECTOR.as_pointer())
                    builder.store(sums[r * columns + c], pointer).align = 4
        return context.get_dummy_value()

    @intrinsic
    def tile(  # type: ignore[no-untyped-def]
        typing_context, a, a_at, a_row, a_step, b, b_at, b_column, b_step, count,
        bias, bias_at, bias_row, out, out_at, out_row, out_column,
    ):  # fmt: skip
        given = (a, a_at, a_row, a_step, b, b_at, b_column, b_step, count)
        return types.void(*given, bias, bias_at, bias_row, out, out_at, out_row, out_column), generate

    return tile


_INDICES = {"a_at": 1, "a_row": 2, "a_step": 3, "b_at": 5, "b_column": 6, "b_step": 7, "count": 8}
_INDICES |= {"bias_at": 10, "bias_row": 11, "out_at": 13, "out_row": 14, "out_column": 15}


def _sums_of_lanes(builder: Any, vectors: list[Any]) -> list[Any]:
    """The sum of each vector's lanes. Halves of two vectors are added in one instruction, until one holds
    LANES sums: a third of what as many sums one by one take.
    """
    index_type = ir.IntType(32)
    numbers = []
    for start in range(0, len(vectors), LANES):
        group = vectors[start : start + LANES]
        count, block = len(group), LANES
        while block > 1:
            half = block // 2
            firsts = [at for begin in range(0, 2 * LANES, block) for at in range(begin, begin + half)]
            pairs = [(group[at], group[min(at + 1, len(group) - 1)]) for at in range(0, len(group), 2)]
            group = []
            for v, w in pairs:
                low, high = (
                    builder.shuffle_vector(
                        v, w, ir.Constant(ir.VectorType(index_type, LANES), [at + shift for at in firsts])
                    )
                    for shift in (0, half)
                )
                group.append(builder.fadd(low, high))
            block = half
        numbers += [builder.extract_element(group[0], ir.Constant(index_type, at)) for at in range(count)]
    return numbers


def _over_tiles(a_in_lanes: bool, with_bias: bool, over_lanes: bool) -> Any:
    """A function that covers any number of rows and columns with tiles, the largest that fit first."""
    kind = (a_in_lanes, with_bias, over_lanes)
    wide, wide_row = _tile(4, _WIDE, *kind), _tile(1, _WIDE, *kind)
    tall, square, single = _tile(8, 1, *kind), _tile(4, 1, *kind), _tile(1, 1, *kind)
    width = _WIDE

    @compiled
    def products(
        a, a_at, a_row, a_step, b, b_at, b_column, b_step, count,
        bias, bias_at, bias_row, out, out_at, out_row, out_column, rows, columns,
    ):  # fmt: skip
        c = 0
        while c < columns:
            is_wide = c + width <= columns
            b_c, out_c = b_at + c * b_column, out_at + c * out_column
            r = 0
            while r < rows:
                a_r, bias_r, out_r = a_at + r * a_row, bias_at + r * bias_row, out_c + r * out_row
                if is_wide and r + 4 <= rows:
                    wide(a, a_r, a_row, a_step, b, b_c, b_column, b_step, count,
                         bias, bias_r, bias_row, out, out_r, out_row, out_column)  # fmt: skip
                    r += 4
                elif is_wide:
                    wide_row(a, a_r, a_row, a_step, b, b_c, b_column, b_step, count,
                             bias, bias_r, bias_row, out, out_r, out_row, out_column)  # fmt: skip
                    r += 1
                elif r + 8 <= rows:
                    tall(a, a_r, a_row, a_step, b, b_c, b_column, b_step, count,
                         bias, bias_r, bias_row, out, out_r, out_row, out_column)  # fmt: skip
                    r += 8
                elif r + 4 <= rows:
                    square(a, a_r, a_row, a_step, b, b_c, b_column, b_step, count,
                           bias, bias_r, bias_row, out, out_r, out_row, out_column)  # fmt: skip
                    r += 4
                else:
                    single(a, a_r, a_row, a_step, b, b_c, b_column, b_step, count,
                           bias, bias_r, bias_row, out, out_r, out_row, out_column)  # fmt: skip
                    r += 1
            c += width if is_wide else 1

    return products


products_v = _over_tiles(a_in_lanes=True, with_bias=True, over_lanes=False)
products_s = _over_tiles(a_in_lanes=False, with_bias=True, over_lanes=False)
products_v_bare = _over_tiles(a_in_lanes=True, with_bias=False, over_lanes=False)
products_s_bare = _over_tiles(a_in_lanes=False, with_bias=False, over_lanes=False)
summed = _over_tiles(a_in_lanes=True, with_bias=False, over_lanes=True)
