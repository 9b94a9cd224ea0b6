"""Typed expressions of x: from text to a tree, by a grammar of our own.

    sum:     [+ or -] product, then + or - and another product, any number of times
    product: signed, then * or / and another signed, any number of times
    signed:  + or - before a signed, or a power
    power:   atom, or atom ^ signed (** is the same), from the right
    atom:    number, x, pi, e, name(sum, ...), or (sum)

Nothing here runs what was typed: names are looked up in OPERATIONS, and everything else is refused.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.activations.expressions.operations import OPERATIONS, TYPEABLE
from core.errors import InvalidRequest

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
    """An entry of OPERATIONS, of as many arguments as it takes."""

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
}

_TOKEN = re.compile(
    r" +|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>\*\*|[-+*/^(),])"
)


@dataclass(frozen=True)
class Token:
    """What was written: kind is "number", "name", "sign", or "end"."""

    kind: str
    text: str


def parse(text: str, variables: Sequence[str] = ("x",)) -> Node:
    """The tree of an expression.

    Raises InvalidRequest, one sentence, for what is no expression, and for one that is too long, too deep, or
    too large, or has too large a number.
    """
    tokens = _tokens(text)
    parser = _Parser(tokens, tuple(variables))
    tree = parser.sum(0)
    if parser.next.kind != "end":
        raise InvalidRequest(parser.unexpected())
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


def _tokens(text: str) -> list[Token]:
    if len(text) > MAX_CHARACTERS:
        raise InvalidRequest(
            f"An expression of {len(text):,} characters is too long; at most {MAX_CHARACTERS} are possible."
        )
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise InvalidRequest(_no_such_sign(text[at]))
        if found.lastgroup:
            tokens.append(Token(found.lastgroup, found.group()))
        at = found.end()
    if not tokens:
        raise InvalidRequest("The expression is empty; write one such as x*tanh(log(1+exp(x))).")
    return [*tokens, Token("end", "")]


def _no_such_sign(sign: str) -> str:
    shown = repr(sign) if sign.isprintable() else f"U+{ord(sign):04X}"
    if sign in _TYPED:
        return f"The sign {shown} is not known here; write {_TYPED[sign]} instead."
    return (
        f"The sign {shown} is not known here; write with letters, digits, spaces and + - * / ^ ( ) , alone."
    )


class _Parser:
    """Recursive descent over tokens: a method for each rule of the grammar."""

    def __init__(self, tokens: list[Token], variables: tuple[str, ...]) -> None:
        self.tokens, self.at, self.variables = tokens, 0, variables

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self, *signs: str) -> str | None:
        """The next sign, if it is one of these."""
        if self.next.kind == "sign" and self.next.text in signs:
            self.at += 1
            return self.tokens[self.at - 1].text
        return None

    def sum(self, depth: int) -> Node:
        sign = self.take("+", "-")
        left = self.product(depth)
        if sign == "-":
            left = Call("negative", (left,))
        while sign := self.take("+", "-"):
            left = Call(sign, (left, self.product(depth)))
        return left

    def product(self, depth: int) -> Node:
        left = self.signed(depth)
        while sign := self.take("*", "/"):
            left = Call(sign, (left, self.signed(depth)))
        return left

    def signed(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise InvalidRequest(f"The expression is nested more than {MAX_DEPTH} deep; write it flatter.")
        sign = self.take("+", "-")
        if sign is None:
            return self.power(depth)
        operand = self.signed(depth + 1)
        return Call("negative", (operand,)) if sign == "-" else operand

    def power(self, depth: int) -> Node:
        base = self.atom(depth)
        if self.take("^", "**"):
            return Call("^", (base, self.signed(depth + 1)))
        return base

    def atom(self, depth: int) -> Node:
        token = self.next
        if token.kind == "number":
            self.at += 1
            return _number(token.text)
        if token.kind == "name":
            self.at += 1
            return self.named(token.text, depth)
        if self.take("("):
            inner = self.sum(depth + 1)
            self.close()
            return inner
        raise InvalidRequest(self.unexpected())

    def named(self, name: str, depth: int) -> Node:
        key = SPELLINGS.get(name.lower(), name.lower())
        if key in self.variables or key in CONSTANTS:
            if self.next.text == "(":
                raise InvalidRequest(f"{key} is not a function; write {key}*( ... ) for a product.")
            return CONSTANTS[key] if key in CONSTANTS else Variable(key)
        if key not in TYPEABLE:
            raise InvalidRequest(_no_such_name(name, self.variables))
        if not self.take("("):
            raise InvalidRequest(f"{name[:40]} is a function; write {name[:40]}( ... ) with what it is of.")
        arguments = [self.sum(depth + 1)]
        while self.take(","):
            arguments.append(self.sum(depth + 1))
        self.close()
        wanted = len(OPERATIONS[key].slopes)
        if len(arguments) != wanted:
            values = "1 value" if wanted == 1 else f"{wanted} values"
            raise InvalidRequest(f"{name} takes {values}, and {len(arguments)} are given.")
        return Call(key, tuple(arguments))

    def close(self) -> None:
        if not self.take(")"):
            raise InvalidRequest(self.unexpected("a closing bracket"))

    def unexpected(self, wanted: str = "") -> str:
        """The sentence for a token that cannot stand where it stands."""
        token, before = self.next, self.tokens[self.at - 1] if self.at else None
        if before and (token.kind in ("number", "name") or token.text == "("):
            left, right = before.text[:40], token.text[:40]
            return f"A product needs its sign: write {left}*{right} in place of {left} {right}."
        missing = wanted or "a number, x or a function"
        if token.kind == "end":
            return f"The expression ends where {missing} is missing."
        after = f" after {before.text[:40]!r}" if before else " at its beginning"
        what = f"{missing} is missing" if wanted or before else f"{missing} is expected"
        return f"{token.text!r} is not possible{after}: {what}."


def _number(text: str) -> Number:
    value = float(text)
    if not (value == 0 or 1 / MAX_NUMBER <= value <= MAX_NUMBER):
        raise InvalidRequest(
            f"The number {text[:40]} is not possible; write 0, or one from {1 / MAX_NUMBER:g} to "
            f"{MAX_NUMBER:,.0f}."
        )
    return Number(value)


def _no_such_name(name: str, variables: Sequence[str]) -> str:
    known = [*variables, *CONSTANTS, *TYPEABLE]
    near = difflib.get_close_matches(name[:40].lower(), [*known, *SPELLINGS], 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
    return f"The name {name[:40]!r} is not known here; {hint}"
