"""Derivatives of expressions by SymPy, which is given our tree and never any text, and gives back a tree."""

from __future__ import annotations

from functools import cache, reduce
from typing import TYPE_CHECKING, Any

from core.activations.expressions.evaluation import slopes
from core.activations.expressions.grammar import CONSTANTS, Call, Node, Number, Variable, size
from core.lazy import LazyModule

if TYPE_CHECKING:
    import sympy  # type: ignore[import-untyped]
else:
    sympy = LazyModule("sympy")

MAX_NODES = 1000
MAX_DENOMINATOR = 12  # x/3 reads better than 0.333 x, and 0.044715 better than 8943/200000
_ONE = Number(1.0)


def derivative(node: Node) -> Node | None:
    """f' of a computable expression, terms collected; None where OPERATIONS lacks a part of SymPy's result.

    SymPy sees sums, products and whole powers; all else are names to it, with the slopes of OPERATIONS. So it
    neither searches nor computes large numbers, and is done in a fraction of a second.
    """
    try:
        found = _tree(sympy.diff(_to_sympy(node), _x()))
    except (_Unknown, OverflowError, RecursionError):
        return None
    return found if size(found) <= MAX_NODES else None


class _Unknown(Exception):
    """SymPy's result has something that OPERATIONS lacks."""


def _x() -> Any:
    return sympy.Symbol("x", real=True)


def _to_sympy(node: Node, **values: Any) -> Any:
    """values: those of a and b in slopes."""
    if isinstance(node, Variable):
        return values.get(node.name, _x())
    if isinstance(node, Number):
        return _sympy_number(node)
    parts = [_to_sympy(argument, **values) for argument in node.arguments]
    if node.operation == "negative":
        return -parts[0]
    if node.operation == "+":
        return parts[0] + parts[1]
    if node.operation == "-":
        return parts[0] - parts[1]
    if node.operation == "*":
        return parts[0] * parts[1]
    if node.operation == "/":
        return parts[0] / parts[1]
    if node.operation == "^":
        return _raised(*parts)
    return _function(node.operation)(*parts)


def _raised(base: Any, exponent: Any) -> Any:
    """A power that SymPy may join with others, where no number can grow by it: ((2 x) ** 20) ** 20 stays."""
    if exponent.is_Integer and (base.is_Symbol or base.is_Function or base.is_Add):
        return base**exponent
    return _function("^")(base, exponent)


def _sympy_number(number: Number) -> Any:
    if number == CONSTANTS["pi"]:
        return sympy.pi
    if number == CONSTANTS["e"]:
        return sympy.E
    return sympy.Rational(repr(number.value))


@cache
def _function(name: str) -> Any:
    """The operation as a function that SymPy neither evaluates nor asks for properties."""

    def fdiff(self: Any, argindex: int = 1) -> Any:
        return _to_sympy(slopes(name)[argindex - 1], **dict(zip("ab", self.args, strict=False)))

    return type(name, (sympy.Function,), {"fdiff": fdiff, "nargs": len(slopes(name))})


def _tree(expression: Any) -> Node:
    if expression.is_Symbol:
        return Variable()
    if expression.is_Rational:
        return _rational(expression)
    if expression in (sympy.pi, sympy.E):
        return CONSTANTS["pi" if expression == sympy.pi else "e"]
    if expression.is_Add:
        return reduce(_added, expression.as_ordered_terms()[1:], _tree(expression.as_ordered_terms()[0]))
    if expression.is_Mul:
        return _product(expression)
    if expression.is_Pow and expression.exp.is_Integer:
        return _power(expression)
    if expression.is_Function and type(expression) is _function(type(expression).__name__):
        return Call(type(expression).__name__, tuple(map(_tree, expression.args)))
    raise _Unknown(expression)


def _rational(value: Any) -> Node:
    if value < 0:
        return Call("negative", (_rational(-value),))
    if 1 < value.q <= MAX_DENOMINATOR:
        return Call("/", (Number(float(value.p)), Number(float(value.q))))
    return Number(float(value))


def _added(sum_so_far: Node, term: Any) -> Node:
    if term.could_extract_minus_sign():
        return Call("-", (sum_so_far, _tree(-term)))
    return Call("+", (sum_so_far, _tree(term)))


def _product(expression: Any) -> Node:
    """A fraction where there are factors below the line."""
    coefficient, rest = expression.as_coeff_Mul()
    if coefficient < 0:
        return Call("negative", (_tree(-expression),))
    factors = list(rest.as_ordered_factors())
    above = [factor for factor in factors if not _is_below(factor)]
    below = [1 / factor for factor in factors if _is_below(factor)]
    if coefficient.q > MAX_DENOMINATOR:
        above.insert(0, coefficient)
    else:
        above[:0] = [coefficient.p] if coefficient.p != 1 else []
        below[:0] = [coefficient.q] if coefficient.q != 1 else []
    top, bottom = _multiplied(above), _multiplied(below)
    return top if bottom == _ONE else Call("/", (top, bottom))


def _is_below(factor: Any) -> bool:
    return bool(factor.is_Pow and factor.exp.is_Integer and factor.exp < 0)


def _multiplied(factors: list[Any]) -> Node:
    trees = [_tree(sympy.sympify(factor)) for factor in factors]
    return reduce(lambda left, right: Call("*", (left, right)), trees) if trees else _ONE


def _power(expression: Any) -> Node:
    base, exponent = expression.base, expression.exp
    if exponent < 0:
        return Call("/", (_ONE, _tree(1 / expression)))
    return Call("^", (_tree(base), Number(float(exponent))))
