"""Functions of more than one input: gated linear units, of a value and a gate, and softmax, of a vector."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.activations.activation import Paper
from core.activations.registry import ACTIVATIONS
from core.errors import InvalidRequest
from core.lazy import LazyModule
from core.tables import csv_text

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = LazyModule("torch")

_SHAZEER = Paper("Shazeer", 2020, "GLU variants improve transformer", "https://arxiv.org/abs/2002.05202")


@dataclass(frozen=True)
class Gated:
    """One gated linear unit: the value a, multiplied by the gate g(b), f(a, b) = a g(b).

    function takes a and b, tensors of the same shape (usually the two halves of a linear layer's output), and
    gives that shape. gradients gives df/da and df/db, in closed form. gate is g's key in ACTIVATIONS.
    """

    name: str
    latex: str
    gradients_latex: str
    gate: str
    source: Paper
    use: str
    note: str
    note_zh: str

    def function(self, a: Tensor, b: Tensor) -> Tensor:
        return a * ACTIVATIONS[self.gate].function(b)

    def gradients(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        return ACTIVATIONS[self.gate].function(b), a * ACTIVATIONS[self.gate].derivative(b)


GATED: dict[str, Gated] = {
    "glu": Gated(
        name="GLU",
        latex=r"f(a, b) = a\,\sigma(b)",
        gradients_latex=r"\nabla f = \bigl(\sigma(b),\; a\,\sigma(b)\,(1 - \sigma(b))\bigr)",
        gate="sigmoid",
        source=Paper(
            "Dauphin, Fan, Auli & Grangier",
            2016,
            "Language modeling with gated convolutional networks",
            "https://arxiv.org/abs/1612.08083",
        ),
        use="Gated convolutions for text, speech recognition (Conformer).",
        note="One half of a layer decides how much of the other half passes, between none and all.",
        note_zh="一层的一半决定另一半通过多少，介于全不与全部之间。",
    ),
    "swiglu": Gated(
        name="SwiGLU",
        latex=r"f(a, b) = a\,b\,\sigma(b)",
        gradients_latex=r"\nabla f = \bigl(b\,\sigma(b),\; a\,\sigma(b)\,(1 + b\,(1 - \sigma(b)))\bigr)",
        gate="silu",
        source=_SHAZEER,
        use="The feed-forward layers of Llama, PaLM and most later language models.",
        note="A gate that is a SiLU: it can amplify the value, or change its sign.",
        note_zh="以 SiLU 为门：可以放大数值，也可以使其变号；Llama 的前馈层使用。",
    ),
    "geglu": Gated(
        name="GEGLU",
        latex=r"f(a, b) = a\,b\,\Phi(b)",
        gradients_latex=r"\nabla f = \bigl(b\,\Phi(b),\; a\,(\Phi(b) + b\,\varphi(b))\bigr)",
        gate="gelu",
        source=_SHAZEER,
        use="The feed-forward layers of T5 1.1 and Gemma.",
        note="A gate that is a GELU; in the paper, with SwiGLU, the best of the family.",
        note_zh="以 GELU 为门；与 SwiGLU 同为论文中效果最好的变体。",
    ),
    "reglu": Gated(
        name="ReGLU",
        latex=r"f(a, b) = a \max(0, b)",
        gradients_latex=r"\nabla f = \bigl(\max(0, b),\; a\,[b > 0]\bigr)",
        gate="relu",
        source=_SHAZEER,
        use="Transformers for tables; language models whose zeros are skipped.",
        note="A gate that is a ReLU: where it is closed, no gradient passes to either side.",
        note_zh="以 ReLU 为门：门关闭时两侧都没有梯度。",
    ),
    "bilinear": Gated(
        name="Bilinear",
        latex=r"f(a, b) = a\,b",
        gradients_latex=r"\nabla f = (b,\; a)",
        gate="identity",
        source=_SHAZEER,
        use="Interpretability research; rarely elsewhere.",
        note="No activation at all: the product of two linear maps is nonlinear enough to learn with.",
        note_zh="没有激活函数：两个线性映射的乘积本身就是非线性的。",
    ),
}


@dataclass(frozen=True)
class OfVector:
    """A function of a whole vector: function(x) acts on the last axis and keeps the shape.

    jacobian takes x of shape (n,) and gives (n, n), df_i/dx_j at [i, j], in closed form.
    """

    name: str
    latex: str
    jacobian_latex: str
    function: Callable[[Tensor], Tensor]
    jacobian: Callable[[Tensor], Tensor]
    source: Paper
    use: str
    note: str
    note_zh: str


OF_VECTOR: dict[str, OfVector] = {
    "softmax": OfVector(
        name="Softmax",
        latex=r"f(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
        jacobian_latex=r"\frac{\partial f_i}{\partial x_j} = f_i\,(\delta_{ij} - f_j)",
        function=lambda x: torch.softmax(x, -1),
        jacobian=lambda x: torch.diag(_softmax(x)) - torch.outer(_softmax(x), _softmax(x)),
        source=Paper(
            "Bridle",
            1990,
            "Probabilistic interpretation of feedforward classification network outputs, with relationships "
            "to statistical pattern recognition",
            "https://doi.org/10.1007/978-3-642-76153-9_28",
        ),
        use="The output of classifiers, and attention.",
        note="Makes any numbers probabilities: all above 0, with the sum 1. Adding the same to all changes "
        "nothing.",
        note_zh="把任意一组数变成概率：都大于 0，总和为 1。",
    ),
    "log_softmax": OfVector(
        name="Log Softmax",
        latex=r"f(x)_i = x_i - \ln \sum_j e^{x_j}",
        jacobian_latex=r"\frac{\partial f_i}{\partial x_j} = \delta_{ij} - \operatorname{softmax}(x)_j",
        function=lambda x: torch.log_softmax(x, -1),
        jacobian=lambda x: torch.eye(len(x), dtype=x.dtype) - _softmax(x),
        source=Paper(
            "Bridle",
            1990,
            "Probabilistic interpretation of feedforward classification network outputs, with relationships "
            "to statistical pattern recognition",
            "https://doi.org/10.1007/978-3-642-76153-9_28",
        ),
        use="Inside the cross-entropy loss.",
        note="The logarithm of softmax without underflow: probabilities too small to write keep a gradient.",
        note_zh="softmax 的对数，不会下溢；用于交叉熵损失。",
    ),
}


def _softmax(x: torch.Tensor) -> torch.Tensor:
    return torch.softmax(x, -1)


@dataclass(frozen=True)
class VectorOutput:
    """A function of a vector at logits / temperature: float64 arrays."""

    temperature: float
    logits: np.ndarray  # (n,)
    outputs: np.ndarray  # (n,)
    jacobian: np.ndarray  # (n, n), derivatives by the logits, which the temperature divides

    @property
    def largest_slope(self) -> float:
        """The largest absolute derivative: the factor of a gradient in the best case."""
        return float(np.abs(self.jacobian).max())


def at_temperature(key: str, logits: Sequence[float], temperature: float = 1.0) -> VectorOutput:
    """Outputs and Jacobian of a function of OF_VECTOR. Source of the temperature: Hinton et al. 2015.

    Raises InvalidRequest for an unknown function, a temperature of 0 or less, or logits that are not finite.
    """
    if key not in OF_VECTOR:
        raise InvalidRequest(f"There is no function of a vector {key!r}; there are {', '.join(OF_VECTOR)}.")
    if not 0 < temperature < math.inf:
        raise InvalidRequest(f"The temperature is {temperature:g}; it must be above 0 and finite.")
    if not logits or not all(map(math.isfinite, logits)):
        raise InvalidRequest("Logits must be finite numbers, at least one.")
    x = torch.tensor(list(logits), dtype=torch.float64, device="cpu") / temperature
    function = OF_VECTOR[key]
    return VectorOutput(
        temperature,
        np.array(logits, float),
        function.function(x).numpy(),
        function.jacobian(x).numpy() / temperature,
    )


def over_temperatures(
    key: str, logits: Sequence[float], low: float = 0.05, high: float = 20.0, points: int = 121
) -> list[VectorOutput]:
    """The function at temperatures from low to high, evenly in their logarithm."""
    return [at_temperature(key, logits, float(t)) for t in np.geomspace(low, high, points)]


def over_first_logit(
    key: str, logits: Sequence[float], temperature: float = 1.0, reach: float = 10.0, points: int = 121
) -> list[VectorOutput]:
    """The function while its first logit runs evenly from -reach to reach and the others stay."""
    first = np.linspace(-reach, reach, points)
    return [at_temperature(key, [float(logit), *logits[1:]], temperature) for logit in first]


def at_point(key: str, a: float, b: float) -> tuple[float, float, float]:
    """f, df/da and df/db of a gated unit at one point.

    Raises InvalidRequest for an unknown unit.
    """
    if key not in GATED:
        raise InvalidRequest(f"There is no gated unit {key!r}; there are {', '.join(GATED)}.")
    value, gate = (torch.tensor(number, dtype=torch.float64, device="cpu") for number in (a, b))
    by_value, by_gate = GATED[key].gradients(value, gate)
    return float(GATED[key].function(value, gate)), float(by_value), float(by_gate)


def outputs_csv(every: Sequence[VectorOutput]) -> str:
    """As CSV, a row for each output for three logits: temperature, logits, outputs and the largest slope."""
    heads = ("temperature", "x1", "x2", "x3", "f1", "f2", "f3", "largest slope")
    return csv_text(heads, ([one.temperature, *one.logits, *one.outputs, one.largest_slope] for one in every))
