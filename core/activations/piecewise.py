"""Activation functions made of straight lines, squares and jumps."""

from __future__ import annotations

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
        expression="min(relu(x), 6)",
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
        aliases=("clipped ReLU",),
        use="MobileNet, and numbers of few bits.",
        note_zh="在 6 处截断的 ReLU，便于低位宽量化。",
    ),
    "hardtanh": Activation(
        name="Hard Tanh",
        expression="min(max(x, -1), 1)",
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
        aliases=("hard tanh", "clip"),
        use="Binarized networks, and clipping of actions.",
        note_zh="由三段直线组成的 tanh，区间外没有梯度。",
    ),
    "hardsigmoid": Activation(
        name="Hard Sigmoid",
        expression="min(max(x + 3, 0), 6)/6",
        latex=r"f(x) = \tfrac{1}{6} \min\bigl(\max(x + 3, 0), 6\bigr)",
        derivative_latex=r"f'(x) = \begin{cases} \tfrac{1}{6} & -3 < x < 3 \\ "
        r"0 & \text{otherwise} \end{cases}",
        range_latex=r"[0, 1]",
        function=lambda x: F.hardsigmoid(x),
        derivative=lambda x: ((x > -3) & (x < 3)).to(x.dtype) / 6,
        source=Paper("Howard et al.", 2019, "Searching for MobileNetV3", "https://arxiv.org/abs/1905.02244"),
        note="Sigmoid made of three straight lines: no exponential, but no gradient beyond ±3 either.",
        aliases=("hard-sigmoid",),
        use="Squeeze-and-excite blocks of MobileNetV3.",
        note_zh="由三段直线组成的 sigmoid，不需要指数运算。",
    ),
    "threshold": Activation(
        name="Threshold",
        expression="x*step(x - threshold)",
        latex=r"f(x) = \begin{cases} x & x > \theta \\ 0 & x \le \theta \end{cases}",
        derivative_latex=r"f'(x) = \begin{cases} 1 & x > \theta \\ 0 & x \le \theta \end{cases}",
        range_latex=r"[0, \infty)",
        function=lambda x, threshold=1.0: F.threshold(x, threshold, 0.0),
        derivative=lambda x, threshold=1.0: (x > threshold).to(x.dtype),
        parameters=(Parameter("threshold", r"\theta", 1.0, 0.0, 3.0, 0.1),),
        source=Paper(
            "Konda, Memisevic & Krueger",
            2014,
            "Zero-bias autoencoders and the benefits of co-adapting features",
            "https://arxiv.org/abs/1402.3337",
        ),
        note="Keeps inputs above θ and sets the others to 0, so its value jumps at θ.",
        aliases=("thresholded ReLU", "TRec"),
        use="Sparse autoencoders.",
        note_zh="只让大于 θ 的输入通过，在 θ 处函数值跳变。",
    ),
    "softshrink": Activation(
        name="Softshrink",
        expression="relu(x - lambd) - relu(-x - lambd)",
        latex=r"f(x) = \operatorname{sign}(x) \max(|x| - \lambda, 0)",
        derivative_latex=r"f'(x) = \begin{cases} 1 & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
        range_latex=r"(-\infty, \infty)",
        function=lambda x, lambd=0.5: F.softshrink(x, lambd),
        derivative=lambda x, lambd=0.5: (x.abs() > lambd).to(x.dtype),
        parameters=(Parameter("lambd", r"\lambda", 0.5, 0.1, 3.0, 0.1),),
        source=Paper("Donoho", 1995, "De-noising by soft-thresholding", "https://doi.org/10.1109/18.382009"),
        note="Soft threshold: reduces the size of every input by λ, down to 0: noise vanishes, and so does "
        "the gradient.",
        aliases=("soft thresholding", "shrinkage operator"),
        use="Sparse coding (ISTA) and denoising.",
        note_zh="软阈值：把输入的绝对值减去 λ，小信号归零。",
    ),
    "hardshrink": Activation(
        name="Hardshrink",
        expression="x*step(abs(x) - lambd)",
        latex=r"f(x) = \begin{cases} x & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
        derivative_latex=r"f'(x) = \begin{cases} 1 & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
        range_latex=r"(-\infty, \infty)",
        function=lambda x, lambd=0.5: F.hardshrink(x, lambd),
        derivative=lambda x, lambd=0.5: (x.abs() > lambd).to(x.dtype),
        parameters=(Parameter("lambd", r"\lambda", 0.5, 0.1, 3.0, 0.1),),
        source=Paper(
            "Donoho & Johnstone",
            1994,
            "Ideal spatial adaptation by wavelet shrinkage",
            "https://doi.org/10.1093/biomet/81.3.425",
        ),
        note="Hard threshold: sets small inputs to 0 and keeps the others, so its value jumps at ±λ.",
        aliases=("hard thresholding",),
        use="Sparse coding and wavelet denoising.",
        note_zh="硬阈值：小信号归零，其余原样保留。",
    ),
    "prelu": Activation(
        name="PReLU",
        expression="relu(x) + slope*min(x, 0)",
        latex=r"f(x) = \begin{cases} x & x > 0 \\ a x & x \le 0 \end{cases}",
        derivative_latex=r"f'(x) = \begin{cases} 1 & x > 0 \\ a & x \le 0 \end{cases}",
        range_latex=r"(-\infty, \infty)",
        function=lambda x, slope=0.25: F.leaky_relu(x, slope),
        derivative=lambda x, slope=0.25: torch.where(x > 0, 1.0, slope).to(x.dtype),
        parameters=(Parameter("slope", "a", 0.25, 0.01, 1.0, 0.01),),
        source=Paper(
            "He, Zhang, Ren & Sun",
            2015,
            "Delving deep into rectifiers: surpassing human-level performance on ImageNet classification",
            "https://arxiv.org/abs/1502.01852",
        ),
        note="A Leaky ReLU whose left slope is learnt; here it stays at the 0.25 that learning starts from.",
        aliases=("parametric ReLU",),
        use="Face recognition and super-resolution networks.",
        note_zh="左侧斜率可学习的 ReLU；此处固定为初始值 0.25。",
    ),
    "rrelu": Activation(
        name="RReLU",
        expression="relu(x) + (lower + upper)/2*min(x, 0)",
        latex=r"f(x) = \begin{cases} x & x > 0 \\ \tfrac{l + u}{2}\,x & x \le 0 \end{cases}",
        derivative_latex=r"f'(x) = \begin{cases} 1 & x > 0 \\ \tfrac{l + u}{2} & x \le 0 \end{cases}",
        range_latex=r"(-\infty, \infty)",
        function=lambda x, lower=1 / 8, upper=1 / 3: F.leaky_relu(x, (lower + upper) / 2),
        derivative=lambda x, lower=1 / 8, upper=1 / 3: torch.where(x > 0, 1.0, (lower + upper) / 2).to(
            x.dtype
        ),
        parameters=(
            Parameter("lower", "l", 1 / 8, 0.01, 0.5, 0.01),
            Parameter("upper", "u", 1 / 3, 0.01, 0.5, 0.01),
        ),
        source=Paper(
            "Xu, Wang, Chen & Li",
            2015,
            "Empirical evaluation of rectified activations in convolutional network",
            "https://arxiv.org/abs/1505.00853",
        ),
        note="A Leaky ReLU that samples its left slope between l and u during training; here it has their "
        "mean, as after training.",
        aliases=("randomized leaky ReLU",),
        use="Small data sets, where its noise regularises.",
        note_zh="训练时左侧斜率随机抽取；此处取其平均值。",
    ),
    "squared_relu": Activation(
        name="Squared ReLU",
        expression="relu(x)^2",
        latex=r"f(x) = \max(0, x)^2",
        derivative_latex=r"f'(x) = 2 \max(0, x)",
        range_latex=r"[0, \infty)",
        function=lambda x: F.relu(x) ** 2,
        derivative=lambda x: 2 * F.relu(x),
        source=Paper(
            "So et al.",
            2021,
            "Primer: searching for efficient transformers for language modeling",
            "https://arxiv.org/abs/2109.08668",
        ),
        note="ReLU squared: no kink, but its slope grows without bound, so signals explode in deep stacks "
        "without normalization.",
        superlinear=True,
        aliases=("ReLU²",),
        use="The feed-forward layers of Primer and of later language models.",
        note_zh="ReLU 的平方：没有折点，但斜率无界增长。",
    ),
    "star_relu": Activation(
        name="StarReLU",
        expression="0.8944*relu(x)^2 - 0.4472",
        latex=r"f(x) = 0.8944 \max(0, x)^2 - 0.4472",
        derivative_latex=r"f'(x) = 1.7888 \max(0, x)",
        range_latex=r"[-0.4472, \infty)",
        function=lambda x: 0.8944 * F.relu(x) ** 2 - 0.4472,
        derivative=lambda x: 1.7888 * F.relu(x),
        source=Paper(
            "Yu et al.", 2022, "MetaFormer baselines for vision", "https://arxiv.org/abs/2210.13452"
        ),
        note="Squared ReLU scaled and shifted so that standard normal inputs give mean 0 and variance 1.",
        superlinear=True,
        aliases=("StarReLU",),
        use="MetaFormer vision networks.",
        note_zh="缩放并平移的平方 ReLU：标准正态输入得到均值 0、方差 1。",
    ),
    "binary_step": Activation(
        name="Binary Step",
        expression="step(x)",
        latex=r"f(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}",
        derivative_latex=r"f'(x) = 0",
        range_latex=r"[0, 1]",
        function=lambda x: torch.sign(F.relu(x)),
        derivative=lambda x: torch.zeros_like(x),
        source=Paper(
            "McCulloch & Pitts",
            1943,
            "A logical calculus of the ideas immanent in nervous activity",
            "https://doi.org/10.1007/BF02478259",
        ),
        note="The first model of a neuron: it fires or it does not. Its slope is 0 wherever it has one, so "
        "gradient descent learns nothing through it.",
        unfit="its slope is 0 everywhere, so no gradient passes",
        aliases=("Heaviside step", "unit step"),
        use="The perceptron; today only to explain why gradients are needed.",
        note_zh="最早的神经元模型；处处斜率为 0，无法用梯度下降训练。",
    ),
    "sign": Activation(
        name="Sign",
        expression="sign(x)",
        latex=r"f(x) = \operatorname{sign}(x)",
        derivative_latex=r"f'(x) = 0",
        range_latex=r"[-1, 1]",
        function=lambda x: torch.sign(x),
        derivative=lambda x: torch.zeros_like(x),
        source=Paper(
            "Courbariaux, Hubara, Soudry, El-Yaniv & Bengio",
            2016,
            "Binarized neural networks: training deep neural networks with weights and activations "
            "constrained to +1 or −1",
            "https://arxiv.org/abs/1602.02830",
        ),
        note="One bit of the input. Its slope is 0 wherever it has one: binarized networks train with a "
        "surrogate for its gradient.",
        unfit="its slope is 0 everywhere, so no gradient passes",
        aliases=("signum", "sgn"),
        use="Binarized networks, with a surrogate for its gradient.",
        note_zh="只保留输入的符号；斜率处处为 0，训练需用替代梯度。",
    ),
}
