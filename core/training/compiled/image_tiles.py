"""The two products that layers are made of, in tiles of sums that stay in the CPU's registers.

`multiply` is a layer's forward pass and its gradient by the input, `correlate` the gradient by the weights.
Both are written in LLVM's language, so that a tile of any size is a few lines: a compiler asked to find these
tiles in plain loops does not. All values lie in one-dimensional float32 arrays; positions and strides count
floats. Up to LANES floats beyond a row may be read (never used), so arrays have as many to spare.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from core.training.compiled.compiling import address_of
from core.training.compiled.simd import LANES

REGISTERS = 16 if LANES == 8 else 32  # of vectors: AVX2 has 16
# Sums in registers: the others hold what is multiplied.
SUMS = 24 if REGISTERS == 32 else 12
# Rows of the output in a tile: whole layers are made of these.
HEIGHTS = (8, 6, 4, 1) if REGISTERS == 32 else (6, 4, 1)
_MAX_WIDTH = 4  # vectors
# Of the gradient by the weights: rows and columns of a kernel in a tile.
CORRELATED = (
    ((4, 5), (2, 5), (1, 5), (8, 3), (4, 3), (1, 3), (8, 1), (1, 1))
    if REGISTERS == 32
    else ((2, 5), (1, 5), (4, 3), (1, 3), (8, 1), (1, 1))
)

_I64, _I32, _F32 = ir.IntType(64), ir.IntType(32), ir.FloatType()
_VECTOR = ir.VectorType(_F32, LANES)
_POINTER = _F32.as_pointer()


class _Code:
    """An LLVM function being written: loops, vectors and pointers."""

    def __init__(self, module: ir.Module, name: str, arguments: Sequence[Any]) -> None:
        self.function = ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), name)
        self.function.linkage = "linkonce_odr"  # one copy, however many functions are compiled with it
        self.function.attributes.add("noinline")
        self._keep_loops(module)
        self.builder = ir.IRBuilder(self.function.append_basic_block())
        self.arguments = self.function.args

    def _keep_loops(self, module: ir.Module) -> None:
        """Loops are as long as they should be: unrolling them would only make compilation longer."""
        disabled = module.add_metadata([ir.MetaDataString(module, "llvm.loop.unroll.disable")])
        self._loops = module.add_metadata([disabled])
        self._loops.operands = (self._loops, disabled)

    def finish(self) -> ir.Function:
        self.builder.ret_void()
        return self.function

    @contextmanager
    def loop(self, count: Any, *walking: tuple[Any, Any]) -> Iterator[list[Any]]:
        """`count` rounds; of each (pointer, stride) the pointer of the round. self.round counts from 0."""
        builder = self.builder
        before = builder.block
        head, body, end = (builder.append_basic_block() for _ in range(3))
        builder.branch(head)
        builder.position_at_end(head)
        round_ = builder.phi(_I64)
        round_.add_incoming(_I64(0), before)
        pointers = []
        for pointer, _ in walking:
            phi = builder.phi(_POINTER)
            phi.add_incoming(pointer, before)
            pointers.append(phi)
        builder.cbranch(builder.icmp_signed("<", round_, count), body, end)
        builder.position_at_end(body)
        self.round = round_
        yield pointers
        round_.add_incoming(builder.add(round_, _I64(1)), builder.block)
        for phi, (_, stride) in zip(pointers, walking, strict=True):
            phi.add_incoming(builder.gep(phi, [stride]), builder.block)
        builder.branch(head).set_metadata("llvm.loop", self._loops)
        builder.position_at_end(end)

    def at(self, pointer: Any, index: Any) -> Any:
        return self.builder.gep(pointer, [_I64(index) if isinstance(index, int) else index])

    def times(self, value: Any, number: int) -> Any:
        return self.builder.mul(value, _I64(number))

    def broadcast(self, pointer: Any) -> Any:
        builder = self.builder
        first = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), builder.load(pointer), _I32(0))
        return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES))

    def load(self, pointer: Any) -> Any:
        loaded = self.builder.load(self.builder.bitcast(pointer, _VECTOR.as_pointer()))
        loaded.align = 4
        return loaded

    def store(self, vector: Any, pointer: Any) -> None:
        stored = self.builder.store(vector, self.builder.bitcast(pointer, _VECTOR.as_pointer()))
        stored.align = 4

    def first_lanes(self, count: Any) -> Any:
        """The mask of the lanes below count."""
        numbers = ir.Constant(ir.VectorType(_I64, LANES), list(range(LANES)))
        first = self.builder.insert_element(
            ir.Constant(ir.VectorType(_I64, LANES), ir.Undefined), count, _I32(0)
        )
        counts = self.builder.shuffle_vector(
            first, first, ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES)
        )
        return self.builder.icmp_signed("<", numbers, counts)

    def load_some(self, pointer: Any, lanes: Any) -> Any:
        """0 in the lanes that the mask leaves out."""
        kind = ir.FunctionType(_VECTOR, [_VECTOR.as_pointer(), _I32, lanes.type, _VECTOR])
        load = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.masked.load.v{LANES}f32.p0")
        at = self.builder.bitcast(pointer, _VECTOR.as_pointer())
        return self.builder.call(load, [at, _I32(4), lanes, ir.Constant(_VECTOR, [0.0] * LANES)])

    def store_some(self, vector: Any, pointer: Any, lanes: Any) -> None:
        kind = ir.FunctionType(ir.VoidType(), [_VECTOR, _VECTOR.as_pointer(), _I32, lanes.type])
        store = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.masked.store.v{LANES}f32.p0")
        at = self.builder.bitcast(pointer, _VECTOR.as_pointer())
        self.builder.call(store, [vector, at, _I32(4), lanes])

    def multiply_add(self, one: Any, two: Any, total: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
        fma = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.fma.v{LANES}f32")
        return self.builder.call(fma, [one, two, total])

    def sum_of_lanes(self, vector: Any) -> Any:
        kind = ir.FunctionType(_F32, [_F32, _VECTOR])
        reduce = cgutils.get_or_insert_function(
            self.builder.module, kind, f"llvm.vector.reduce.fadd.v{LANES}f32"
        )
        return self.builder.call(reduce, [ir.Constant(_F32, 0.0), vector], fastmath=("reassoc",))

    def sums(self, count: int) -> list[Any]:
        """Vectors that change: LLVM keeps them in registers."""
        with self.builder.goto_entry_block():
            return [self.builder.alloca(_VECTOR) for _ in range(count)]

    def add_product(self, total: Any, one: Any, two: Any) -> None:
        self.builder.store(self.multiply_add(one, two, self.builder.load(total)), total)


def _multiply_rows(module: ir.Module, height: int) -> ir.Function:
    """A function that writes `height` rows of an output, in tiles of some vectors' width."""
    name = f"multiply_{height}"
    if name in module.globals:
        return module.globals[name]
    code = _Code(module, name, [_POINTER] * 4 + [_I64] * 14)
    out, start, weights, x = code.arguments[:4]
    out_stride, start_stride, weight_stride, start_lanes, length, *loops = code.arguments[4:]
    width = min(_MAX_WIDTH, SUMS // height)
    whole = code.builder.sdiv(length, _I64(width * LANES))
    offsets = [code.times(out_stride, o) for o in range(height)]

    def tile(out: Any, start: Any, x: Any, vectors: int, last: Any) -> None:
        """last: the mask of the last vector's lanes, where not all count."""
        builder = code.builder
        sums = code.sums(height * vectors)
        with builder.if_else(builder.icmp_signed("==", start_lanes, _I64(0))) as (same, each):
            with same:
                for o in range(height):
                    first = code.broadcast(code.at(start, code.times(start_stride, o)))
                    for v in range(vectors):
                        builder.store(first, sums[o * vectors + v])
            with each:
                for o in range(height):
                    row = code.at(start, code.times(start_stride, o))
                    for v in range(vectors):
                        at = code.at(row, v * LANES)
                        masked = last is not None and v == vectors - 1
                        builder.store(
                            code.load_some(at, last) if masked else code.load(at), sums[o * vectors + v]
                        )
        outer, x_outer, w_outer, middle, x_middle, w_middle, inner, x_inner, w_inner = loops
        with (
            code.loop(outer, (x, x_outer), (weights, w_outer)) as (x1, w1),
            code.loop(middle, (x1, x_middle), (w1, w_middle)) as (x2, w2),
            code.loop(inner, (x2, x_inner), (w2, w_inner)) as (x3, w3),
        ):
            values = [code.load(code.at(x3, v * LANES)) for v in range(vectors)]
            for o in range(height):
                weight = code.broadcast(code.at(w3, code.times(weight_stride, o)))
                for v in range(vectors):
                    code.add_product(sums[o * vectors + v], weight, values[v])
        for o in range(height):
            row = code.at(out, offsets[o])
            for v in range(vectors):
                total, at = builder.load(sums[o * vectors + v]), code.at(row, v * LANES)
                if last is not None and v == vectors - 1:
                    code.store_some(total, at, last)
                else:
                    code.store(total, at)

    step = _I64(width * LANES)
    start_step = code.builder.mul(step, start_lanes)
    with code.loop(whole, (out, step), (start, start_step), (x, step)) as (out_at, start_at, x_at):
        tile(out_at, start_at, x_at, width, None)
    done = code.builder.mul(whole, step)
    left = code.builder.sub(length, done)
    out_at, x_at = code.at(out, done), code.at(x, done)
    start_at = code.at(start, code.builder.mul(done, start_lanes))
    # What is left of the row: two vectors while more than one is needed, and then one.
    step = _I64(2 * LANES)
    pairs = code.builder.sdiv(code.builder.add(left, _I64(LANES - 1)), step)
    start_step = code.builder.mul(step, start_lanes)
    with code.loop(pairs, (out_at, step), (start_at, start_step), (x_at, step)) as (o, s, i):
        rest = code.builder.sub(left, code.builder.mul(code.round, step))
        tile(o, s, i, 2, code.first_lanes(code.builder.sub(rest, _I64(LANES))))
    done = code.builder.mul(pairs, step)
    left = code.builder.sub(left, done)
    with code.builder.if_then(code.builder.icmp_signed(">", left, _I64(0))):
        start_at = code.at(start_at, code.builder.mul(done, start_lanes))
        tile(code.at(out_at, done), start_at, code.at(x_at, done), 1, code.first_lanes(left))
    return code.finish()


def _correlate_tile(module: ir.Module, height: int, columns: int) -> ir.Function:
    """A function that writes height x columns sums of products, or adds them to what is there."""
    name = f"correlate_{height}_{columns}"
    if name in module.globals:
        return module.globals[name]
    code = _Code(module, name, [_POINTER] * 3 + [_I64] * 11)
    out, delta, x = code.arguments[:3]
    out_stride, delta_stride, x_stride, length, *loops = code.arguments[3:]
    rows, delta_row, x_row, segments, delta_segment, x_segment = loops[:6]
    adds = code.builder.icmp_signed("!=", loops[6], _I64(0))
    builder = code.builder
    sums = code.sums(height * columns)
    for total in sums:
        builder.store(ir.Constant(_VECTOR, [0.0] * LANES), total)
    whole = builder.sdiv(length, _I64(LANES))
    done = builder.mul(whole, _I64(LANES))
    left = builder.sub(length, done)
    lanes = code.first_lanes(left)

    def add(delta: Any, x: Any, some: bool) -> None:
        def load(pointer: Any) -> Any:
            return code.load_some(pointer, lanes) if some else code.load(pointer)

        deltas = [load(code.at(delta, code.times(delta_stride, o))) for o in range(height)]
        for column in range(columns):
            value = load(code.at(x, code.times(x_stride, column)))
            for o in range(height):
                code.add_product(sums[o * columns + column], deltas[o], value)

    with (
        code.loop(rows, (delta, delta_row), (x, x_row)) as (d1, x1),
        code.loop(segments, (d1, delta_segment), (x1, x_segment)) as (d2, x2),
    ):
        with code.loop(whole, (d2, _I64(LANES)), (x2, _I64(LANES))) as (d3, x3):
            add(d3, x3, some=False)
        with builder.if_then(builder.icmp_signed(">", left, _I64(0))):
            add(code.at(d2, done), code.at(x2, done), some=True)
    for o in range(height):
        row = code.at(out, code.times(out_stride, o))
        for column in range(columns):
            total = code.sum_of_lanes(builder.load(sums[o * columns + column]))
            at = code.at(row, column)
            before = builder.select(adds, builder.load(at), ir.Constant(_F32, 0.0))
            builder.store(builder.fadd(before, total), at)
    return code.finish()


# Functions of machine code of their own, which others call by address: what is compiled with them would else
# hold, and optimise, all tiles again.
_ARRAYS = {"multiply": 4, "correlate": 3}
_NUMBERS = {"multiply": 14, "correlate": 11}


def _tiles(module: ir.Module, product: str) -> list[tuple[tuple[int, int], ir.Function]]:
    if product == "multiply":
        return [((height, 0), _multiply_rows(module, height)) for height in HEIGHTS]
    return [(size, _correlate_tile(module, *size)) for size in CORRELATED]


def _choosing(product: str) -> Any:
    """An intrinsic (height, columns, *pointers, numbers) that calls the tile of that size."""
    arrays = _ARRAYS[product]

    def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        height, columns, *pointers, numbers = arguments
        values = [builder.load(builder.gep(numbers, [_I64(n)])) for n in range(_NUMBERS[product])]
        for (tall, wide), function in _tiles(builder.module, product):
            same = builder.and_(
                builder.icmp_signed("==", height, _I64(tall)), builder.icmp_signed("==", columns, _I64(wide))
            )
            with builder.if_then(same):
                builder.call(function, [*pointers, *values])
        return context.get_dummy_value()

    @intrinsic
    def choose(typing_context, height, columns, pointers, numbers):
        def unpacked(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
            height, columns, pointers, numbers = arguments
            each = cgutils.unpack_tuple(builder, pointers, arrays)
            return generate(context, builder, sig, [height, columns, *each, numbers])

        return types.void(height, columns, pointers, numbers), unpacked

    return choose


_choose_multiply, _choose_correlate = _choosing("multiply"), _choosing("correlate")


def _multiply(height, out, start, weights, x, numbers):
    _choose_multiply(height, 0, (out, start, weights, x), numbers)


def _correlate(height, columns, out, delta, x, numbers):
    _choose_correlate(height, columns, (out, delta, x), numbers)


@cache
def addresses() -> tuple[int, int]:
    """Of the two products, compiled or loaded the first time."""
    floats, integer = types.CPointer(types.float32), types.int64
    numbers = types.CPointer(integer)
    return (
        address_of(_multiply, types.void(integer, *(floats,) * 4, numbers)),
        address_of(_correlate, types.void(integer, integer, *(floats,) * 3, numbers)),
    )


def _calling(product: str) -> Any:
    """An intrinsic that calls a product: (address, sizes, array, position, ..., numbers)."""
    arrays, count = _ARRAYS[product], _NUMBERS[product]

    def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        address, sizes, *places, numbers = arguments
        pointers = []
        for kind, array, at in zip(sig.args[2:-1:2], places[::2], places[1::2], strict=True):
            data = context.make_array(kind)(context, builder, array).data
            pointers.append(builder.gep(data, [at]))
        room = cgutils.alloca_once(builder, _I64, size=_I64(count))
        for n, number in enumerate(cgutils.unpack_tuple(builder, numbers, count)):
            builder.store(number, builder.gep(room, [_I64(n)]))
        values = [*cgutils.unpack_tuple(builder, sizes), *pointers, room]
        function = ir.FunctionType(ir.VoidType(), [value.type for value in values]).as_pointer()
        builder.call(builder.inttoptr(address, function), values)
        return context.get_dummy_value()

    def typed(*given: Any) -> Any:
        _, sizes, *places, _ = given
        at = [types.int64 if n % 2 else array for n, array in enumerate(places)]
        wanted = types.UniTuple(types.int64, len(sizes)), *at, types.UniTuple(types.int64, count)
        return types.void(types.int64, *wanted), generate

    if arrays == 4:
        return intrinsic(
            lambda context, a, s, o, p, b, q, w, r, x, t, n: typed(a, s, o, p, b, q, w, r, x, t, n)
        )
    return intrinsic(lambda context, a, s, o, p, d, q, x, t, n: typed(a, s, o, p, d, q, x, t, n))


multiply, correlate = _calling("multiply"), _calling("correlate")
