"""What the registry says about one activation function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import InvalidRequest
from core.options import Option

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Parameter:
    """A number that shapes the function; `name` is the keyword of its function, `symbol` its LaTeX."""

    name: str
    symbol: str
    default: float
    low: float
    high: float
    step: float


@dataclass(frozen=True)
class Paper:
    """Where a function was introduced to neural networks, or made common there; no year without a paper."""

    authors: str
    year: int | None
    title: str
    url: str | None = None


@dataclass(frozen=True)
class Activation:
    """One elementwise activation function.

    function and derivative accept a tensor of any shape and the parameters by keyword, and keep shape and
    dtype. At a kink both follow torch's choice of one side.
    """

    name: str
    latex: str
    derivative_latex: str
    range_latex: str  # empty for a typed function, of which only its properties tell it
    function: Callable[..., Tensor]  # differentiable by autograd
    derivative: Callable[..., Tensor]  # the closed form, with which tests compare autograd
    source: Paper
    note: str
    # The function as it would be typed, of x and the parameters by name: of this the compiled engine
    # makes its own; empty where it cannot be written so.
    expression: str = ""
    parameters: tuple[Parameter, ...] = ()
    unfit: str = ""  # why no network can be trained through it; empty where one can
    superlinear: bool = False  # grows faster than x: deep stacks without normalization overflow
    aliases: tuple[str, ...] = ()  # other names, for searches
    use: str = ""  # where it is used in practice
    note_zh: str = ""  # the note in Simplified Chinese
    # f(x) and f'(x) free of overflow and rounding; None where there is none, NaN where that is not known.
    exact: Callable[[float], tuple[float | None, float | None]] | None = None

    @property
    def options(self) -> dict[str, Option]:
        """The parameters as options, by name."""
        return {
            entry.name: Option(
                f"the parameter {entry.symbol}", entry.default, entry.low, entry.high, kind=float
            )
            for entry in self.parameters
        }

    def with_defaults(self, given: Mapping[str, float] | None = None) -> dict[str, float]:
        """All parameters: the given ones, and the default of each other.

        Raises InvalidRequest for an unknown name or a value outside the parameter's range.
        """
        given = given or {}
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, value in given.items():
            if name not in known:
                allowed = f"it has {', '.join(known)}" if known else "it has none"
                raise InvalidRequest(f"{self.name} has no parameter {name!r}; {allowed}.")
            low, high = known[name].low, known[name].high
            if not low <= value <= high:
                raise InvalidRequest(
                    f"{name} of {self.name} is {value:g}; it must lie between {low:g} and {high:g}."
                )
        return {name: float(given.get(name, parameter.default)) for name, parameter in known.items()}
