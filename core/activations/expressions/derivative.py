"""The formula of a derivative: the chain rule with the slopes of OPERATIONS, and its terms collected.

What there is beyond that in computer algebra (other forms of functions, common denominators) is left out: an
expression as large as may be typed is done in some milliseconds, so that a page can wait for it.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

from core.activations.expressions.collected import (
    Applied,
    Factor,
    Product,
    Sum,
    added,
    applied,
    collected,
    multiplied,
    number,
)
from core.activations.expressions.evaluation import slopes
from core.activations.expressions.formula import written
from core.activations.expressions.grammar import Call, Node, Number, Variable, size

MAX_NODES = 1000
MAX_DENOMINATOR = 12  # x/3 reads better than 0.333 x, and 0.044715 better than 8943/200000
_ZERO, _ONE = number(Fraction(0)), number(Fraction(1))
_ONE_AS_TREE = Number(1.0)


def derivative(node: Node) -> Node | None:
    """f' of a computable expression; None where it divides by what is always 0, or is too large to read."""
    try:
        slope = _value_and_slope(node)[1]
        found = _tree(slope) if _min_size(slope) <= MAX_NODES else None
    except (ZeroDivisionError, OverflowError):
        return None
    return found if found and size(found) <= MAX_NODES else None


def _value_and_slope(node: Node) -> tuple[Sum, Sum]:
    if not isinstance(node, Call):
        return collected(node), _ONE if isinstance(node, Variable) else _ZERO
    parts = [_value_and_slope(argument) for argument in node.arguments]
    values = [value for value, _ in parts]
    named = dict(zip("ab", values, strict=False))
    slope = added(
        multiplied(collected(outer, named), inner)
        for outer, (_, inner) in zip(slopes(node.operation), parts, strict=True)
        if inner != _ZERO
    )
    return applied(node, values), slope


def _min_size(one: Sum) -> int:
    """Of its tree at least: with the signs between terms and factors, without numbers and powers."""
    sizes = [sum(map(_min_size_of_factor, factors)) + len(factors) - 1 for factors, _ in one.terms if factors]
    return sum(sizes) + max(0, len(one.terms) - 1)


def _min_size_of_factor(factor: tuple[Factor, int]) -> int:
    base, _ = factor
    if isinstance(base, Sum):
        return _min_size(base)
    return 1 + sum(map(_min_size, base.arguments)) if isinstance(base, Applied) else 1


def _tree(one: Sum) -> Node:
    """Powers of x first and numbers last, as polynomials are written, and no sign first where it can be."""
    if not one.terms:
        return Number(0.0)
    terms = sorted(((_product(*term), *term) for term in one.terms), key=_order)
    first = next((term for term in terms if term[2] > 0), terms[0])
    terms.remove(first)
    so_far = first[0] if first[2] > 0 else Call("negative", (first[0],))
    for term, _, coefficient in terms:
        so_far = Call("+" if coefficient > 0 else "-", (so_far, term))
    return so_far


def _order(term: tuple[Node, Product, Fraction]) -> tuple[bool, int, int, str]:
    tree, factors, _ = term
    degree = sum(exponent for factor, exponent in factors if isinstance(factor, Variable))
    text = written(tree)
    return not factors, -degree, len(text), text


def _product(factors: Product, coefficient: Fraction) -> Node:
    """Without its sign; a fraction where there are factors below the line."""
    above = [(factor, exponent) for factor, exponent in factors if exponent > 0]
    below = [(factor, -exponent) for factor, exponent in factors if exponent < 0]
    numerator, denominator = abs(coefficient.numerator), coefficient.denominator
    if denominator > MAX_DENOMINATOR:
        top, bottom = _multiplied(above, float(abs(coefficient))), _multiplied(below, 1.0)
    else:
        top, bottom = _multiplied(above, float(numerator)), _multiplied(below, float(denominator))
    return top if bottom == _ONE_AS_TREE else Call("/", (top, bottom))


def _multiplied(factors: list[tuple[Factor, int]], coefficient: float) -> Node:
    """The coefficient, constants and x before functions, and the short before the long."""
    trees = sorted((_power(factor, exponent) for factor, exponent in factors), key=_factor_order)
    trees[:0] = [Number(coefficient)] if coefficient != 1 or not trees else []
    return reduce(lambda left, right: Call("*", (left, right)), trees)


def _factor_order(tree: Node) -> tuple[int, int, str]:
    base = tree.arguments[0] if isinstance(tree, Call) and tree.operation == "^" else tree
    kind = 0 if isinstance(base, Number) else 1 if isinstance(base, Variable) else 2
    text = written(tree)
    return kind, len(text), text


def _power(factor: Factor, exponent: int) -> Node:
    tree = _factor(factor)
    return tree if exponent == 1 else Call("^", (tree, Number(float(exponent))))


def _factor(factor: Factor) -> Node:
    if isinstance(factor, Sum):
        return _tree(factor)
    if isinstance(factor, Applied):
        return Call(factor.operation, tuple(map(_tree, factor.arguments)))
    return factor
