"""Activations as short lists of vector operations, value and slope together, that one compiled loop runs.

An activation of the catalogue and a typed function are the same here: an expression of x, from which the list
is made in some tenths of a millisecond, and no compilation. Each operation goes over a tile of vectors that
stays in the nearest cache, so that choosing the operation costs little beside doing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from core.activations.expressions.grammar import Call, Node, Number, Variable, parse
from core.activations.expressions.operations import OPERATIONS
from core.training.compiled import elementary
from core.training.compiled.compiling import compiled, inlined
from core.training.compiled.simd import (
    LANES,
    absolute,
    broadcast,
    fma,
    less,
    load,
    maximum,
    minimum,
    select,
    sqrt,
    store,
)

TILE = 16  # vectors of a register of the list: 1 KiB with AVX-512, so that a dozen of them stay near
_f32 = np.float32

# Registers of a list: what it reads, what it writes, and then its own.
INPUT, VALUE, SLOPE, FIRST_OWN = range(4)

_BINARY = ("+", "-", "*", "/", "max", "min", "at_least", "at_most", "power", "one_less_square")
_UNARY = (
    "copy",
    "negative",
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "abs",
    "sign",
    "step",
    "sin",
    "cos",
    "tan",
)
_UNARY += ("sinh", "cosh", "tanh", "atan", "erf", "sigmoid", "softplus", "relu")
NUMBERS = {name: number for number, name in enumerate((*_BINARY, *_UNARY))}
(
    _ADD, _SUB, _MUL, _DIV, _MAX, _MIN, _AT_LEAST, _AT_MOST, _POWER, _ONE_LESS_SQUARE,
    _COPY, _NEGATIVE, _EXP, _EXPM1, _LOG, _LOG1P, _SQRT, _ABS, _SIGN, _STEP, _SIN, _COS, _TAN, _SINH, _COSH,
    _TANH, _ATAN, _ERF, _SIGMOID, _SOFTPLUS, _RELU,
) = range(len(NUMBERS))  # fmt: skip

# Slopes that cost less with what is computed anyway than in the form that people read.
_CHEAPER_SLOPES = {"sigmoid": "sigmoid(a)*(1 - sigmoid(a))", "tan": "1 + tan(a)*tan(a)"}
# What is made of the others.
_MADE_OF = {"gelu": "a*(0.5 + 0.5*erf(a*0.7071067811865476))", "silu": "a*sigmoid(a)"}
_MAX_FACTORS = 8  # whole powers up to here are products


@dataclass(frozen=True, eq=False)
class Program:
    """One activation as operations: code int32 (operations, 4) of number, result, and two operands.

    constants: the values of the registers from FIRST_OWN on, float32; registers: how many there are in all.
    """

    code: np.ndarray
    constants: np.ndarray
    registers: int


# A number, or the name of a result: "x", and then one for each operation.
Operand = float | str
Both = tuple[Operand, Operand]  # value and slope
Line = tuple[str, str, tuple[Operand, ...]]  # operation, name of the result, operands


@dataclass
class _Writer:
    """Writes operations, each different one once; what is 0 or 1 is left out of sums and products."""

    constants: dict[float, int] = field(default_factory=dict)
    known: dict[tuple[str, tuple[Operand, ...]], str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def apply(self, operation: str, *operands: Operand) -> Operand:
        """The result of an operation of Number or of earlier results: a Number or a name for it."""
        simple = _simplified(operation, operands)
        if simple is not None:
            return simple
        key = (operation, operands)
        if operation in ("+", "*") and repr(operands[0]) > repr(operands[1]):
            key = (operation, operands[::-1])
        if key not in self.known:
            result = f"r{len(self.lines)}"
            self.known[key] = result
            self.lines.append((operation, result, operands))
        return self.known[key]

    def both(self, node: Node, named: Mapping[str, Both]) -> Both:
        """Value and slope of an expression of variables whose own values and slopes are known."""
        if isinstance(node, Variable):
            return named[node.name]
        if isinstance(node, Number):
            return float(node.value), 0.0
        if node.operation in _MADE_OF:
            return self.both(_parsed(_MADE_OF[node.operation]), {"a": self.both(node.arguments[0], named)})
        if (exponent := _of_exp_less_one(node)) is not None:
            value, slope = self.both(exponent, named)
            return self.apply("expm1", value), self.apply("*", self.apply("exp", value), slope)
        if (less_one := _of_log_and_one_more(node)) is not None:
            value, slope = self.both(less_one, named)
            return self.apply("log1p", value), self.apply("/", slope, self.apply("+", 1.0, value))
        parts = [self.both(argument, named) for argument in node.arguments]
        if node.operation == "^":
            return self._power(parts[0], float(parts[1][0]))
        value = self.apply(node.operation, *(part[0] for part in parts))
        return value, self._chain(node.operation, value, parts)

    def _chain(self, operation: str, value: Operand, parts: list[Both]) -> Operand:
        """The slope of an operation: of each argument's own, times the operation's by that argument."""
        slope: Operand = 0.0
        arguments: dict[str, Both] = {name: (part[0], 0.0) for name, part in zip("ab", parts, strict=False)}
        for outer, (_, inner) in zip(_slopes(operation), parts, strict=True):
            if inner == 0.0:
                continue
            if operation == "tanh":
                by_argument = self.apply("one_less_square", value, value)
            else:
                by_argument = self.both(_parsed(outer), arguments)[0]
            slope = self.apply("+", slope, self.apply("*", by_argument, inner))
        return slope

    def _power(self, base: Both, exponent: float) -> Both:
        value = self._raised(base[0], exponent)
        slope = self.apply("*", exponent, self.apply("*", self._raised(base[0], exponent - 1), base[1]))
        return value, slope

    def _raised(self, base: Operand, exponent: float) -> Operand:
        if exponent < 0:
            return self.apply("/", 1.0, self._raised(base, -exponent))
        if exponent == 0:
            return 1.0
        if exponent == 0.5:
            return self.apply("sqrt", base)
        if exponent == int(exponent) and exponent <= _MAX_FACTORS:
            half = self._raised(base, exponent // 2)
            square = self.apply("*", half, half)
            return self.apply("*", square, base) if exponent % 2 else square
        return self.apply("power", base, exponent)


def _of_exp_less_one(node: Call) -> Node | None:
    """a of exp(a) - 1, which is expm1 of it."""
    if node.operation != "-" or node.arguments[1] != Number(1.0):
        return None
    first = node.arguments[0]
    return first.arguments[0] if isinstance(first, Call) and first.operation == "exp" else None


def _of_log_and_one_more(node: Call) -> Node | None:
    """a of log(1 + a), which is log1p of it."""
    inner = node.arguments[0]
    if node.operation != "log" or not isinstance(inner, Call) or inner.operation != "+":
        return None
    if Number(1.0) not in inner.arguments:
        return None
    return inner.arguments[1] if inner.arguments[0] == Number(1.0) else inner.arguments[0]


def _simplified(operation: str, operands: tuple[Operand, ...]) -> Operand | None:
    if operation in ("+", "-") and operands[1] == 0.0:
        return operands[0]
    if operation == "+" and operands[0] == 0.0:
        return operands[1]
    if operation == "*" and 1.0 in operands:
        return operands[1] if operands[0] == 1.0 else operands[0]
    if operation == "*" and 0.0 in operands:
        return 0.0
    if operation == "/" and operands[1] == 1.0:
        return operands[0]
    numbers = [one for one in operands if isinstance(one, float)]
    if len(numbers) == len(operands) and operation in OPERATIONS:
        return float(OPERATIONS[operation].number(*numbers))
    return None


@lru_cache(maxsize=512)
def _parsed(text: str) -> Node:
    return parse(text, ("a", "b"))


@lru_cache(maxsize=64)
def _slopes(operation: str) -> tuple[str, ...]:
    if operation in _CHEAPER_SLOPES:
        return (_CHEAPER_SLOPES[operation],)
    return OPERATIONS[operation].slopes


def program(tree: Node) -> Program:
    """An expression of x, as computable() leaves it, as operations."""
    writer = _Writer()
    results = writer.both(tree, {"x": ("x", 1.0)})
    operands = [one for line in writer.lines for one in line[2]] + [*results]
    numbers = dict.fromkeys(one for one in operands if isinstance(one, float))
    constants = {one: FIRST_OWN + at for at, one in enumerate(numbers)}
    registers, used = _allocated(writer.lines, results, FIRST_OWN + len(constants))
    at: dict[Operand, int] = {"x": INPUT, **constants, **registers}
    # What is computed goes where it is wanted; x itself, a number, or one result for both is copied.
    copied = []
    for goal, one in zip((VALUE, SLOPE), results, strict=True):
        if isinstance(one, str) and one != "x" and at[one] not in (VALUE, SLOPE):
            at[one] = goal
        else:
            copied.append((goal, one))
    code = []
    for name, result, given in writer.lines:
        code.append((NUMBERS[name], at[result], at[given[0]], at[given[-1]]))
    code += [(NUMBERS["copy"], goal, at[one], INPUT) for goal, one in copied]
    return Program(np.array(code, np.int32), np.array(list(constants), np.float32), used)


def _allocated(lines: list[Line], kept: Both, first: int) -> tuple[dict[str, int], int]:
    """A register for each result, used again where its value is no longer needed; and how many there are."""
    last_use = {one: at for at, (_, _, operands) in enumerate(lines) for one in operands}
    last_use |= {one: len(lines) for one in kept}
    free: list[int] = []
    registers: dict[str, int] = {}
    used = first
    for at, (_, result, operands) in enumerate(lines):
        ended = [one for one in set(operands) if isinstance(one, str) and last_use[one] == at]
        free += [registers[one] for one in ended if one in registers]
        if not free:
            free.append(used)
            used += 1
        registers[result] = free.pop()
    return registers, used


@inlined
def _place(register, registers_at, input_at, value_at, slope_at, start):
    """Where in work a register of a list begins."""
    if register >= FIRST_OWN:
        return registers_at + (register - FIRST_OWN) * TILE * LANES
    begin = input_at if register == INPUT else value_at if register == VALUE else slope_at
    return begin + start * LANES


@compiled
def run(code, first, last, work, registers_at, input_at, value_at, slope_at, vectors):
    """Run operations `first` to `last` of code on `vectors` vectors of work, and write values and slopes.

    registers_at: where work has the list's own registers, TILE vectors each, with its constants.
    """
    for start in range(0, vectors, TILE):
        count = min(TILE, vectors - start) * LANES
        for line in range(first, last):
            kind = code[line, 0]
            out, a, b = code[line, 1], code[line, 2], code[line, 3]
            o = _place(out, registers_at, input_at, value_at, slope_at, start)
            p = _place(a, registers_at, input_at, value_at, slope_at, start)
            q = _place(b, registers_at, input_at, value_at, slope_at, start)
            if kind == _COPY:
                for j in range(0, count, LANES):
                    store(work, o + j, load(work, p + j))
            elif kind == _ADD:
                for j in range(0, count, LANES):
                    store(work, o + j, load(work, p + j) + load(work, q + j))
            elif kind == _SUB:
                for j in range(0, count, LANES):
                    store(work, o + j, load(work, p + j) - load(work, q + j))
            elif kind == _MUL:
                for j in range(0, count, LANES):
                    store(work, o + j, load(work, p + j) * load(work, q + j))
            elif kind == _DIV:
                for j in range(0, count, LANES):
                    store(work, o + j, load(work, p + j) / load(work, q + j))
            elif kind == _ONE_LESS_SQUARE:
                for j in range(0, count, LANES):
                    v = load(work, p + j)
                    store(work, o + j, fma(-v, v, _f32(1.0)))
            elif kind == _TANH:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.tanh(load(work, p + j)))
            elif kind == _SIGMOID:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.sigmoid(load(work, p + j)))
            elif kind == _EXP:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.exp(load(work, p + j)))
            elif kind == _EXPM1:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.expm1(load(work, p + j)))
            elif kind == _LOG:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.log(load(work, p + j)))
            elif kind == _LOG1P:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.log1p(load(work, p + j)))
            elif kind == _SOFTPLUS:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.softplus(load(work, p + j)))
            elif kind == _ERF:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.erf(load(work, p + j)))
            elif kind == _SIN:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.sine(load(work, p + j)))
            elif kind == _COS:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.cosine(load(work, p + j)))
            elif kind == _TAN:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.tangent(load(work, p + j)))
            elif kind == _SINH:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.sinh(load(work, p + j)))
            elif kind == _COSH:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.cosh(load(work, p + j)))
            elif kind == _ATAN:
                for j in range(0, count, LANES):
                    store(work, o + j, elementary.arctan(load(work, p + j)))
            elif kind == _POWER:
                for j in range(0, count, LANES):
                    exponent = load(work, q + j)
                    store(work, o + j, elementary.exp(exponent * elementary.log(load(work, p + j))))
            elif kind == _SQRT:
                for j in range(0, count, LANES):
                    store(work, o + j, sqrt(load(work, p + j)))
            elif kind == _ABS:
                for j in range(0, count, LANES):
                    store(work, o + j, absolute(load(work, p + j)))
            elif kind == _NEGATIVE:
                for j in range(0, count, LANES):
                    store(work, o + j, -load(work, p + j))
            elif kind == _SIGN:
                for j in range(0, count, LANES):
                    v = load(work, p + j)
                    positive = select(less(_f32(0.0), v), broadcast(_f32(1.0)), v * _f32(0.0))
                    store(work, o + j, select(less(v, _f32(0.0)), broadcast(_f32(-1.0)), positive))
            elif kind == _STEP:
                for j in range(0, count, LANES):
                    v = load(work, p + j)
                    below = select(less(v, _f32(0.0)), broadcast(_f32(0.0)), v * _f32(0.0))
                    store(work, o + j, select(less(_f32(0.0), v), broadcast(_f32(1.0)), below))
            elif kind == _RELU:
                for j in range(0, count, LANES):
                    store(work, o + j, maximum(load(work, p + j), _f32(0.0)))
            elif kind in (_MAX, _AT_LEAST):
                for j in range(0, count, LANES):
                    store(work, o + j, maximum(load(work, p + j), load(work, q + j)))
            elif kind in (_MIN, _AT_MOST):
                for j in range(0, count, LANES):
                    store(work, o + j, minimum(load(work, p + j), load(work, q + j)))
