"""Typed expressions of x: from text to a tree.

An expression is made of numbers, x, pi, e, the functions of OPERATIONS, + - * / ^ (or **), brackets and
spaces. Only such text, with each name looked up, reaches Python's own parser, which knows the order of
operations; its tree becomes ours node by node, from a short list. Nothing typed is ever evaluated.
"""

from __future__ import annotations

import ast
import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.activations.expressions.operations import OPERATIONS, TYPEABLE
from core.errors import InvalidRequest
from core.syntax_trees import beside_threads

MAX_CHARACTERS = 200
MAX_DEPTH = 25
MAX_NODES = 80
MAX_NUMBER = 1e6
MAX_EXPONENT = 20


@dataclass(frozen=True)
class Number:
    """A number; symbol is its LaTeX where it has a name."""

    value: float
    symbol: str = ""


@dataclass(frozen=True)
class Variable:
    """x, or in slopes and rules an argument: a or b."""

    name: str = "x"


@dataclass(frozen=True)
class Call:
    """An entry of OPERATIONS, with its arguments."""

    operation: str
    arguments: tuple[Node, ...]


Node = Number | Variable | Call

CONSTANTS = {"pi": Number(math.pi, r"\pi"), "e": Number(math.e, "e")}

# Other spellings of functions.
SPELLINGS = {
    "arctan": "atan",
    "maximum": "max",
    "minimum": "min",
    "heaviside": "step",
    "ln": "log",
    "swish": "silu",
    "sgn": "sign",
}

# Signs that people copy out of papers, and how they are typed here.
_TYPED = {
    "−": "-",
    "–": "-",
    "×": "*",
    "·": "*",
    "⋅": "*",
    "÷": "/",
    "²": "^2",
    "³": "^3",
    "√": "sqrt(...)",
    "π": "pi",
    "σ": "sigmoid(...)",
    "|": "abs(...)",
    "[": "(",
    "]": ")",
    "{": "(",
    "}": ")",
    **dict.fromkeys(">≥", "step(x) for x>0, and step(a-b) for a>b"),
    **dict.fromkeys("<≤", "step(-x) for x<0, and step(b-a) for a<b"),
}

_NUMBER, _NAME = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", r"[A-Za-z_][A-Za-z0-9_]*"
_TOKEN = re.compile(rf"{_NUMBER}|{_NAME}|\*\*|[-+*/^(),]")
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}


def parse(text: str, variables: Sequence[str] = ("x",)) -> Node:
    """The tree of an expression.

    Raises InvalidRequest, one sentence, for what is no expression, and for one that is too long, too deep, or
    too large, or has too large a number.
    """
    tokens = [_checked(token, variables) for token in _tokens(text)]
    for before, token in pairwise(["", *tokens, ""]):
        _check_neighbours(before, token)
    _check_brackets(tokens)
    tree = _tree_of("".join(map(_in_python, tokens)))
    if size(tree) > MAX_NODES:
        raise InvalidRequest(
            f"An expression of {size(tree)} numbers, names and operations is too large; "
            f"at most {MAX_NODES} are possible."
        )
    return tree


def size(node: Node) -> int:
    """How many numbers, names and operations a tree has."""
    return 1 + sum(map(size, node.arguments)) if isinstance(node, Call) else 1


def depends_on_x(node: Node) -> bool:
    """Whether a tree has any variable in it."""
    if isinstance(node, Call):
        return any(map(depends_on_x, node.arguments))
    return isinstance(node, Variable)


def operations(node: Node) -> set[str]:
    """Keys of all operations in a tree."""
    if not isinstance(node, Call):
        return set()
    return {node.operation}.union(*map(operations, node.arguments))


def _tokens(text: str) -> list[str]:
    """Numbers, names and signs; spaces are left out."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidRequest(
            f"An expression of {len(text):,} characters is too long; at most {MAX_CHARACTERS} are possible."
        )
    others = _TOKEN.sub("", text).replace(" ", "")
    if others:
        raise InvalidRequest(_no_such_sign(others[0]))
    tokens = _TOKEN.findall(text)
    if not tokens:
        raise InvalidRequest("The expression is empty; write one such as x*tanh(log(1+exp(x))).")
    return tokens


def _no_such_sign(sign: str) -> str:
    shown = repr(sign) if sign.isprintable() else f"U+{ord(sign):04X}"
    if sign in _TYPED:
        instead = _TYPED[sign]
        return f"The sign {shown} is not known here; write {instead}{'' if ' ' in instead else ' instead'}."
    return (
        f"The sign {shown} is not known here; write with letters, digits, spaces and + - * / ^ ( ) , alone."
    )


def _checked(token: str, variables: Sequence[str]) -> str:
    """A token by the one spelling that it has from here on; numbers stay as they were typed."""
    if token[0] in "0123456789.":
        value = float(token)
        if not (value == 0 or 1 / MAX_NUMBER <= value <= MAX_NUMBER):
            raise InvalidRequest(
                f"The number {token[:40]} is not possible; write 0, or one from {1 / MAX_NUMBER:g} to "
                f"{MAX_NUMBER:,.0f}."
            )
    elif token[0].isalpha() or token[0] == "_":
        name = SPELLINGS.get(token.lower(), token.lower())
        if name not in (*variables, *CONSTANTS, *TYPEABLE):
            raise InvalidRequest(_no_such_name(token, variables))
        return name
    return "^" if token == "**" else token


def _check_neighbours(before: str, token: str) -> None:
    """Refuse a token that cannot follow the one before; "" is before the first and after the last."""
    if before in TYPEABLE and token != "(":
        raise InvalidRequest(f"{before} is a function; write {before}( ... ) with what it is of.")
    ends_a_value = before[-1:].isalnum() or before[-1:] in (".", ")")
    begins_a_value = token[:1].isalnum() or token[:1] in (".", "(")
    if ends_a_value and begins_a_value and before not in TYPEABLE:
        if token == "(" and before[0].isalpha():
            raise InvalidRequest(f"{before} is not a function; write {before}*( ... ) for a product.")
        left, right = before[:40], token[:40]
        raise InvalidRequest(f"A product needs its sign: write {left}*{right} in place of {left} {right}.")
    # `before` is "" or a sign that asks for a value; + and - may stand before one.
    if not (ends_a_value or begins_a_value or token in ("+", "-")):
        if not token:
            raise InvalidRequest("The expression ends where a number, x or a function is missing.")
        where = f"after {before!r}" if before else "at its beginning"
        raise InvalidRequest(f"{token!r} is not possible {where}: a number, x or a function is missing.")


def _check_brackets(tokens: Sequence[str]) -> None:
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if depth < 0:
            raise InvalidRequest("A closing bracket has no opening one before it.")
        if depth > MAX_DEPTH:
            raise InvalidRequest(_too_deep())
    if depth:
        raise InvalidRequest("The expression ends where a closing bracket is missing.")


def _in_python(token: str) -> str:
    return "**" if token == "^" else repr(float(token)) if token[0] in "0123456789." else token


def _tree_of(python: str) -> Node:
    """The tree of an expression that has passed all checks of its text."""
    return _tree(beside_threads(lambda: ast.parse(python, mode="eval")).body, python)


def _tree(node: ast.expr, python: str, depth: int = 0) -> Node:
    """The tree of a node; depth counts the signs and powers around it, each within the one before."""
    if depth > MAX_DEPTH:
        raise InvalidRequest(_too_deep())
    match node:
        case ast.Constant(value=float() as value):
            return Number(value)
        case ast.Name(id=name):
            return CONSTANTS[name] if name in CONSTANTS else Variable(name)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _tree(operand, python, depth + 1)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Call("negative", (_tree(operand, python, depth + 1),))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return Call("^", (_tree(left, python, depth), _tree(right, python, depth + 1)))
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            parts = _tree(left, python, depth), _tree(right, python, depth)
            return _operation(_OPERATORS[type(operator)], *parts, signed=_has_the_first_sign(node, python))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _call(name, [_tree(argument, python, depth) for argument in arguments])
    raise InvalidRequest("A comma is possible only between the values of a function.")


def _operation(sign: str, left: Node, right: Node, signed: bool) -> Call:
    """-x*2 is written of -(x*2) in text-books, and of (-x)*2 in Python."""
    if signed and sign in "*/" and isinstance(left, Call) and left.operation == "negative":
        return Call("negative", (Call(sign, (*left.arguments, right)),))
    return Call(sign, (left, right))


def _has_the_first_sign(node: ast.BinOp, python: str) -> bool:
    """Whether the left side of an operation begins a whole expression, an argument or a bracket."""
    begins = not python[: node.col_offset] or python[node.col_offset - 1] in "(,"
    return begins and node.left.col_offset == node.col_offset


def _call(name: str, arguments: Sequence[Node]) -> Call:
    needed = len(OPERATIONS[name].slopes)
    if len(arguments) != needed:
        values = "1 value" if needed == 1 else f"{needed} values"
        raise InvalidRequest(f"{name} needs {values}, and {len(arguments)} are given.")
    return Call(name, tuple(arguments))


def _too_deep() -> str:
    return f"The expression is nested more than {MAX_DEPTH} deep; write it flatter."


def _no_such_name(name: str, variables: Sequence[str]) -> str:
    known = [*variables, *CONSTANTS, *TYPEABLE]
    near = difflib.get_close_matches(name[:40].lower(), [*known, *SPELLINGS], 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
    return f"The name {name[:40]!r} is not known here; {hint}"
