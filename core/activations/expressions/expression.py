"""A typed expression as an activation with all that an entry of the registry has."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from core.activations.activation import Activation, Paper
from core.activations.expressions.derivative import derivative as formula_of_derivative
from core.activations.expressions.evaluation import tensor_function, value_and_slope
from core.activations.expressions.formula import latex, written
from core.activations.expressions.grammar import (
    Call,
    Node,
    Number,
    Variable,
    depends_on_x,
    operations,
    parse,
)
from core.activations.expressions.rewriting import computable
from core.activations.registry import ACTIVATIONS
from core.errors import InvalidRequest
from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from core.activations.expressions import enclosure
else:
    torch = LazyModule("torch")
    enclosure = LazyModule("core.activations.expressions.enclosure")

# Where the pre-activations of a trained network are; there value and slope must be finite.
_NEAR = tuple(place / 2 for place in range(-20, 21))
# Replacements of max, min and of powers with x in the exponent are no safer, and not worth a note.
_NO_REPLACEMENTS = {"at_least", "at_most", "relu", "exp", "log", "*", "negative"}
_FAR = tuple(sign * place for place in (20.0, 50.0, 100.0, 1e3, 1e4) for sign in (-1, 1))
_GROWTH = 1.2  # of the slope from |x| = 1e4 to 1e8: x*log(x) makes it 1.9


@dataclass(frozen=True)
class Expression:
    """A typed expression and its properties, without torch."""

    text: str
    typed: Node  # the tree as it was typed
    tree: Node  # the same function, rewritten to compute with
    unfit: str  # as of Activation
    superlinear: bool  # as of Activation
    leaves_float32: float | None  # smallest tested |x| beyond ±10 at which value or slope overflows float32
    rewritten: bool  # whether `tree` differs from `typed` in a form that overflows less


def find(name: str) -> Activation:
    """The activation of this key, or that of an expression of x, such as "x*tanh(softplus(x))".

    Raises InvalidRequest for an unknown key, and for what is no expression.
    """
    if isinstance(name, str) and name in ACTIVATIONS:
        return ACTIVATIONS[name]
    if not is_expression(name):
        near = difflib.get_close_matches(str(name)[:40].lower(), ACTIVATIONS, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(ACTIVATIONS)}."
        raise InvalidRequest(f"There is no activation {str(name)[:40]!r}; {hint}")
    return _activation(name.strip())


@lru_cache(maxsize=256)
def tree_of(name: str) -> Node | None:
    """An activation of find() as a computable expression of x, its parameters at their defaults.

    None where the catalogue has no expression for it. Raises InvalidRequest as find() does.
    """
    entry = find(name)
    if name not in ACTIVATIONS:
        return expression(entry.name).tree
    if not entry.expression:
        return None
    parameters = entry.with_defaults()
    return computable(_with_numbers(parse(entry.expression, ("x", *parameters)), parameters))


def _with_numbers(node: Node, values: Mapping[str, float]) -> Node:
    """The tree with numbers for some of its variables."""
    if isinstance(node, Call):
        return Call(node.operation, tuple(_with_numbers(part, values) for part in node.arguments))
    if isinstance(node, Variable) and node.name in values:
        return Number(values[node.name])
    return node


def is_expression(name: object) -> bool:
    """Whether a name is meant as an expression: x, or any text that is more than one plain word."""
    if not isinstance(name, str):
        return False
    return name.strip() in ("x", "X") or re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name.strip()) is None


@lru_cache(maxsize=256)
def expression(text: str) -> Expression:
    """Read an expression. Needs no torch, and some milliseconds.

    Raises InvalidRequest for what is no expression of x, or one that is too large.
    """
    typed = parse(text)
    if not depends_on_x(typed):
        raise InvalidRequest("The expression is a number; an activation must depend on x.")
    tree = computable(typed)
    near = {x: value_and_slope(tree, x) for x in _NEAR}
    far = {x: value_and_slope(tree, x) for x in _FAR}
    return Expression(
        text=text,
        typed=typed,
        tree=tree,
        unfit=_unfit(near, far),
        superlinear=not all(math.isfinite(slope) for _, slope in far.values()) or _grows(tree),
        leaves_float32=next((x for x, both in far.items() if not all(map(math.isfinite, both))), None),
        rewritten=bool(operations(tree) - operations(typed) - _NO_REPLACEMENTS),
    )


def _grows(tree: Node) -> bool:
    """Whether the slope to either side still grows far out."""
    for side in (-1, 1):
        near, far = (_steepest(tree, side * place) for place in (1e4, 1e8))
        if far > _GROWTH * near:
            return True
    return False


def _steepest(tree: Node, x: float) -> float:
    """The largest |f'| at three multiples of x, at which no wave is the same; 0 where nothing is a number."""
    slopes = [abs(value_and_slope(tree, x * many)[1]) for many in (1.0, 1.1, 1.37)]
    return max((slope for slope in slopes if not math.isnan(slope)), default=0.0)


def _unfit(near: dict[float, tuple[float, float]], far: dict[float, tuple[float, float]]) -> str:
    # Of those that are not finite, the one nearest to 0.
    for x in sorted(near, key=abs):
        for what, number in zip(("value", "slope"), near[x], strict=True):
            if not math.isfinite(number):
                return f"its {what} at x = {x:g} is not a finite number"
    if all(slope == 0 for _, slope in (near | far).values()):
        return "its slope is 0 everywhere, so no gradient passes"
    return ""


@lru_cache(maxsize=256)
def _activation(text: str) -> Activation:
    read = expression(text)
    function = tensor_function(read.tree)
    derivative_latex, derivative = _derivative(read)
    return Activation(
        name=text,
        latex=f"f(x) = {latex(read.typed)}",
        derivative_latex=derivative_latex,
        range_latex="",
        function=function,
        derivative=derivative or _by_autograd(function),
        source=Paper("Your own", None, "typed as an expression"),
        note=_note(read),
        unfit=read.unfit,
        superlinear=read.superlinear,
        note_zh="自己输入的表达式。",
        exact=enclosure.Exact(read.tree),
    )


def _derivative(read: Expression) -> tuple[str, Callable[[Tensor], Tensor] | None]:
    """Formula and function of f', or the reason why there is no formula and None."""
    found = formula_of_derivative(read.tree)
    if found is not None:
        try:
            return f"f'(x) = {latex(found)}", tensor_function(computable(found))
        except (InvalidRequest, RecursionError):  # too large for computable(), or too deep to write down
            pass
    return r"f'(x)\ \text{computed by autograd, without a formula}", None


def _by_autograd(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def derivative(x: Tensor) -> Tensor:
        with torch.enable_grad():
            again = x.requires_grad  # for a second derivative
            x = x if again else x.detach().requires_grad_()
            return torch.autograd.grad(function(x).sum(), x, create_graph=again)[0]

    return derivative


def _note(read: Expression) -> str:
    said = ["Typed as an expression."]
    if read.unfit:
        said.append(f"No network can be trained through it: {read.unfit}.")
    elif read.leaves_float32 is not None:
        said.append(
            f"At x = {read.leaves_float32:g} its value or slope is beyond what float32 holds, so a training "
            "in which a unit receives so much ends in NaN."
        )
    if read.rewritten:
        stays = not read.unfit and read.leaves_float32 is None
        further = f", and finite up to x = ±{_FAR[-1]:,.0f}" if stays else ""
        said.append(f"Computed as `{written(read.tree)}`, which is the same{further}.")
    return " ".join(said)
