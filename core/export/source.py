"""Python source that stands alone: definitions of ours with all that they use, for scripts.

Names are resolved by reading modules, not by running them: a definition brings along the functions, classes
and constants that it names, and the import lines of everything that is not ours.
"""

from __future__ import annotations

import ast
import copy
import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

OURS = "core"


@dataclass
class Sources:
    """What a script needs, gathered as it is asked for: import lines and definitions, each once."""

    imports: set[str] = field(default_factory=set)
    definitions: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, module: str, name: str) -> None:
        """Bring a name of a module, with all that it uses. Names that Python itself has are left out."""
        node = _top_level(module).get(name)
        if node is None or (module, name) in self.definitions:
            return
        if isinstance(node, ast.Import):
            alias = next(alias for alias in node.names if (alias.asname or alias.name) == name)
            self.imports.add(ast.unparse(ast.Import([alias])))
        elif isinstance(node, ast.ImportFrom):
            self._add_imported(node, name)
        else:
            self.definitions[module, name] = ""  # its place is kept: a class may name itself
            self.uses(module, node)
            del self.definitions[module, name]
            self.definitions[module, name] = _text(module, node)

    def _add_imported(self, node: ast.ImportFrom, name: str) -> None:
        assert node.module is not None
        alias = next(alias for alias in node.names if (alias.asname or alias.name) == name)
        if node.module == "__future__" or _is_module(f"{node.module}.{alias.name}", OURS):
            return
        if node.module.split(".")[0] == OURS:
            self.add(node.module, alias.name)
        else:
            self.imports.add(ast.unparse(ast.ImportFrom(node.module, [alias], 0)))

    def uses(self, module: str, node: ast.AST) -> None:
        """Bring all that a piece of a module's source names."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                self.add(module, part.id)

    def inlined(self, function: Callable[..., Any], *arguments: Any, **more: Any) -> str:
        """What the call of a lambda of ours comes to, as an expression with its arguments in place.

        An argument that is an ast.expr stands as it is, any other is written out. `find(...).function`
        becomes the name `activation`, and a name out of a module of ours stands alone.
        """
        module, node = _lambda(function)
        values = _bound(node, arguments, more)
        body = _Inliner(module, values).visit(copy.deepcopy(node.body))
        for imported, name in _names_of_ours(module, node.body):
            self.add(imported, name)
        self.uses(module, body)
        return ast.unparse(ast.fix_missing_locations(body))

    def function(self, name: str, function: Callable[..., Any]) -> str:
        """A function of ours, lambda or not, as a definition of this name."""
        module = function.__module__
        if function.__name__ != "<lambda>":
            self.add(module, function.__name__)
            return f"{name} = {function.__name__}"
        _, node = _lambda(function)
        self.uses(module, node.body)
        return f"def {name}({ast.unparse(node.args)}):\n    return {ast.unparse(node.body)}"

    def text(self) -> str:
        """All definitions, each after those that it uses."""
        return "\n\n\n".join(self.definitions.values())


@cache
def _tree(module: str) -> tuple[str, ast.Module]:
    source = inspect.getsource(importlib.import_module(module))
    return source, ast.parse(source)


@cache
def _top_level(module: str) -> Mapping[str, ast.stmt]:
    """The statement that brings each name of a module; imports for type checkers stand for lazy ones."""
    return {name: node for node in _statements(_tree(module)[1].body) for name in _names(node)}


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from node.body
        else:
            yield node


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]


def _text(module: str, node: ast.stmt) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return "\n".join(_tree(module)[0].splitlines()[first - 1 : node.end_lineno])


def _is_module(name: str, package: str) -> bool:
    if name.split(".")[0] != package:
        return False
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # a name in a module, not a module in a package
        return False


def _lambda(function: Callable[..., Any]) -> tuple[str, ast.Lambda]:
    """The module and the source of a lambda; where several share its first line, that with its arguments."""
    module, code = function.__module__, function.__code__
    for node in ast.walk(_tree(module)[1]):
        if isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno:
            names = [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
            if tuple(names) == code.co_varnames[: len(names)]:
                return module, node
    raise LookupError(f"no source of {function!r}")


def _bound(
    node: ast.Lambda, arguments: tuple[Any, ...], more: Mapping[str, Any]
) -> dict[str, ast.expr | dict[str, ast.expr]]:
    """The expression that each argument stands for; that of ** is a dict of them."""
    names = [argument.arg for argument in node.args.args]
    defaults = dict(zip(names[len(names) - len(node.args.defaults) :], node.args.defaults, strict=True))
    given = {**dict(zip(names, arguments, strict=False)), **more}
    values: dict[str, Any] = defaults | {name: _expression(given[name]) for name in names if name in given}
    if node.args.kwarg:
        rest = {name: _expression(value) for name, value in more.items() if name not in names}
        values[node.args.kwarg.arg] = rest
    return values


def _expression(value: Any) -> ast.expr:
    return value if isinstance(value, ast.expr) else ast.parse(repr(value), mode="eval").body


def _names_of_ours(module: str, node: ast.AST) -> Iterator[tuple[str, str]]:
    """(module, name) of each `module.name` where the module is one of ours."""
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            imported = _module_of_ours(module, part.value.id)
            if imported:
                yield imported, part.attr


def _module_of_ours(module: str, name: str) -> str | None:
    node = _top_level(module).get(name)
    if isinstance(node, ast.ImportFrom) and _is_module(f"{node.module}.{name}", OURS):
        return f"{node.module}.{name}"
    return None


class _Inliner(ast.NodeTransformer):
    """Puts arguments in place, and works out what is a plain value then."""

    def __init__(self, module: str, values: Mapping[str, Any]) -> None:
        self._module, self._values = module, values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self._values.get(node.id, node)
        return copy.deepcopy(value) if isinstance(value, ast.expr) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if node.attr == "function" and ast.unparse(node).startswith(("find(", "ACTIVATIONS[")):
            return ast.Name("activation", ast.Load())
        if isinstance(node.value, ast.Name) and _module_of_ours(self._module, node.value.id):
            return ast.Name(node.attr, ast.Load())
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        keywords = []
        for keyword in node.keywords:
            name = keyword.value.id if isinstance(keyword.value, ast.Name) else ""
            if keyword.arg is None and isinstance(self._values.get(name), dict):
                keywords += [ast.keyword(key, value) for key, value in self._values[name].items()]
            else:
                keywords.append(keyword)
        node.keywords = keywords
        return _folded(self.generic_visit(node))

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        return _folded(self.generic_visit(node))

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        return _folded(self.generic_visit(node))


def _folded(node: Any) -> ast.expr:
    """`(20,)[0]`, `int('14')` and `0.9 > 0` worked out; anything that names more stays."""
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call | ast.Attribute)]
    if not names <= {"int", "len"} or (calls and not names):
        return node
    text = ast.unparse(ast.fix_missing_locations(node))
    return _expression(eval(text, {"__builtins__": {"int": int, "len": len}}))
