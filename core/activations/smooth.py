"""Smooth activation functions, and those that are smooth on either side of 0."""

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

SMOOTH: dict[str, Activation] = {
    "celu": Activation(
        name="CELU",
        expression="relu(x) + alpha*(exp(min(x, 0)/alpha) - 1)",
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
        aliases=("continuously differentiable ELU",),
        use="Where an ELU with α other than 1 shall have no kink.",
        note_zh="无论 α 取何值，在 0 处斜率都连续的 ELU。",
    ),
    "gelu_tanh": Activation(
        name="GELU (tanh)",
        expression="x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))",
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
        aliases=("tanh-approximated GELU", "GELU new"),
        use="GPT-2 and Gemma.",
        note_zh="用 tanh 近似误差函数的 GELU，误差小于 0.0005。",
    ),
    "log_sigmoid": Activation(
        name="Log Sigmoid",
        expression="-softplus(-x)",
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
        aliases=("logsigmoid",),
        use="Losses: binary cross-entropy, word vectors, preferences.",
        note_zh="sigmoid 的对数，不会下溢，多用于损失函数。",
    ),
    "tanhshrink": Activation(
        name="Tanhshrink",
        expression="x - tanh(x)",
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
        note="x minus tanh x: flat at 0, so small signals vanish in deep networks.",
        aliases=("tanh shrink",),
        use="Sparse coding; rarely inside networks.",
        note_zh="x 减去 tanh x：在 0 处斜率为 0，小信号会消失。",
    ),
    "arctan": Activation(
        name="Arctan",
        expression="atan(x)",
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
        aliases=("inverse tangent", "atan"),
        use="Stand-in gradients of spiking networks; else rarely.",
        note_zh="形似 tanh，极限为 ±π/2，梯度按 1/x² 衰减。",
    ),
    "isru": Activation(
        name="ISRU",
        expression="x/sqrt(1 + x^2)",
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
        aliases=("inverse square root unit",),
        use="Recurrent networks where exponentials are dear.",
        note_zh="只需一次平方根倒数的 S 形函数。",
    ),
    "bent_identity": Activation(
        name="Bent Identity",
        expression="(sqrt(x^2 + 1) - 1)/2 + x",
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
        aliases=("bent line",),
        use="Regression networks; rarely.",
        note_zh="斜率从 ½ 渐变到 1½ 的弯线，处处有梯度。",
    ),
    "sine": Activation(
        name="Sine",
        expression="sin(omega*x)",
        latex=r"f(x) = \sin(\omega x)",
        derivative_latex=r"f'(x) = \omega \cos(\omega x)",
        range_latex=r"[-1, 1]",
        function=lambda x, omega=1.0: torch.sin(omega * x),
        derivative=lambda x, omega=1.0: omega * torch.cos(omega * x),
        parameters=(Parameter("omega", r"\omega", 1.0, 0.5, 30.0, 0.5),),
        source=Paper(
            "Sitzmann, Martel, Bergman, Lindell & Wetzstein",
            2020,
            "Implicit neural representations with periodic activation functions",
            "https://arxiv.org/abs/2006.09661",
        ),
        note="A wave, and so are all its derivatives. SIREN draws images and shapes with it, with ω = 30 "
        "in the first layer.",
        aliases=("sin", "SIREN"),
        use="Implicit neural representations of images, sounds and shapes (SIREN).",
        note_zh="正弦函数，其各阶导数仍是正弦；用于隐式神经表示。",
    ),
    "snake": Activation(
        name="Snake",
        expression="x + sin(a*x)^2/a",
        latex=r"f(x) = x + \frac{\sin^2(a x)}{a}",
        derivative_latex=r"f'(x) = 1 + \sin(2 a x)",
        range_latex=r"(-\infty, \infty)",
        function=lambda x, a=1.0: x + torch.sin(a * x) ** 2 / a,
        derivative=lambda x, a=1.0: 1 + torch.sin(2 * a * x),
        parameters=(Parameter("a", "a", 1.0, 0.2, 5.0, 0.1),),
        source=Paper(
            "Ziyin, Hartwig & Ueda",
            2020,
            "Neural networks fail to learn periodic functions and how to fix it",
            "https://arxiv.org/abs/2006.08195",
        ),
        note="A line with a wave on it: it learns periodic curves and continues them outside the data.",
        aliases=("x + sin²",),
        use="Periodic series; the vocoder BigVGAN.",
        note_zh="直线加波动：能学会周期信号并向外延拓。",
    ),
    "gaussian": Activation(
        name="Gaussian",
        expression="exp(-x^2)",
        latex=r"f(x) = e^{-x^2}",
        derivative_latex=r"f'(x) = -2 x\,e^{-x^2}",
        range_latex=r"(0, 1]",
        function=lambda x: torch.exp(-(x**2)),
        derivative=lambda x: -2 * x * torch.exp(-(x**2)),
        source=Paper(
            "Broomhead & Lowe", 1988, "Multivariable functional interpolation and adaptive networks"
        ),
        note="Responds to inputs near 0 alone, as units of a radial basis network do.",
        aliases=("Gaussian bump", "radial basis"),
        use="Radial basis networks and implicit representations.",
        note_zh="只对 0 附近的输入有响应，即径向基单元。",
    ),
    "swish": Activation(
        name="Swish",
        expression="x*sigmoid(beta*x)",
        latex=r"f(x) = x\,\sigma(\beta x)",
        derivative_latex=r"f'(x) = \sigma(\beta x)\,\bigl(1 + \beta x\,(1 - \sigma(\beta x))\bigr)",
        range_latex=r"[-0.2785/\beta, \infty)",
        function=lambda x, beta=1.702: x * torch.sigmoid(beta * x),
        derivative=lambda x, beta=1.702: torch.sigmoid(beta * x) * (1 + beta * x * torch.sigmoid(-beta * x)),
        parameters=(Parameter("beta", r"\beta", 1.702, 0.1, 10.0, 0.001),),
        source=Paper(
            "Ramachandran, Zoph & Le",
            2017,
            "Searching for activation functions",
            "https://arxiv.org/abs/1710.05941",
        ),
        note="SiLU with a parameter: β = 1 is SiLU, a large β nears ReLU, and 1.702 comes close to GELU.",
        aliases=("SiLU with β", "quick GELU"),
        use="CLIP, with β = 1.702.",
        note_zh="带参数 β 的 SiLU：β = 1 即 SiLU，β 很大时接近 ReLU。",
    ),
    "logish": Activation(
        name="Logish",
        expression="x*log(1 + sigmoid(x))",
        latex=r"f(x) = x \ln\bigl(1 + \sigma(x)\bigr)",
        derivative_latex=r"f'(x) = \ln\bigl(1 + \sigma(x)\bigr) + \frac{x\,\sigma(x)\,(1 - \sigma(x))}{1 + "
        r"\sigma(x)}",
        range_latex=r"[-0.2528, \infty)",
        function=lambda x: x * torch.log1p(torch.sigmoid(x)),
        derivative=lambda x: (
            torch.log1p(torch.sigmoid(x)) + x * torch.sigmoid(x) * torch.sigmoid(-x) / (1 + torch.sigmoid(x))
        ),
        source=Paper(
            "Zhu, Meng, Zhang & Huo",
            2021,
            "Logish: a new nonlinear nonmonotonic activation function for convolutional neural network",
            "https://doi.org/10.1016/j.neucom.2021.06.067",
        ),
        note="x gated by a logarithm; far to the right its slope is ln 2 = 0.69 and not 1.",
        aliases=("log-sigmoid gate",),
        use="Image classification, in its paper.",
        note_zh="用对数门控的 x，右侧斜率趋于 ln 2。",
    ),
    "serf": Activation(
        name="Serf",
        expression="x*erf(softplus(x))",
        latex=r"f(x) = x \operatorname{erf} s, \quad s = \ln(1 + e^x)",
        derivative_latex=r"f'(x) = \operatorname{erf} s + \frac{2 x}{\sqrt \pi}\,e^{-s^2} \sigma(x)",
        range_latex=r"[-0.3484, \infty)",
        function=lambda x: x * torch.erf(F.softplus(x)),
        derivative=lambda x: (
            torch.erf(F.softplus(x))
            + 2 / math.sqrt(math.pi) * x * torch.exp(-(F.softplus(x) ** 2)) * torch.sigmoid(x)
        ),
        source=Paper(
            "Nag, Bhattacharyya, Mukherjee & Kundu",
            2021,
            "Serf: towards better training of deep neural networks using log-softplus error activation "
            "function",
            "https://arxiv.org/abs/2108.09598",
        ),
        note="Mish with the error function in place of tanh.",
        aliases=("log-softplus error function",),
        use="Image classification, in its paper.",
        note_zh="用误差函数代替 tanh 的 Mish。",
    ),
    "tanhexp": Activation(
        name="TanhExp",
        expression="x*tanh(exp(min(x, 10)))",
        latex=r"f(x) = x \tanh(e^x)",
        derivative_latex=r"f'(x) = \tanh(e^x) + x\,e^x \bigl(1 - \tanh^2(e^x)\bigr)",
        range_latex=r"[-0.3533, \infty)",
        function=lambda x: x * torch.tanh(torch.exp(x.clamp(max=10))),
        derivative=lambda x: (
            torch.tanh(torch.exp(x.clamp(max=10)))
            + x * torch.exp(x.clamp(max=10)) * (1 - torch.tanh(torch.exp(x.clamp(max=10))) ** 2)
        ),
        source=Paper(
            "Liu & Di",
            2020,
            "TanhExp: a smooth activation function with high convergence speed for lightweight neural "
            "networks",
            "https://arxiv.org/abs/2003.09855",
        ),
        note="Close to Mish, and straighter on the right: above 1 it is nearly x.",
        aliases=("tanh exponential",),
        use="Small image networks, in its paper.",
        note_zh="与 Mish 相近，x 大于 1 后几乎等于 x。",
    ),
    "lisht": Activation(
        name="LiSHT",
        expression="x*tanh(x)",
        latex=r"f(x) = x \tanh x",
        derivative_latex=r"f'(x) = \tanh x + x\,(1 - \tanh^2 x)",
        range_latex=r"[0, \infty)",
        function=lambda x: x * torch.tanh(x),
        derivative=lambda x: torch.tanh(x) + x * (1 - torch.tanh(x) ** 2),
        source=Paper(
            "Roy, Manna, Dubey & Chaudhuri",
            2019,
            "LiSHT: non-parametric linearly scaled hyperbolic tangent activation function for neural "
            "networks",
            "https://arxiv.org/abs/1901.05894",
        ),
        note="A smooth |x|: it forgets the sign of its input.",
        aliases=("linearly scaled tanh",),
        use="Image classification, in its paper.",
        note_zh="平滑的 |x|，会丢掉输入的符号。",
    ),
    "isrlu": Activation(
        name="ISRLU",
        expression="x/sqrt(1 + alpha*min(x, 0)^2)",
        latex=r"f(x) = \begin{cases} x & x > 0 \\ \frac{x}{\sqrt{1 + \alpha x^2}} & x \le 0 \end{cases}",
        derivative_latex=r"f'(x) = \begin{cases} 1 & x > 0 \\ (1 + \alpha x^2)^{-3/2} & x \le 0 \end{cases}",
        range_latex=r"(-1/\sqrt\alpha, \infty)",
        function=lambda x, alpha=1.0: x * torch.rsqrt(1 + alpha * x.clamp(max=0) ** 2),
        derivative=lambda x, alpha=1.0: torch.rsqrt(1 + alpha * x.clamp(max=0) ** 2) ** 3,
        parameters=(Parameter("alpha", r"\alpha", 1.0, 0.1, 5.0, 0.1),),
        source=Paper(
            "Carlile, Delamarter, Kinney, Marti & Whitney",
            2017,
            "Improving deep learning by inverse square root linear units (ISRLUs)",
            "https://arxiv.org/abs/1710.09967",
        ),
        note="ELU's shape from one inverse square root, with no exponential; two of its derivatives are "
        "continuous.",
        aliases=("inverse square root linear unit",),
        use="Where exponentials are dear.",
        note_zh="形似 ELU，只需一次平方根倒数。",
    ),
    "lecun_tanh": Activation(
        name="Scaled Tanh",
        expression="1.7159*tanh(2/3*x)",
        latex=r"f(x) = 1.7159 \tanh\bigl(\tfrac{2}{3} x\bigr)",
        derivative_latex=r"f'(x) = 1.1439 \bigl(1 - \tanh^2(\tfrac{2}{3} x)\bigr)",
        range_latex=r"(-1.7159, 1.7159)",
        function=lambda x: 1.7159 * torch.tanh(2 / 3 * x),
        derivative=lambda x: 1.7159 * 2 / 3 * (1 - torch.tanh(2 / 3 * x) ** 2),
        source=Paper(
            "LeCun, Bottou, Orr & Müller",
            1998,
            "Efficient BackProp",
            "https://doi.org/10.1007/3-540-49430-8_2",
        ),
        note="A tanh stretched so that f(±1) = ±1, where it bends most: targets of ±1 are off its flat ends.",
        aliases=("LeCun's tanh",),
        use="LeNet-5 as first published.",
        note_zh="拉伸的 tanh，使 f(±1) = ±1。",
    ),
    "symlog": Activation(
        name="Symlog",
        expression="sign(x)*log(1 + abs(x))",
        latex=r"f(x) = \operatorname{sign}(x) \ln(1 + |x|)",
        derivative_latex=r"f'(x) = \frac{1}{1 + |x|}",
        range_latex=r"(-\infty, \infty)",
        function=lambda x: torch.where(x > 0, torch.log1p(x.clamp(min=0)), -torch.log1p(-x.clamp(max=0))),
        derivative=lambda x: 1 / (1 + x.abs()),
        source=Paper(
            "Hafner, Pasukonis, Ba & Lillicrap",
            2023,
            "Mastering diverse domains through world models",
            "https://arxiv.org/abs/2301.04104",
        ),
        note="A logarithm for both signs: it has no limits, yet brings 10,000 down to 9.2.",
        aliases=("symmetric logarithm",),
        use="Rewards and observations in DreamerV3.",
        note_zh="正负对称的对数，压缩大数而没有上下界。",
    ),
    "elish": Activation(
        name="ELiSH",
        expression="(relu(x) + (exp(min(x, 0)) - 1))*sigmoid(x)",
        latex=r"f(x) = \begin{cases} x\,\sigma(x) & x > 0 \\ (e^x - 1)\,\sigma(x) & x \le 0 \end{cases}",
        derivative_latex=r"f'(x) = \begin{cases} \sigma(x)\,(1 + x\,\sigma(-x)) & x > 0 \\ \sigma(x)\,(e^x "
        r"+ (e^x - 1)\,\sigma(-x)) & x \le 0 \end{cases}",
        range_latex=r"[-0.1716, \infty)",
        function=lambda x: torch.where(x > 0, x, torch.expm1(x.clamp(max=0))) * torch.sigmoid(x),
        derivative=lambda x: (
            torch.sigmoid(x)
            * (
                torch.exp(x.clamp(max=0))
                + torch.where(x > 0, x, torch.expm1(x.clamp(max=0))) * torch.sigmoid(-x)
            )
        ),
        source=Paper(
            "Basirat & Roth",
            2018,
            "The quest for the golden activation function",
            "https://arxiv.org/abs/1808.00783",
        ),
        note="SiLU on the right, ELU times a sigmoid on the left; found by a genetic search.",
        aliases=("exponential linear squashing",),
        use="Image classification, in its paper.",
        note_zh="右侧为 SiLU，左侧为 ELU 乘以 sigmoid。",
    ),
    "penalized_tanh": Activation(
        name="Penalized Tanh",
        expression="relu(tanh(x)) + a*min(tanh(x), 0)",
        latex=r"f(x) = \begin{cases} \tanh x & x > 0 \\ a \tanh x & x \le 0 \end{cases}",
        derivative_latex=r"f'(x) = (1 - \tanh^2 x) \begin{cases} 1 & x > 0 \\ a & x \le 0 \end{cases}",
        range_latex=r"(-a, 1)",
        function=lambda x, a=0.25: F.leaky_relu(torch.tanh(x), a),
        derivative=lambda x, a=0.25: (1 - torch.tanh(x) ** 2) * torch.where(x > 0, 1.0, a).to(x.dtype),
        parameters=(Parameter("a", "a", 0.25, 0.01, 1.0, 0.01),),
        source=Paper(
            "Xu, Huang & Li",
            2016,
            "Revise saturated activation functions",
            "https://arxiv.org/abs/1602.05980",
        ),
        note="A tanh whose left half is made flatter, as Leaky ReLU does to the line.",
        aliases=("leaky tanh",),
        use="Text networks, where a survey found it steady.",
        note_zh="左半部分被压平的 tanh。",
    ),
}


def _gelu_tanh_derivative(x: torch.Tensor) -> torch.Tensor:
    t = torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
    # Where 1 - t² is 0 the factor beside it may be large but stays finite: x³ is under 1e13 at ±1e4.
    return (1 + t) / 2 + x / 2 * (1 - t**2) * math.sqrt(2 / math.pi) * (1 + 0.134145 * x**2)
