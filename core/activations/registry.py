"""Every activation function of Nablascope. To add one, add an entry; the page and the tests pick it up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.activations.activation import Activation, Paper, Parameter
from core.activations.piecewise import PIECEWISE
from core.activations.smooth import SMOOTH
from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F
else:
    torch = LazyModule("torch")
    F = LazyModule("torch.nn.functional")

# SELU's two constants (Klambauer et al. 2017): with them mean 0 and variance 1 are a fixed point.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805

ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(
        name="Identity",
        expression="x",
        latex=r"f(x) = x",
        derivative_latex=r"f'(x) = 1",
        range_latex=r"(-\infty, \infty)",
        function=lambda x: x,
        derivative=lambda x: torch.ones_like(x),
        source=Paper(
            "Widrow & Hoff", 1960, "Adaptive switching circuits", "https://doi.org/10.21236/AD0241531"
        ),
        note="No activation at all: layers of it, however many, make one linear map. Used on the output of a "
        "regression.",
        aliases=("linear",),
        use="The output of a regression.",
        note_zh="不做任何变换：多少层叠在一起仍是一个线性映射。",
    ),
    "sigmoid": Activation(
        name="Sigmoid",
        expression="sigmoid(x)",
        latex=r"f(x) = \sigma(x) = \frac{1}{1 + e^{-x}}",
        derivative_latex=r"f'(x) = \sigma(x)\,(1 - \sigma(x))",
        range_latex=r"(0, 1)",
        function=lambda x: torch.sigmoid(x),
        derivative=lambda x: torch.sigmoid(x) * torch.sigmoid(-x),
        source=Paper(
            "Rumelhart, Hinton & Williams",
            1986,
            "Learning representations by back-propagating errors",
            "https://doi.org/10.1038/323533a0",
        ),
        note="Turns any number into a probability. 96.4% of its range lies between x = −4 and 4; outside, "
        "and in deep stacks, gradients vanish. Used for gates and yes/no outputs.",
        aliases=("logistic",),
        use="Yes/no outputs, and gates of LSTM and GRU.",
        note_zh="把任意实数压到 0 与 1 之间；两端饱和，深层网络中梯度消失。",
    ),
    "tanh": Activation(
        name="Tanh",
        expression="tanh(x)",
        latex=r"f(x) = \tanh x = 2\,\sigma(2x) - 1",
        derivative_latex=r"f'(x) = 1 - \tanh^2 x",
        range_latex=r"(-1, 1)",
        function=lambda x: torch.tanh(x),
        derivative=lambda x: 1 - torch.tanh(x) ** 2,
        source=Paper(
            "LeCun, Bottou, Orr & Müller",
            1998,
            "Efficient BackProp",
            "https://doi.org/10.1007/3-540-49430-8_2",
        ),
        note="A sigmoid stretched to be symmetric about 0, with a slope of 1 there. The default inside "
        "recurrent networks.",
        aliases=("hyperbolic tangent",),
        use="Inside recurrent networks.",
        note_zh="以 0 为中心的 S 形曲线，在 0 处斜率为 1。",
    ),
    "relu": Activation(
        name="ReLU",
        expression="relu(x)",
        latex=r"f(x) = \max(0, x)",
        derivative_latex=r"f'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}",
        range_latex=r"[0, \infty)",
        function=lambda x: F.relu(x),
        derivative=lambda x: (x > 0).to(x.dtype),
        source=Paper(
            "Nair & Hinton",
            2010,
            "Rectified linear units improve restricted Boltzmann machines",
            "https://icml.cc/Conferences/2010/papers/432.pdf",
        ),
        note="Cheap, and passes gradients undiminished where it is on. A unit that is off for all inputs "
        "gets no gradient and stays off: it is dead. The standard choice in convolutional networks.",
        aliases=("rectifier", "rectified linear unit", "ramp"),
        use="The default of convolutional networks.",
        note_zh="便宜，导通时梯度不衰减；一直关闭的单元会死亡。",
    ),
    "leaky_relu": Activation(
        name="Leaky ReLU",
        expression="relu(x) + negative_slope*min(x, 0)",
        latex=r"f(x) = \begin{cases} x & x > 0 \\ \alpha x & x \le 0 \end{cases}",
        derivative_latex=r"f'(x) = \begin{cases} 1 & x > 0 \\ \alpha & x \le 0 \end{cases}",
        range_latex=r"(-\infty, \infty)",
        function=lambda x, negative_slope=0.01: F.leaky_relu(x, negative_slope),
        derivative=lambda x, negative_slope=0.01: torch.where(x > 0, 1.0, negative_slope).to(x.dtype),
        parameters=(Parameter("negative_slope", r"\alpha", 0.01, 0.01, 1.0, 0.01),),
        source=Paper(
            "Maas, Hannun & Ng",
            2013,
            "Rectifier nonlinearities improve neural network acoustic models",
            "https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf",
        ),
        note="ReLU with a small slope on the left, so that no unit is ever without a gradient.",
        aliases=("LReLU",),
        use="Discriminators of GANs; networks whose ReLU units die.",
        note_zh="负半轴保留小斜率的 ReLU，单元不会死亡。",
    ),
    "elu": Activation(
        name="ELU",
        expression="relu(x) + alpha*(exp(min(x, 0)) - 1)",
        latex=r"f(x) = \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases}",
        derivative_latex=r"f'(x) = \begin{cases} 1 & x > 0 \\ \alpha\,e^x & x \le 0 \end{cases}",
        range_latex=r"(-\alpha, \infty)",
        function=lambda x, alpha=1.0: F.elu(x, alpha),
        derivative=lambda x, alpha=1.0: torch.where(x > 0, 1.0, alpha * torch.exp(x.clamp(max=0))),
        parameters=(Parameter("alpha", r"\alpha", 1.0, 0.1, 3.0, 0.1),),
        source=Paper(
            "Clevert, Unterthiner & Hochreiter",
            2015,
            "Fast and accurate deep network learning by exponential linear units (ELUs)",
            "https://arxiv.org/abs/1511.07289",
        ),
        note="ReLU with a soft floor of -α, which brings the mean output nearer to 0.",
        aliases=("exponential linear unit",),
        use="Fully connected networks without normalization.",
        note_zh="左侧平滑趋于 -α 的 ReLU，使输出均值更接近 0。",
    ),
    "selu": Activation(
        name="SELU",
        expression="1.0507009873554805*(relu(x) + 1.6732632423543772*(exp(min(x, 0)) - 1))",
        latex=r"f(x) = \lambda \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases}",
        derivative_latex=r"f'(x) = \lambda \begin{cases} 1 & x > 0 \\ \alpha\,e^x & x \le 0 \end{cases}",
        range_latex=r"(-\lambda\alpha, \infty) \approx (-1.758, \infty)",
        function=lambda x: F.selu(x),
        derivative=lambda x: SELU_SCALE * torch.where(x > 0, 1.0, SELU_ALPHA * torch.exp(x.clamp(max=0))),
        source=Paper(
            "Klambauer, Unterthiner, Mayr & Hochreiter",
            2017,
            "Self-normalizing neural networks",
            "https://arxiv.org/abs/1706.02515",
        ),
        note="An ELU scaled so that, with LeCun normal weights, each layer's output keeps mean 0 and "
        "variance 1: λ ≈ 1.0507, α ≈ 1.6733.",
        aliases=("scaled exponential linear unit",),
        use="Deep fully connected networks with LeCun normal weights.",
        note_zh="自归一化的 ELU：配合 LeCun 初始化，各层保持均值 0、方差 1。",
    ),
    "softplus": Activation(
        name="Softplus",
        expression="softplus(beta*x)/beta",
        latex=r"f(x) = \frac{1}{\beta} \ln\left(1 + e^{\beta x}\right)",
        derivative_latex=r"f'(x) = \sigma(\beta x)",
        range_latex=r"(0, \infty)",
        function=lambda x, beta=1.0: F.softplus(x, beta),
        derivative=lambda x, beta=1.0: torch.sigmoid(beta * x),
        parameters=(Parameter("beta", r"\beta", 1.0, 0.1, 10.0, 0.1),),
        source=Paper(
            "Dugas, Bengio, Bélisle, Nadeau & Garcia",
            2000,
            "Incorporating second-order functional knowledge for better option pricing",
            "https://papers.neurips.cc/paper_files/paper/2000/hash/44968aece94f667e4095002d140b5896-Abstract.html",
        ),
        note="A smooth ReLU that is always above 0; its slope is the sigmoid. Used where an output must be "
        "positive, such as a variance.",
        aliases=("smooth ReLU",),
        use="Outputs that must be positive, such as a variance.",
        note_zh="平滑的 ReLU，输出恒为正，其斜率就是 sigmoid。",
    ),
    "gelu": Activation(
        name="GELU",
        expression="gelu(x)",
        latex=r"f(x) = x\,\Phi(x) = \frac{x}{2}\left(1 + \operatorname{erf}\frac{x}{\sqrt 2}\right)",
        derivative_latex=r"f'(x) = \Phi(x) + x\,\varphi(x)",
        range_latex=r"[-0.170, \infty)",
        function=lambda x: F.gelu(x),
        derivative=lambda x: (
            0.5 * torch.erfc(-x / math.sqrt(2)) + x * torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        ),
        source=Paper(
            "Hendrycks & Gimpel",
            2016,
            "Gaussian error linear units (GELUs)",
            "https://arxiv.org/abs/1606.08415",
        ),
        note="Weighs x by the probability Φ(x) that a standard normal sample is below it. Its minimum is "
        "−0.170 at x = −0.752. The standard choice in BERT, GPT and their kin.",
        aliases=("Gaussian error linear unit",),
        use="BERT, GPT and vision transformers.",
        note_zh="用标准正态分布函数给 x 加权；Transformer 的常用选择。",
    ),
    "silu": Activation(
        name="SiLU",
        expression="silu(x)",
        latex=r"f(x) = x\,\sigma(x)",
        derivative_latex=r"f'(x) = \sigma(x)\,\bigl(1 + x\,(1 - \sigma(x))\bigr)",
        range_latex=r"[-0.278, \infty)",
        function=lambda x: F.silu(x),
        derivative=lambda x: torch.sigmoid(x) * (1 + x * torch.sigmoid(-x)),
        source=Paper(
            "Elfwing, Uchibe & Doya",
            2017,
            "Sigmoid-weighted linear units for neural network function approximation in reinforcement "
            "learning",
            "https://arxiv.org/abs/1702.03118",
        ),
        note="x gated by its own sigmoid; also called Swish. Used in EfficientNet and, as part of SwiGLU, in "
        "Llama.",
        aliases=("Swish-1", "sigmoid linear unit"),
        use="EfficientNet; as part of SwiGLU, Llama.",
        note_zh="x 乘以自身的 sigmoid，平滑而非单调。",
    ),
    "mish": Activation(
        name="Mish",
        expression="x*tanh(softplus(x))",
        latex=r"f(x) = x \tanh s, \quad s = \ln(1 + e^x)",
        derivative_latex=r"f'(x) = \tanh s + x\,\sigma(x)\,(1 - \tanh^2 s)",
        range_latex=r"[-0.309, \infty)",
        function=lambda x: F.mish(x),
        derivative=lambda x: _mish_derivative(x),
        source=Paper(
            "Misra",
            2019,
            "Mish: a self regularized non-monotonic activation function",
            "https://arxiv.org/abs/1908.08681",
        ),
        note="Close to SiLU with a slightly deeper dip. Used in YOLOv4.",
        aliases=("self-regularized non-monotonic",),
        use="YOLOv4.",
        note_zh="与 SiLU 相近，左侧的凹处稍深。",
    ),
    "hardswish": Activation(
        name="Hard Swish",
        expression="x/6*min(max(x + 3, 0), 6)",
        latex=r"f(x) = \frac{x}{6} \min\bigl(\max(x + 3, 0), 6\bigr)",
        derivative_latex=r"f'(x) = \begin{cases} 0 & x \le -3 \\ \frac{2x + 3}{6} & -3 < x < 3 \\ "
        r"1 & x \ge 3 \end{cases}",
        range_latex=r"[-0.375, \infty)",
        function=lambda x: F.hardswish(x),
        derivative=lambda x: torch.where(x <= -3, 0.0, torch.where(x >= 3, 1.0, x / 3 + 0.5)),
        source=Paper("Howard et al.", 2019, "Searching for MobileNetV3", "https://arxiv.org/abs/1905.02244"),
        note="SiLU made of straight lines and one parabola: no exponential, so it is cheap on phones. Used "
        "in MobileNetV3.",
        aliases=("hard-swish", "h-swish"),
        use="MobileNetV3, on phones.",
        note_zh="用直线和一段抛物线近似 SiLU，不需要指数运算。",
    ),
    "softsign": Activation(
        name="Softsign",
        expression="x/(1 + abs(x))",
        latex=r"f(x) = \frac{x}{1 + |x|}",
        derivative_latex=r"f'(x) = \frac{1}{(1 + |x|)^2}",
        range_latex=r"(-1, 1)",
        function=lambda x: F.softsign(x),
        derivative=lambda x: 1 / (1 + x.abs()) ** 2,
        source=Paper("Elliott", 1993, "A better activation function for artificial neural networks"),
        note="Like tanh, but it approaches its limits slowly, so its gradient fades with 1/x² and not "
        "exponentially.",
        aliases=("Elliott function",),
        use="Text-to-speech networks such as Deep Voice 3; else rarely.",
        note_zh="形似 tanh，但趋近极限较慢，梯度按 1/x² 衰减。",
    ),
    **PIECEWISE,
    **SMOOTH,
}


def _mish_derivative(x: torch.Tensor) -> torch.Tensor:
    t = torch.tanh(F.softplus(x))
    return t + x * (1 - t**2) * torch.sigmoid(x)
