"""Expressions written down: in LaTeX, and as they would be typed."""

from __future__ import annotations

from core.activations.expressions.grammar import Call, Node, Number, Variable
from core.activations.expressions.operations import OPERATIONS

# Precedence of operations; an operand of lower precedence than its position requires is set in brackets.
_SUM, _PRODUCT, _POWER, _ATOM = range(4)
_HOLDS = {"+": _SUM, "-": _SUM, "negative": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER, "exp": _POWER}
_ASKED = {
    "+": (_SUM, _PRODUCT),
    "-": (_SUM, _PRODUCT),
    "negative": (_PRODUCT,),
    "*": (_PRODUCT, _PRODUCT),
    "/": (_SUM, _SUM),
    "^": (_ATOM, _SUM),
}


def latex(node: Node) -> str:
    """An expression as LaTeX, in the form that it was given."""
    if isinstance(node, Variable):
        return node.name
    if isinstance(node, Number):
        return node.symbol or _number(node.value)
    asked = _ASKED.get(node.operation, (_SUM, _SUM))
    parts = [_set_off(part, place) for part, place in zip(node.arguments, asked, strict=False)]
    pattern = OPERATIONS[node.operation].latex
    if node.operation == "*" and _begins_with_a_digit(node.arguments[1]):
        pattern = r"{a} \cdot {b}"
    return pattern.format(**dict(zip("ab", parts, strict=False)))


def _set_off(node: Node, asked: int) -> str:
    text = latex(node)
    holds = _HOLDS.get(node.operation, _ATOM) if isinstance(node, Call) else _ATOM
    if isinstance(node, Number) and (node.value < 0 or r"\cdot" in text):
        holds = _SUM
    return text if holds >= asked else rf"\left({text}\right)"


# A fraction on one line has no bar that sets its parts off.
_ASKED_ON_A_LINE = _ASKED | {"*": (_PRODUCT, _POWER), "/": (_PRODUCT, _POWER), "^": (_ATOM, _POWER)}
_ON_A_LINE = {
    "+": "{a} + {b}",
    "-": "{a} - {b}",
    "*": "{a}*{b}",
    "/": "{a}/{b}",
    "^": "{a}^{b}",
    "negative": "-{a}",
}
_TYPED_NAMES = {"at_least": "max", "at_most": "min"}


def written(node: Node) -> str:
    """An expression as text that parse() reads again."""
    if isinstance(node, Variable):
        return node.name
    if isinstance(node, Number):
        return f"{node.value:.12g}"
    asked = _ASKED_ON_A_LINE.get(node.operation, (_SUM, _SUM))
    parts = [_set_off_on_a_line(part, place) for part, place in zip(node.arguments, asked, strict=False)]
    if node.operation in _ON_A_LINE:
        return _ON_A_LINE[node.operation].format(**dict(zip("ab", parts, strict=False)))
    return f"{_TYPED_NAMES.get(node.operation, node.operation)}({', '.join(parts)})"


def _set_off_on_a_line(node: Node, asked: int) -> str:
    holds = _SUM if isinstance(node, Number) and node.value < 0 else _ATOM
    if isinstance(node, Call) and node.operation in _ON_A_LINE:
        holds = _HOLDS[node.operation]
    return written(node) if holds >= asked else f"({written(node)})"


def _begins_with_a_digit(node: Node) -> bool:
    while isinstance(node, Call) and node.operation in ("*", "^"):
        node = node.arguments[0]
    return isinstance(node, Number)


def _number(value: float) -> str:
    mantissa, _, exponent = f"{value:.6g}".partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa
