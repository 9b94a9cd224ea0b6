"""The activation of a run as one Python expression, read off a trace of it by torch.fx."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx

_BINARY: dict[Any, ast.operator] = {
    operator.add: ast.Add(),
    operator.sub: ast.Sub(),
    operator.mul: ast.Mult(),
    operator.truediv: ast.Div(),
    operator.pow: ast.Pow(),
}
_COMPARED: dict[Any, ast.cmpop] = {
    operator.gt: ast.Gt(),
    operator.ge: ast.GtE(),
    operator.lt: ast.Lt(),
    operator.le: ast.LtE(),
}


def activation_source(function: Callable[[Tensor], Tensor]) -> str:
    """What an elementwise function of torch computes, of `x`, `torch` and `F` (torch.nn.functional).

    Raises LookupError for an operation that is in neither module.
    """
    graph = fx.symbolic_trace(lambda x: function(x)).graph
    output = next(node for node in graph.nodes if node.op == "output")
    return ast.unparse(ast.fix_missing_locations(_expression(output.args[0])))


def _expression(value: Any) -> ast.expr:
    if not isinstance(value, fx.Node):
        return ast.parse(repr(value), mode="eval").body
    if value.op == "placeholder":
        return ast.Name("x", ast.Load())
    arguments = [_expression(argument) for argument in value.args]
    if value.target in _BINARY:
        return ast.BinOp(arguments[0], _BINARY[value.target], arguments[1])
    if value.target in _COMPARED:
        return ast.Compare(arguments[0], [_COMPARED[value.target]], [arguments[1]])
    if value.target is operator.neg:
        return ast.UnaryOp(ast.USub(), arguments[0])
    keywords = [
        ast.keyword(name, _expression(given)) for name, given in value.kwargs.items() if name != "inplace"
    ]
    if value.op == "call_method":
        called, arguments = ast.Attribute(arguments[0], str(value.target), ast.Load()), arguments[1:]
    else:
        called = _name_of(value.target)
    return ast.Call(called, arguments, keywords)


def _name_of(function: Any) -> ast.Attribute:
    for short, module in (("F", F), ("torch", torch)):
        names = [name for name, value in vars(module).items() if value is function]
        if names:
            return ast.Attribute(ast.Name(short, ast.Load()), max(names, key=_is_public), ast.Load())
    raise LookupError(f"{function!r} is neither in torch nor in torch.nn.functional")


def _is_public(name: str) -> bool:
    return not name.startswith("_")
