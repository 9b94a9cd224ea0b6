"""The chain rule's line for one weight: its factors from the loss back to it, as symbols and as numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.backpropagation.network import EDGES, FUNCTIONS, Network, Values


@dataclass(frozen=True)
class Factor:
    """One derivative of the chain: as it is written, what it is equal to, and its number."""

    derivative: str
    equals: str
    value: float


def chain(network: Network, values: Values, edge: str) -> tuple[Factor, ...]:
    """The factors whose product is the derivative of the loss by this weight, the loss first."""
    slope = FUNCTIONS[network.activation].slope
    factors = [
        Factor(_by("L", "o"), "o - y", values.o - network.y),
        Factor(_by("o", "z"), "f'(z)", slope(values.z)),
    ]
    unit = EDGES[edge].target
    if unit != "o":
        j = unit[-1]
        of_hidden = slope(getattr(values, f"z{j}"))
        factors += [
            Factor(_by("z", f"h_{j}"), f"v_{j}", network.weights[f"v{j}"]),
            Factor(_by(f"h_{j}", f"z_{j}"), f"f'(z_{j})", of_hidden),
        ]
    return (*factors, _last(network, values, edge))


def _last(network: Network, values: Values, edge: str) -> Factor:
    """What a unit's sum changes by with the weight itself: what the weight is multiplied by."""
    source, target = EDGES[edge].source, EDGES[edge].target
    z = "z" if target == "o" else f"z_{target[-1]}"
    by = {"one": 1.0, "x1": network.x1, "x2": network.x2, "h1": values.h1, "h2": values.h2}[source]
    name = "1" if source == "one" else f"{source[0]}_{source[1]}"
    return Factor(_by(z, EDGES[edge].latex), name, by)


def _by(what: str, variable: str) -> str:
    return rf"\frac{{\partial {what}}}{{\partial {variable}}}"


def equation(network: Network, values: Values, edge: str) -> str:
    """The whole line in LaTeX, in four rows: symbols, what these are equal to, numbers, their product."""
    factors = chain(network, values, edge)
    left = _by("L", EDGES[edge].latex)
    rows = (
        r" \cdot ".join(factor.derivative for factor in factors),
        r" \cdot ".join(
            f"({factor.equals})" if " " in factor.equals else factor.equals for factor in factors
        ),
        r" \cdot ".join(_written(factor.value) for factor in factors),
        _written(math.prod(factor.value for factor in factors)),
    )
    return rf"\begin{{aligned}} {left} &= " + r" \\ &= ".join(rows) + r" \end{aligned}"


def _written(value: float) -> str:
    """A number of four digits, in parentheses where it is negative."""
    text = f"{value:.4g}"
    if "e" in text:
        digits, power = text.split("e")
        text = rf"{digits} \times 10^{{{int(power)}}}"
    return f"({text})" if value < 0 else text
