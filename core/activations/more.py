"""Further activation functions: the piecewise linear and the smooth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.activations.activation import Activation, Paper, Parameter
from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F
else:
    torch = LazyModule("torch")
    F = LazyModule("torch.nn.functional")

PIECEWISE: dict[str, Activation] = {
    "relu6": Activation(
        name="ReLU6",
        latex=r"f(x) = \min(\max(0, x), 6)",
        derivative_latex=r"f'(x) = \begin{cases} 1 & 0 < x < 6 \\ 0 & \text{otherwise} \end{cases}",
        range_latex=r"[0, 6]",
        function=lambda x: F.relu6(x),
        derivative=lambda x: ((x > 0) & (x < 6)).to(x.dtype),
        source=Paper(
            "Howard et al.",
            2017,
            "MobileNets: efficient convolutional neural networks for mobile vision applications",
            "https://arxiv.org/abs/1704.04861",
        ),
        note="ReLU cut off at 6, so that numbers of few bits can hold its output. Used in MobileNet.",
    ),
    "hardtanh": Activation(
        name="Hard Tanh",
        latex=r"f(x) = \min(\max(-1, x), 1)",
        derivative_latex=r"f'(x) = \begin{cases} 1 & -1 < x < 1 \\ 0 & \text{otherwise} \end{cases}",
        range_latex=r"[-1, 1]",
        function=lambda x: F.hardtanh(x),
        derivative=lambda x: ((x > -1) & (x < 1)).to(x.dtype),
        source=Paper(
            "Collobert et al.",
            2011,
            "Natural language processing (almost) from scratch",
            "https://arxiv.org/abs/1103.0398",
        ),
        note="Tanh made of three straight lines; outside [−1, 1] no gradient passes at all.",
    ),
    "hardsigmoid": Activation(
        name="Hard Sigmoid",
        latex=r"f(x) = \tfrac{1}{6} \min\bigl(\max(x + 3, 0), 6\bigr)",
        derivative_latex=r"f'(x) = \begin{cases} \tfrac{1}{6} & -3 < x < 3 \\ "
        r"0 & \text{otherwise} \end{cases}",
        range_latex=r"[0, 1]",
        function=lambda x: F.hardsigmoid(x),
        derivative=lambda x: ((x > -3) & (x < 3)).to(x.dtype) / 6,
        source=Paper("Howard et al.", 2019, "Searching for MobileNetV3", "https://arxiv.org/abs/1905.02244"),
        note="Sigmoid made of three straight lines: no exponential, but no gradient beyond ±3 either.",
    ),
}

SMOOTH: dict[str, Activation] = {
    "celu": Activation(
        name="CELU",
        latex=r"f(x) = \begin{cases} x & x > 0 \\ \alpha\,(e^{x / \alpha} - 1) & x \le 0 \end{cases}",
        derivative_latex=r"f'(x) = \begin{cases} 1 & x > 0 \\ e^{x / \alpha} & x \le 0 \end{cases}",
        range_latex=r"(-\alpha, \infty)",
        function=lambda x, alpha=1.0: F.celu(x, alpha),
        derivative=lambda x, alpha=1.0: torch.exp(x.clamp(max=0) / alpha),
        parameters=(Parameter("alpha", r"\alpha", 1.0, 0.1, 3.0, 0.1),),
        source=Paper(
            "Barron",
            2017,
            "Continuously differentiable exponential linear units",
            "https://arxiv.org/abs/1704.07483",
        ),
        note="An ELU whose slope meets at 0 whatever its α.",
    ),
    "gelu_tanh": Activation(
        name="GELU (tanh)",
        latex=r"f(x) = \frac{x}{2} (1 + \tanh u), \quad u = \sqrt{2 / \pi}\,(x + 0.044715\,x^3)",
        derivative_latex=r"f'(x) = \frac{1 + \tanh u}{2} + \frac{x}{2} (1 - \tanh^2 u) \sqrt{2 / \pi}\,"
        r"(1 + 0.134145\,x^2)",
        range_latex=r"[-0.170, \infty)",
        function=lambda x: F.gelu(x, approximate="tanh"),
        derivative=lambda x: _gelu_tanh_derivative(x),
        source=Paper(
            "Hendrycks & Gimpel",
            2016,
            "Gaussian error linear units (GELUs)",
            "https://arxiv.org/abs/1606.08415",
        ),
        note="GELU with tanh in place of the error function, within 0.0005 of it. Used in GPT-2.",
    ),
    "log_sigmoid": Activation(
        name="Log Sigmoid",
        latex=r"f(x) = \ln \sigma(x) = -\ln(1 + e^{-x})",
        derivative_latex=r"f'(x) = \sigma(-x)",
        range_latex=r"(-\infty, 0)",
        function=lambda x: F.logsigmoid(x),
        derivative=lambda x: torch.sigmoid(-x),
        source=Paper(
            "Mnih & Teh",
            2012,
            "A fast and simple algorithm for training neural probabilistic language models",
            "https://arxiv.org/abs/1206.6426",
        ),
        note="The logarithm of a probability, without underflow. Used in losses more than inside networks.",
    ),
    "tanhshrink": Activation(
        name="Tanhshrink",
        latex=r"f(x) = x - \tanh x",
        derivative_latex=r"f'(x) = \tanh^2 x",
        range_latex=r"(-\infty, \infty)",
        function=lambda x: F.tanhshrink(x),
        derivative=lambda x: torch.tanh(x) ** 2,
        source=Paper(
            "Paszke et al.",
            2019,
            "PyTorch: an imperative style, high-performance deep learning library",
            "https://arxiv.org/abs/1912.01703",
        ),
        note="What tanh takes away from x: flat at 0, so small signals fade in stacks.",
    ),
    "arctan": Activation(
        name="Arctan",
        latex=r"f(x) = \arctan x",
        derivative_latex=r"f'(x) = \frac{1}{1 + x^2}",
        range_latex=r"(-1.5708, 1.5708)",
        function=lambda x: torch.atan(x),
        derivative=lambda x: 1 / (1 + x**2),
        source=Paper(
            "Kamruzzaman & Aziz",
            2002,
            "A note on activation function in multilayer feedforward learning",
            "https://doi.org/10.1109/IJCNN.2002.1005526",
        ),
        note="Like tanh with limits ±π/2 that it nears slowly: its gradient fades with 1/x².",
    ),
    "isru": Activation(
        name="ISRU",
        latex=r"f(x) = \frac{x}{\sqrt{1 + x^2}}",
        derivative_latex=r"f'(x) = (1 + x^2)^{-3/2}",
        range_latex=r"(-1, 1)",
        function=lambda x: x * torch.rsqrt(1 + x**2),
        derivative=lambda x: torch.rsqrt(1 + x**2) ** 3,
        source=Paper(
            "Carlile, Delamarter, Kinney, Marti & Whitney",
            2017,
            "Improving deep learning by inverse square root linear units (ISRLUs)",
            "https://arxiv.org/abs/1710.09967",
        ),
        note="An S-shape from one inverse square root, with no exponential to compute.",
    ),
    "bent_identity": Activation(
        name="Bent Identity",
        latex=r"f(x) = \frac{\sqrt{x^2 + 1} - 1}{2} + x",
        derivative_latex=r"f'(x) = \frac{x}{2 \sqrt{x^2 + 1}} + 1",
        range_latex=r"(-\infty, \infty)",
        function=lambda x: (torch.sqrt(x**2 + 1) - 1) / 2 + x,
        derivative=lambda x: x * torch.rsqrt(x**2 + 1) / 2 + 1,
        source=Paper(
            "Dubey, Singh & Chaudhuri",
            2022,
            "Activation functions in deep learning: a comprehensive survey and benchmark",
            "https://arxiv.org/abs/2109.14545",
        ),
        note="A line whose slope bends from ½ to 1½, so a gradient passes everywhere.",
    ),
}


def _gelu_tanh_derivative(x: torch.Tensor) -> torch.Tensor:
    t = torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
    # Where 1 - t² is 0 the factor beside it may be large but stays finite: x³ is under 1e13 at ±1e4.
    return (1 + t) / 2 + x / 2 * (1 - t**2) * math.sqrt(2 / math.pi) * (1 + 0.134145 * x**2)
