"""Vectors of the CPU as a type in compiled functions: LANES float32 that one instruction works on.

A compiler turns a plain loop into vector instructions only where it sees through it; the loops of a small
network it mostly does not. With these, a kernel says which values are side by side. All names work inside
functions of compiling.py alone, `compiled` and `inlined`:

    LANES                                     floats of a vector: 16 with AVX-512, 4 on Arm, else 8
    load(a, i), store(a, i, v)                LANES values of a one-dimensional float32 array from index i on
    load_some(a, i, n), store_some(a, i, v, n)  the first n lanes alone; lanes of load_some beyond n are 0
    load_int(a, i)                            the same of an int32 array, as a vector of integers
    gather(a, k)                              the values at a vector of indices
    broadcast(x), zero()                      one number in all lanes
    v + w, v - w, v * w, v / w, -v            either side may be a number
    fma(v, w, u)                              v * w + u, rounded once
    less(v, w), less_equal(v, w), equal(v, w)  masks; with NaN on a side they are false
    both(m, n), either(m, n)                  of masks
    select(m, v, w)                           v where the mask holds, else w
    minimum(v, w), maximum(v, w)              where v is NaN it stays NaN; a NaN as w is lost
    sqrt(v), floor(v), absolute(v)
    hsum(v), hmax(v)                          sum and maximum of the lanes, a float32
    bits(v), from_bits(k)                     the same 32 bits as integers, as floats
    add_int(k, j), mul_int(k, j), and_int(k, j), or_int(k, j), xor_int(k, j)
    shift_left(k, n), shift_right(k, n), shift_right_signed(k, n)
                                              of vectors of integers; a number stands for all lanes
    less_int(k, j), select_int(m, k, j)       a mask; k where it holds, else j
    to_float(k)                               integers as floats
    lane_numbers()                            0, 1, 2, ... as integers

Of v, w and u any may be a plain number, if one is a vector. Nothing here is reordered or made finite by
fast-math flags: a product and a sum may be contracted to one fma, no more.
"""

from __future__ import annotations

import operator
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

# CPUs with AVX-512 by their names, for the case in which Numba is given a name without a list of features.
_WIDE_CPUS = (
    "skylake-avx512",
    "cascadelake",
    "cooperlake",
    "cannonlake",
    "icelake",
    "tigerlake",
    "rocketlake",
)
_WIDE_CPUS += ("sapphirerapids", "emeraldrapids", "graniterapids", "znver4", "znver5", "x86-64-v4")


def lanes_of(architecture: str, name: str, features: str) -> int:
    """Floats of a vector. features: as LLVM writes them, "+avx2,-avx512f"; empty: those of the name."""
    if architecture.startswith(("aarch64", "arm")):
        return 4
    has_avx512 = "+avx512f" in features.split(",") if features else name.startswith(_WIDE_CPUS)
    return 16 if has_avx512 else 8


def _compiled_for() -> tuple[str, str, str]:
    """Architecture, CPU and features for which Numba compiles: this machine's, or those of NUMBA_CPU_*."""
    features = config.CPU_FEATURES
    if features is None:
        features = llvm.get_host_cpu_features().flatten()
    return llvm.get_process_triple().split("-")[0], config.CPU_NAME or llvm.get_host_cpu_name(), features


LANES = lanes_of(*_compiled_for())

_F32, _I32 = ir.FloatType(), ir.IntType(32)
_FLOATS, _INTS = ir.VectorType(_F32, LANES), ir.VectorType(_I32, LANES)
_MASK = ir.VectorType(ir.IntType(1), LANES)


class VectorType(types.Type):
    """The type of a vector in Numba: its elements' name and its machine representation."""

    def __init__(self, element: str, machine_type: ir.VectorType) -> None:
        super().__init__(name=f"{element}x{LANES}")
        self.machine_type = machine_type


floats, ints, mask = VectorType("f32", _FLOATS), VectorType("i32", _INTS), VectorType("i1", _MASK)


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: VectorType) -> None:
        super().__init__(manager, vector, vector.machine_type)


def _splat(builder: Any, scalar: Any, machine_type: ir.VectorType) -> Any:
    first = builder.insert_element(ir.Constant(machine_type, ir.Undefined), scalar, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, first, ir.Constant(_INTS, [0] * LANES))


def _as_vector(context: Any, builder: Any, value: Any, given: Any, wanted: VectorType) -> Any:
    """A value of Numba's as a vector: a number goes into all lanes."""
    if isinstance(given, VectorType):
        return value
    scalar = types.float32 if wanted is floats else types.int32
    return _splat(builder, context.cast(builder, value, given, scalar), wanted.machine_type)


def _fits(given: Any, wanted: VectorType) -> bool:
    return given is wanted or given == wanted or isinstance(given, types.Number | types.IntegerLiteral)


def _operation(result: VectorType | types.Type, wanted: tuple[VectorType, ...], build: Any) -> Any:
    """An intrinsic of vectors, each of which may be given as a number: build(builder, *vectors) -> value."""

    def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        vectors = (
            _as_vector(context, builder, *both, one)
            for both, one in zip(zip(arguments, sig.args, strict=True), wanted, strict=True)
        )
        return build(builder, *vectors)

    def typed(*given: Any) -> Any:
        fit = all(_fits(one, vector) for one, vector in zip(given, wanted, strict=True))
        return (result(*given), generate) if fit else None

    by_count = {
        1: lambda context, a: typed(a),
        2: lambda context, a, b: typed(a, b),
        3: lambda context, a, b, c: typed(a, b, c),
    }
    return intrinsic(by_count[len(wanted)])


def _llvm(name: str, result: Any, count: int) -> Any:
    """LLVM's own function `name` of `count` vectors of floats."""

    def build(builder: Any, *vectors: Any) -> Any:
        kind = ir.FunctionType(result, [_FLOATS] * count)
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f32")
        return builder.call(function, vectors)

    return build


_EXACT = ("contract", "nsz")
_ARITHMETIC = {operator.add: "fadd", operator.sub: "fsub", operator.mul: "fmul", operator.truediv: "fdiv"}


def _register(python_operator: Any, instruction: str) -> None:
    """Make +, -, * and / work between vectors, and between a vector and a number."""

    @infer_global(python_operator)
    class _Typing(AbstractTemplate):
        def generic(self, arguments: Any, _keywords: Any) -> Any:
            is_ours = len(arguments) == 2 and floats in arguments
            if is_ours and all(_fits(one, floats) for one in arguments):
                return signature(floats, *arguments)
            return None

    def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        pairs = zip(arguments, sig.args, strict=True)
        vectors = [_as_vector(context, builder, value, given, floats) for value, given in pairs]
        return getattr(builder, instruction)(*vectors, flags=_EXACT)

    for left, right in ((VectorType, VectorType), (VectorType, types.Number), (types.Number, VectorType)):
        lower_builtin(python_operator, left, right)(generate)


for _operator, _instruction in _ARITHMETIC.items():
    _register(_operator, _instruction)


@infer_global(operator.neg)
class _NegationTyping(AbstractTemplate):
    def generic(self, arguments: Any, _keywords: Any) -> Any:
        return signature(floats, floats) if arguments == (floats,) else None


@lower_builtin(operator.neg, VectorType)
def _negate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.fneg(arguments[0])


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any, kind: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), kind.as_pointer())


def _is_row(array: Any, dtype: Any) -> bool:
    return isinstance(array, types.Array) and array.ndim == 1 and array.layout == "C" and array.dtype == dtype


def _index(context: Any, builder: Any, sig: Any, arguments: Any, at: int) -> Any:
    return context.cast(builder, arguments[at], sig.args[at], types.intp)


def _loading(dtype: Any, vector: VectorType) -> Any:
    @intrinsic
    def loading(typing_context, array, index):  # type: ignore[no-untyped-def]
        def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
            index = _index(context, builder, sig, arguments, 1)
            pointer = _pointer(context, builder, sig.args[0], arguments[0], index, vector.machine_type)
            loaded = builder.load(pointer)
            loaded.align = 4  # arrays begin anywhere
            return loaded

        return (vector(array, index), generate) if _is_row(array, dtype) else None

    return loading


load, load_int = _loading(types.float32, floats), _loading(types.int32, ints)


@intrinsic
def store(typing_context, array, index, value):  # type: ignore[no-untyped-def]
    """Write a vector's lanes to a one-dimensional float32 array from an index on."""

    def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        index = _index(context, builder, sig, arguments, 1)
        pointer = _pointer(context, builder, sig.args[0], arguments[0], index, _FLOATS)
        stored = builder.store(_as_vector(context, builder, arguments[2], sig.args[2], floats), pointer)
        stored.align = 4
        return context.get_dummy_value()

    fit = _is_row(array, types.float32) and _fits(value, floats)
    return (types.void(array, index, value), generate) if fit else None


def _first_lanes(builder: Any, count: Any) -> Any:
    numbers = ir.Constant(_INTS, list(range(LANES)))
    return builder.icmp_signed("<", numbers, _splat(builder, builder.trunc(count, _I32), _INTS))


@intrinsic
def load_some(typing_context, array, index, count):  # type: ignore[no-untyped-def]
    """The first `count` lanes from a float32 array, 0 in the others; nothing beyond them is touched."""

    def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        index, count = (_index(context, builder, sig, arguments, at) for at in (1, 2))
        pointer = _pointer(context, builder, sig.args[0], arguments[0], index, _FLOATS)
        kind = ir.FunctionType(_FLOATS, [_FLOATS.as_pointer(), _I32, _MASK, _FLOATS])
        name = f"llvm.masked.load.v{LANES}f32.p0"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        nothing = ir.Constant(_FLOATS, [0.0] * LANES)
        return builder.call(function, [pointer, ir.Constant(_I32, 4), _first_lanes(builder, count), nothing])

    return (floats(array, index, count), generate) if _is_row(array, types.float32) else None


@intrinsic
def store_some(typing_context, array, index, value, count):  # type: ignore[no-untyped-def]
    """Write the first `count` lanes to a float32 array; nothing beyond them is touched."""

    def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        index, count = (_index(context, builder, sig, arguments, at) for at in (1, 3))
        pointer = _pointer(context, builder, sig.args[0], arguments[0], index, _FLOATS)
        kind = ir.FunctionType(ir.VoidType(), [_FLOATS, _FLOATS.as_pointer(), _I32, _MASK])
        name = f"llvm.masked.store.v{LANES}f32.p0"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        vector = _as_vector(context, builder, arguments[2], sig.args[2], floats)
        builder.call(function, [vector, pointer, ir.Constant(_I32, 4), _first_lanes(builder, count)])
        return context.get_dummy_value()

    fit = _is_row(array, types.float32) and _fits(value, floats)
    return (types.void(array, index, value, count), generate) if fit else None


@intrinsic
def gather(typing_context, array, indices):  # type: ignore[no-untyped-def]
    """The values of a float32 array at a vector of indices, none of them negative."""
    wide = ir.VectorType(ir.IntType(64), LANES)
    pointers = ir.VectorType(_F32.as_pointer(), LANES)

    def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, arguments[0]).data
        begin = _splat(builder, builder.ptrtoint(data, ir.IntType(64)), wide)
        steps = builder.shl(builder.sext(arguments[1], wide), ir.Constant(wide, [2] * LANES))
        places = builder.inttoptr(builder.add(begin, steps), pointers)
        kind = ir.FunctionType(_FLOATS, [pointers, _I32, _MASK, _FLOATS])
        name = f"llvm.masked.gather.v{LANES}f32.v{LANES}p0"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        every, nothing = ir.Constant(_MASK, [1] * LANES), ir.Constant(_FLOATS, [0.0] * LANES)
        return builder.call(function, [places, ir.Constant(_I32, 4), every, nothing])

    fit = _is_row(array, types.float32) and indices == ints
    return (floats(array, indices), generate) if fit else None


broadcast = _operation(floats, (floats,), lambda builder, x: x)
fma = _operation(floats, (floats, floats, floats), _llvm("fma", _FLOATS, 3))
sqrt = _operation(floats, (floats,), _llvm("sqrt", _FLOATS, 1))
floor = _operation(floats, (floats,), _llvm("floor", _FLOATS, 1))
absolute = _operation(floats, (floats,), _llvm("fabs", _FLOATS, 1))


@intrinsic
def zero(typing_context):  # type: ignore[no-untyped-def]
    """A vector of zeros."""
    return floats(), lambda context, builder, sig, arguments: ir.Constant(_FLOATS, [0.0] * LANES)


@intrinsic
def lane_numbers(typing_context):  # type: ignore[no-untyped-def]
    """0, 1, 2, ... as a vector of integers."""
    return ints(), lambda context, builder, sig, arguments: ir.Constant(_INTS, list(range(LANES)))


def _comparison(sign: str) -> Any:
    return _operation(mask, (floats, floats), lambda builder, v, w: builder.fcmp_ordered(sign, v, w))


less, less_equal, equal = _comparison("<"), _comparison("<="), _comparison("==")
both = _operation(mask, (mask, mask), lambda builder, m, n: builder.and_(m, n))
either = _operation(mask, (mask, mask), lambda builder, m, n: builder.or_(m, n))
select_int = _operation(ints, (mask, ints, ints), lambda builder, m, k, j: builder.select(m, k, j))
less_int = _operation(mask, (ints, ints), lambda builder, k, j: builder.icmp_signed("<", k, j))
select = _operation(floats, (mask, floats, floats), lambda builder, m, v, w: builder.select(m, v, w))
# Written so that w wins only where the comparison holds, which it never does where v is NaN.
minimum = _operation(
    floats, (floats, floats), lambda builder, v, w: builder.select(builder.fcmp_ordered("<", w, v), w, v)
)
maximum = _operation(
    floats, (floats, floats), lambda builder, v, w: builder.select(builder.fcmp_ordered(">", w, v), w, v)
)

bits = _operation(ints, (floats,), lambda builder, v: builder.bitcast(v, _INTS))
from_bits = _operation(floats, (ints,), lambda builder, k: builder.bitcast(k, _FLOATS))
to_float = _operation(floats, (ints,), lambda builder, k: builder.sitofp(k, _FLOATS))
add_int = _operation(ints, (ints, ints), lambda builder, k, j: builder.add(k, j))
mul_int = _operation(ints, (ints, ints), lambda builder, k, j: builder.mul(k, j))
and_int = _operation(ints, (ints, ints), lambda builder, k, j: builder.and_(k, j))
or_int = _operation(ints, (ints, ints), lambda builder, k, j: builder.or_(k, j))
xor_int = _operation(ints, (ints, ints), lambda builder, k, j: builder.xor(k, j))
shift_left = _operation(ints, (ints, ints), lambda builder, k, n: builder.shl(k, n))
shift_right = _operation(ints, (ints, ints), lambda builder, k, n: builder.lshr(k, n))
shift_right_signed = _operation(ints, (ints, ints), lambda builder, k, n: builder.ashr(k, n))


def _halving(combine: Any) -> Any:
    """A vector's lanes combined to one number by halves, so that it takes few instructions."""

    def build(builder: Any, vector: Any) -> Any:
        width = LANES
        while width > 1:
            width //= 2
            halves = (
                builder.shuffle_vector(
                    vector, vector, ir.Constant(ir.VectorType(_I32, width), list(range(first, first + width)))
                )
                for first in (0, width)
            )
            vector = combine(builder, *halves)
        return builder.extract_element(vector, ir.Constant(_I32, 0))

    return build


def _larger_or_nan(builder: Any, v: Any, w: Any) -> Any:
    """Where v is the larger or NaN; where w is NaN this is false, so that NaN wins on either side."""
    return builder.or_(builder.fcmp_ordered(">", v, w), builder.fcmp_unordered("!=", v, v))


hsum = _operation(types.float32, (floats,), _halving(lambda builder, v, w: builder.fadd(v, w, flags=_EXACT)))
hmax = _operation(
    types.float32,
    (floats,),
    _halving(lambda builder, v, w: builder.select(_larger_or_nan(builder, v, w), v, w)),
)
