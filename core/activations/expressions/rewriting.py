"""Expressions rewritten to compute: constants folded, and forms that overflow replaced by those that do not.

1 / (1 + exp(-x)) is the sigmoid, but exp(-x) overflows and its gradient then is NaN; the sigmoid has neither.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache

from core.activations.expressions.formula import written
from core.activations.expressions.grammar import MAX_EXPONENT, Call, Node, Number, Variable, parse
from core.activations.expressions.operations import OPERATIONS
from core.errors import InvalidRequest

MAX_CONSTANT = 1e12

# Patterns and their replacements; a and b match any expression.
_RULES = (
    ("log(1 + exp(a))", "softplus(a)"),
    ("log(sigmoid(a))", "-softplus(-a)"),
    ("exp(a)/(1 + exp(a))", "sigmoid(a)"),
    ("(exp(a) - 1)/(exp(a) + 1)", "tanh(a/2)"),
    ("(1 - exp(a))/(1 + exp(a))", "-tanh(a/2)"),
    ("(exp(a) - exp(-a))/(exp(a) + exp(-a))", "tanh(a)"),
    ("1/(1 + exp(-a))", "sigmoid(a)"),
    ("1/(1 + exp(a))", "sigmoid(-a)"),
    ("exp(-a)/(1 + exp(-a))", "sigmoid(-a)"),
    ("b*exp(a)/(1 + exp(a))", "b*sigmoid(a)"),
    ("b*exp(-a)/(1 + exp(-a))", "b*sigmoid(-a)"),
    ("exp(a)*sigmoid(-a)", "sigmoid(a)"),
    ("exp(-a)*sigmoid(a)", "sigmoid(-a)"),
    ("b*exp(a)*sigmoid(-a)", "b*sigmoid(a)"),
    ("b*exp(-a)*sigmoid(a)", "b*sigmoid(-a)"),
    ("b/(1 + exp(-a))", "b*sigmoid(a)"),
    ("b/(1 + exp(a))", "b*sigmoid(-a)"),
    ("sinh(a)/cosh(a)", "tanh(a)"),
    ("sqrt(a^2)", "abs(a)"),
    ("(a^2)^0.5", "abs(a)"),
    ("max(a, 0)", "relu(a)"),
)
_EITHER_ORDER = ("+", "*", "max", "min")


def computable(node: Node) -> Node:
    """The same function in a form to compute with: constants folded, and no overflow for large |x| where that
    is easy. Powers with x in the exponent are rewritten with exp and log.

    Raises InvalidRequest for a part that has no value, such as log(0) or 1/0, or one that is too large.
    """
    if not isinstance(node, Call):
        return node
    node = Call(node.operation, tuple(map(computable, node.arguments)))
    if all(isinstance(argument, Number) for argument in node.arguments):
        return _worked_out(node)
    if node.operation == "^":
        base, exponent = node.arguments
        if not isinstance(exponent, Number):
            return computable(Call("exp", (Call("*", (exponent, Call("log", (base,)))),)))
        _check_exponent(exponent.value)
    if node.operation == "/" and node.arguments[1] == Number(0.0):
        raise InvalidRequest("The expression divides by 0.")
    for pattern, replacement in _rules():
        bound = next(_matches(pattern, node, {}), None)
        if bound is not None:
            return computable(substituted(replacement, bound))
    if node.operation in ("max", "min"):
        return _with_a_number(node)
    return node


def substituted(node: Node, values: Mapping[str, Node]) -> Node:
    """A tree with other trees in place of its variables."""
    if isinstance(node, Variable):
        return values.get(node.name, node)
    if isinstance(node, Number):
        return node
    return Call(node.operation, tuple(substituted(argument, values) for argument in node.arguments))


def _worked_out(node: Call) -> Number:
    values = [argument.value for argument in node.arguments if isinstance(argument, Number)]
    if node.operation == "^":
        _check_exponent(values[1])
    try:
        value = OPERATIONS[node.operation].number(*values)
    except (ValueError, ZeroDivisionError, OverflowError):
        value = math.nan
    if not abs(value) <= MAX_CONSTANT:
        raise InvalidRequest(
            f"{written(node)} is not possible: it has no value, or one beyond {MAX_CONSTANT:g}."
        )
    return Number(value)


def _check_exponent(exponent: float) -> None:
    if abs(exponent) > MAX_EXPONENT:
        raise InvalidRequest(f"The exponent {exponent:g} is too large; it must lie within ±{MAX_EXPONENT}.")


def _with_a_number(node: Call) -> Node:
    numbers = [argument for argument in node.arguments if isinstance(argument, Number)]
    if not numbers:
        return node
    others = tuple(argument for argument in node.arguments if not isinstance(argument, Number))
    return Call("at_least" if node.operation == "max" else "at_most", (*others, *numbers))


@cache
def _rules() -> tuple[tuple[Node, Node], ...]:
    return tuple((parse(before, ("a", "b")), parse(after, ("a", "b"))) for before, after in _RULES)


def _matches(pattern: Node, node: Node, bound: dict[str, Node]) -> Iterator[dict[str, Node]]:
    """What a and b match, for each way in which a node matches a pattern."""
    if isinstance(pattern, Variable):
        if bound.get(pattern.name, node) == node:
            yield bound | {pattern.name: node}
    elif isinstance(pattern, Number):
        if isinstance(node, Number) and node.value == pattern.value:
            yield bound
    elif isinstance(node, Call) and node.operation == pattern.operation:
        orders = [node.arguments]
        if node.operation in _EITHER_ORDER:
            orders.append(node.arguments[::-1])
        for arguments in orders:
            yield from _all_match(pattern.arguments, arguments, bound)


def _all_match(
    patterns: tuple[Node, ...], nodes: tuple[Node, ...], bound: dict[str, Node]
) -> Iterator[dict[str, Node]]:
    if not patterns:
        yield bound
        return
    for first in _matches(patterns[0], nodes[0], bound):
        yield from _all_match(patterns[1:], nodes[1:], first)
