"""The activation of a run in JAX or Keras: each function of torch in its expression by one of theirs."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """Where a framework has NumPy's functions, those of networks, and the error function."""

    np: str
    nn: str
    erf: str


JAX = Names("jnp", "jax.nn", "jax.lax.erf")
KERAS = Names("ops", "ops", "ops.erf")

# By torch's name, and the names of arguments where these matter: the same of its arguments {0}, {1} and {2},
# and of those by name. What has a kink is written out, as frameworks do not agree on the slope there: images
# have many pixels that are exactly zero.
_HARD_SIGMOID = "{np}.where({0} <= -3, 0.0, {np}.where({0} >= 3, 1.0, {0} / 6 + 0.5))"
_EXPM1_BELOW_ZERO = "{np}.expm1({np}.where({0} > 0, 0.0, {0})"
_ALIKE = ("cos", "cosh", "exp", "expm1", "log", "log1p", "sign", "sin", "sinh", "sqrt", "tan", "tanh", "abs")
_TRANSLATIONS = {
    "F.relu": "{nn}.relu({0})",
    "F.leaky_relu": "{np}.where({0} > 0, {0}, {negative_slope} * {0})",
    "F.elu": "{np}.where({0} > 0, {0}, {alpha} * " + _EXPM1_BELOW_ZERO + "))",
    "F.celu": "{np}.where({0} > 0, {0}, {alpha} * " + _EXPM1_BELOW_ZERO + " / {alpha}))",
    "F.selu": "1.0507009873554805 * {np}.where({0} > 0, {0}, 1.6732632423543772 * "
    + _EXPM1_BELOW_ZERO
    + "))",
    "F.softplus": "{nn}.softplus({0})",
    "F.gelu": "{nn}.gelu({0}, approximate=False)",
    "F.gelu(approximate)": "{nn}.gelu({0}, approximate=True)",
    "F.silu": "{nn}.silu({0})",
    "F.mish": "{0} * {np}.tanh({nn}.softplus({0}))",
    "F.hardswish": "{0} * " + _HARD_SIGMOID,
    "F.hardsigmoid": _HARD_SIGMOID,
    "F.softsign": "{0} / (1 + {np}.abs({0}))",
    "F.relu6": "{np}.where({0} <= 0, 0.0, {np}.where({0} >= 6, 6.0, {0}))",
    "F.hardtanh": "{np}.where({0} <= {min_val}, {min_val}, {np}.where({0} >= {max_val}, {max_val}, {0}))",
    "F.threshold": "{np}.where({0} > {1}, {0}, {2})",
    "F.softshrink": "{np}.where({0} > {1}, {0} - {1}, {np}.where({0} < -{1}, {0} + {1}, 0.0))",
    "F.hardshrink": "{np}.where({np}.abs({0}) > {1}, {0}, 0.0)",
    "F.logsigmoid": "{nn}.log_sigmoid({0})",
    "F.tanhshrink": "{0} - {np}.tanh({0})",
    "torch.sigmoid": "{nn}.sigmoid({0})",
    "torch.atan": "{np}.arctan({0})",
    "torch.erf": "{erf}({0})",
    "torch.rsqrt": "1 / {np}.sqrt({0})",
    "torch.where": "{np}.where({0}, {1}, {2})",
    "torch.maximum": "{np}.maximum({0}, {1})",
    "torch.minimum": "{np}.minimum({0}, {1})",
    ".clamp(max)": "{np}.where({0} <= {max}, {0}, {max})",
    ".clamp(min)": "{np}.where({0} >= {min}, {0}, {min})",
    **{f"torch.{name}": "{np}." + name + "({0})" for name in _ALIKE},
}


def translated(source: str, names: Names) -> str:
    """What core/export/activation_source.py wrote, in the functions of a framework.

    Raises LookupError for a function of torch that is not in the table.
    """
    return ast.unparse(_Translator(names).visit(ast.parse(source, mode="eval")))


class _Translator(ast.NodeTransformer):
    def __init__(self, names: Names) -> None:
        self.names = names

    def visit_Call(self, call: ast.Call) -> ast.expr:
        """A call of a function that the framework has, for one of torch."""
        assert isinstance(call.func, ast.Attribute)
        arguments = list(call.args)
        if isinstance(call.func.value, ast.Name) and call.func.value.id in ("torch", "F"):
            name = ast.unparse(call.func)
        else:  # a method of a tensor
            name, arguments = f".{call.func.attr}", [call.func.value, *arguments]
        given = {str(keyword.arg): keyword.value for keyword in call.keywords}
        template = _TRANSLATIONS.get(f"{name}({','.join(sorted(given))})") or _TRANSLATIONS.get(name)
        # torch.nn.functional.softplus has a second argument, which no activation of a network sets.
        if template is None or (name == "F.softplus" and any(ast.unparse(a) != "1.0" for a in arguments[1:])):
            raise LookupError(f"{ast.unparse(call)} has no translation")
        texts = [f"({ast.unparse(self.visit(argument))})" for argument in arguments]
        by_name = {key: ast.unparse(self.visit(value)) for key, value in given.items()}
        filled = template.format(*texts, **by_name, **vars(self.names))
        return ast.parse(filled, mode="eval").body
