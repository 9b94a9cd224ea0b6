"""Sums of products with exact coefficients, in which equal factors and equal terms are collected."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from core.activations.expressions.grammar import CONSTANTS, MAX_EXPONENT, Call, Node, Number, Variable

MAX_BITS = 20  # of a coefficient that is raised to a power: (2 x)^3 is 8 x^3, and (2 x)^20 stays
_ONE = Fraction(1)


@dataclass(frozen=True)
class Applied:
    """A function of sums, a power that is not collected among them."""

    operation: str
    arguments: tuple[Sum, ...]


@dataclass(frozen=True)
class Sum:
    """Each product of whole powers with its coefficient, which is not 0; a number is one of no factor."""

    terms: frozenset[tuple[Product, Fraction]]

    @property
    def number(self) -> Fraction | None:
        """Its value where nothing in it has a name."""
        if not self.terms:
            return Fraction(0)
        [(factors, coefficient), *others] = self.terms
        return None if factors or others else coefficient


Factor = Variable | Number | Applied | Sum  # a Number is pi or e
Product = frozenset[tuple[Factor, int]]


def collected(node: Node, values: Mapping[str, Sum] | None = None) -> Sum:
    """A tree as a sum; values: those of its variables, where they are others than themselves.

    Raises ZeroDivisionError where it divides by what is always 0.
    """
    if isinstance(node, Variable):
        return values[node.name] if values else _of_factor(node)
    if isinstance(node, Number):
        return _of_factor(node) if node in CONSTANTS.values() else number(Fraction(repr(node.value)))
    return applied(node, [collected(argument, values) for argument in node.arguments])


def applied(call: Call, arguments: list[Sum]) -> Sum:
    """An operation of sums. Whole powers are collected where no number grows large by it."""
    a, b = arguments[0], arguments[-1]
    match call.operation:
        case "negative":
            return scaled(a, -_ONE)
        case "+":
            return added((a, b))
        case "-":
            return added((a, scaled(b, -_ONE)))
        case "*":
            return multiplied(a, b)
        case "/":
            return multiplied(a, _raised(b, -1))
        case "^" if b.number is not None and b.number.denominator == 1 and _may_be_raised(a, int(b.number)):
            return _raised(a, int(b.number))
    return _of_factor(Applied(call.operation, tuple(arguments)))


def number(value: Fraction) -> Sum:
    """It as a sum."""
    return Sum(frozenset({(frozenset(), value)}) if value else frozenset())


def added(sums: Iterable[Sum]) -> Sum:
    """Their sum."""
    coefficients: defaultdict[Product, Fraction] = defaultdict(Fraction)
    for one in sums:
        for factors, coefficient in one.terms:
            coefficients[factors] += coefficient
    return Sum(frozenset((factors, value) for factors, value in coefficients.items() if value))


def scaled(one: Sum, by: Fraction) -> Sum:
    """Every term of it times a number."""
    return Sum(frozenset((factors, coefficient * by) for factors, coefficient in one.terms if by))


def multiplied(a: Sum, b: Sum) -> Sum:
    """Their product; of two sums of several terms it stays one of brackets."""
    for one, other in ((a, b), (b, a)):
        if one.number is not None:
            return scaled(other, one.number)
    (left, coefficient), (right, other_coefficient) = _as_product(a), _as_product(b)
    exponents: defaultdict[Factor, int] = defaultdict(int)
    for factor, exponent in (*left, *right):
        exponents[factor] += exponent
    return _of_product(exponents, coefficient * other_coefficient)


def _raised(base: Sum, exponent: int) -> Sum:
    if base.number is not None:
        return number(base.number**exponent)
    factors, coefficient = _as_product(base)
    return _of_product({factor: exponent * power for factor, power in factors}, coefficient**exponent)


def _may_be_raised(base: Sum, exponent: int) -> bool:
    factors, coefficient = ((), base.number) if base.number is not None else _as_product(base)
    bits = max(abs(coefficient.numerator), coefficient.denominator).bit_length() - 1
    return abs(exponent) * bits <= MAX_BITS and all(
        abs(exponent * power) <= MAX_EXPONENT for _, power in factors
    )


def _of_factor(factor: Factor) -> Sum:
    return Sum(frozenset({(frozenset({(factor, 1)}), _ONE)}))


def _as_product(one: Sum) -> tuple[Product, Fraction]:
    """Factors and coefficient of a sum that is no number; of 2 x + 4 they are x + 2 and 2."""
    if len(one.terms) == 1:
        return next(iter(one.terms))
    content = _ONE
    if all(coefficient.denominator == 1 for _, coefficient in one.terms):
        content = Fraction(math.gcd(*(coefficient.numerator for _, coefficient in one.terms)))
    return frozenset({(scaled(one, 1 / content), 1)}), content


def _of_product(exponents: Mapping[Factor, int], coefficient: Fraction) -> Sum:
    factors = {factor: exponent for factor, exponent in exponents.items() if exponent}
    if len(factors) == 1:
        [(factor, exponent)] = factors.items()
        if isinstance(factor, Sum) and exponent == 1:  # 2 (x + 1) is 2 x + 2
            return scaled(factor, coefficient)
    return Sum(frozenset({(frozenset(factors.items()), coefficient)}))
