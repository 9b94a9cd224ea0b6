"""Each activation is what torch and the textbooks say it is."""

from __future__ import annotations

import math
import re
from functools import partial

import numpy as np
import pytest
import torch
from scipy import special
from torch import Tensor, nn

from core.activations import ACTIVATIONS, Activation
from core.activations.properties import properties
from core.errors import InvalidRequest

TORCH_MODULES = {
    "identity": nn.Identity,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "softplus": nn.Softplus,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "hardswish": nn.Hardswish,
    "softsign": nn.Softsign,
    "relu6": nn.ReLU6,
    "hardtanh": nn.Hardtanh,
    "hardsigmoid": nn.Hardsigmoid,
    "celu": nn.CELU,
    "gelu_tanh": partial(nn.GELU, approximate="tanh"),
    "log_sigmoid": nn.LogSigmoid,
    "tanhshrink": nn.Tanhshrink,
    "threshold": partial(nn.Threshold, value=0),
    "softshrink": nn.Softshrink,
    "hardshrink": nn.Hardshrink,
    "prelu": lambda slope=0.25: nn.PReLU(init=slope, dtype=torch.float64),
    "rrelu": lambda **bounds: nn.RReLU(**bounds).eval(),
}
# What torch.nn lacks, in NumPy.
CLOSED_FORMS = {
    "arctan": np.arctan,
    "isru": lambda x: x / np.sqrt(1 + x**2),
    "bent_identity": lambda x: (np.sqrt(x**2 + 1) - 1) / 2 + x,
    "sine": np.sin,
    "squared_relu": lambda x: np.maximum(x, 0) ** 2,
    "star_relu": lambda x: 0.8944 * np.maximum(x, 0) ** 2 - 0.4472,
    "snake": lambda x: x + (1 - np.cos(2 * x)) / 2,
    "gaussian": lambda x: np.exp(-x * x),
    "binary_step": lambda x: np.heaviside(x, 0),
    "sign": np.sign,
    "swish": lambda x: x * special.expit(1.702 * x),
    "logish": lambda x: x * np.log1p(special.expit(x)),
    "serf": lambda x: x * special.erf(np.log1p(np.exp(x))),
    "tanhexp": lambda x: x * np.tanh(np.exp(x)),
    "lisht": lambda x: np.abs(x) * np.tanh(np.abs(x)),
    "isrlu": lambda x: np.where(x > 0, x, x / np.sqrt(1 + x**2)),
    "lecun_tanh": lambda x: 1.7159 * np.tanh(2 * x / 3),
    "symlog": lambda x: np.sign(x) * np.log1p(np.abs(x)),
    "elish": lambda x: np.where(x > 0, x, np.expm1(x)) / (1 + np.exp(-x)),
    "penalized_tanh": lambda x: np.maximum(np.tanh(x), np.tanh(x) / 4),
}
EACH_SETTING = [
    pytest.param(activation, setting, id=f"{key}-{setting}")
    for key, activation in ACTIVATIONS.items()
    for setting in ("default", "low", "high")
    if activation.parameters or setting == "default"
]


def _key(activation: object) -> str:
    return next(key for key, entry in ACTIVATIONS.items() if entry is activation)


TRAINABLE = {key: activation for key, activation in ACTIVATIONS.items() if not activation.unfit}
each_activation = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
each_setting = pytest.mark.parametrize(("activation", "setting"), EACH_SETTING)


def parameters_at(activation: Activation, setting: str) -> dict[str, float]:
    return {parameter.name: getattr(parameter, setting) for parameter in activation.parameters}


def autograd(activation: Activation, x: Tensor, **parameters: float) -> Tensor:
    x = x.clone().requires_grad_()
    return torch.autograd.grad(activation.function(x, **parameters).sum(), x)[0]


def value(key: str, x: float) -> float:
    return ACTIVATIONS[key].function(torch.tensor(x, dtype=torch.float64)).item()


def test_every_activation_has_a_counterpart_in_torch_or_a_closed_form_here() -> None:
    assert TORCH_MODULES.keys() | CLOSED_FORMS.keys() == ACTIVATIONS.keys()


@pytest.mark.parametrize("key", CLOSED_FORMS)
def test_what_torch_lacks_equals_its_closed_form(key: str) -> None:
    x = torch.linspace(-12, 12, 481, dtype=torch.float64)
    expected = torch.from_numpy(CLOSED_FORMS[key](x.numpy()))
    torch.testing.assert_close(ACTIVATIONS[key].function(x), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("activation", "setting"), [case for case in EACH_SETTING if _key(case.values[0]) in TORCH_MODULES]
)
def test_values_and_gradients_equal_those_of_torch_nn(activation: Activation, setting: str) -> None:
    key = _key(activation)
    parameters = parameters_at(activation, setting)
    theirs = TORCH_MODULES[key](**parameters)
    x = torch.linspace(-12, 12, 481, dtype=torch.float64)
    torch.testing.assert_close(activation.function(x, **parameters), theirs(x), rtol=0, atol=0)
    their_x = x.clone().requires_grad_()
    (their_gradient,) = torch.autograd.grad(theirs(their_x).sum(), their_x)
    torch.testing.assert_close(autograd(activation, x, **parameters), their_gradient, rtol=0, atol=0)


@each_setting
def test_the_derivative_is_what_autograd_finds_also_at_kinks_and_the_limit_of_the_difference_quotient(
    activation: Activation, setting: str
) -> None:
    parameters = parameters_at(activation, setting)
    x = torch.cat([torch.linspace(-20, 20, 4001), torch.tensor([-1e4, -3, 0, 3, 1e4])]).double()
    closed_form = activation.derivative(x, **parameters)
    # Softplus is cut off to x where beta x > 20, an error of e^-20 = 2e-9.
    torch.testing.assert_close(closed_form, autograd(activation, x, **parameters), rtol=1e-7, atol=3e-9)
    h = 1e-5
    x = torch.linspace(-9.9871, 9.9873, 997, dtype=torch.float64)  # meets no kink within h
    quotient = (activation.function(x + h, **parameters) - activation.function(x - h, **parameters)) / (2 * h)
    torch.testing.assert_close(activation.derivative(x, **parameters), quotient, rtol=1e-6, atol=1e-6)


@each_setting
def test_far_out_and_at_zero_everything_is_finite(activation: Activation, setting: str) -> None:
    parameters = parameters_at(activation, setting)
    for dtype in (torch.float32, torch.float64):
        x = torch.tensor([-1e4, -100, -0.0, 0.0, 100, 1e4], dtype=dtype)
        assert activation.function(x, **parameters).isfinite().all()
        assert autograd(activation, x, **parameters).isfinite().all()
        assert activation.derivative(x, **parameters).isfinite().all()


@each_activation
def test_torch_func_can_transform_it_and_shape_and_dtype_are_kept(activation: Activation) -> None:
    x = torch.linspace(-4, 4, 33, dtype=torch.float64)
    each = torch.func.vmap(torch.func.grad(activation.function))(x)
    torch.testing.assert_close(each, activation.derivative(x), rtol=1e-7, atol=1e-9)
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        x = torch.randn(2, 3, 4, dtype=dtype)
        for result in (activation.function(x), activation.derivative(x)):
            assert (result.shape, result.dtype) == (x.shape, dtype)


@pytest.mark.parametrize("activation", TRAINABLE.values(), ids=TRAINABLE)
def test_a_network_trains_through_it(activation: Activation) -> None:
    torch.manual_seed(0)
    first, last = nn.Linear(1, 16), nn.Linear(16, 1)
    optimiser = torch.optim.Adam([*first.parameters(), *last.parameters()], lr=0.02)
    x = torch.linspace(-1, 1, 64)[:, None]
    losses = []
    for _ in range(60):
        loss = nn.functional.mse_loss(last(activation.function(first(x))), 0.5 * x + 0.2)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def test_every_elementwise_activation_of_torch_nn_is_here() -> None:
    not_elementwise = {"GLU", "MultiheadAttention", "Softmax", "Softmax2d", "Softmin", "LogSoftmax"}
    elementwise = set(nn.modules.activation.__all__) - not_elementwise
    built = (theirs(**parameters_at(ACTIVATIONS[key], "default")) for key, theirs in TORCH_MODULES.items())
    assert elementwise <= {type(module).__name__ for module in built}


def test_what_is_unfit_for_training_has_no_gradient_anywhere() -> None:
    x = torch.linspace(-20, 20, 4001, dtype=torch.float64)
    for key in ACTIVATIONS.keys() - TRAINABLE.keys():
        assert not autograd(ACTIVATIONS[key], x).any(), key


def test_star_relu_keeps_mean_0_and_variance_1() -> None:
    x, weights = np.polynomial.hermite_e.hermegauss(200)
    values = ACTIVATIONS["star_relu"].function(torch.from_numpy(x)).numpy()
    mean = (weights @ values) / weights.sum()
    assert mean == pytest.approx(0, abs=1e-4)
    assert (weights @ (values - mean) ** 2) / weights.sum() == pytest.approx(1, abs=1e-3)


def test_textbook_numbers() -> None:
    zero = torch.tensor(0.0, dtype=torch.float64)
    assert ACTIVATIONS["sigmoid"].derivative(zero).item() == 0.25
    assert value("sigmoid", 4) - value("sigmoid", -4) == pytest.approx(0.964, abs=5e-4)
    assert "96.4%" in ACTIVATIONS["sigmoid"].note
    x = torch.linspace(-8, 8, 101, dtype=torch.float64)
    stretched = 2 * ACTIVATIONS["sigmoid"].function(2 * x) - 1
    torch.testing.assert_close(ACTIVATIONS["tanh"].function(x), stretched)
    torch.testing.assert_close(ACTIVATIONS["softplus"].derivative(x), ACTIVATIONS["sigmoid"].function(x))
    assert value("softplus", 0) == pytest.approx(math.log(2))
    assert value("gelu", 1) == pytest.approx(0.8413447460685429)  # Φ(1)


def test_gelu_has_its_minimum_where_the_text_says() -> None:
    x = torch.linspace(-2, 0, 200_001, dtype=torch.float64)
    lowest, at = ACTIVATIONS["gelu"].function(x).min(0)
    assert lowest.item() == pytest.approx(-0.170, abs=5e-4)
    assert x[at].item() == pytest.approx(-0.752, abs=5e-4)


def test_leaky_relu_gradient_never_dies() -> None:
    x = torch.linspace(-1e4, 1e4, 1001)
    assert (autograd(ACTIVATIONS["leaky_relu"], x) > 0).all()
    assert (autograd(ACTIVATIONS["relu"], x) == 0).any()


def test_selu_keeps_mean_0_and_variance_1_through_100_layers() -> None:
    torch.manual_seed(0)
    x = torch.randn(256, 512)
    for _ in range(100):
        x = ACTIVATIONS["selu"].function(x @ torch.randn(512, 512) / math.sqrt(512))
    assert x.mean().item() == pytest.approx(0, abs=0.1)
    assert x.var().item() == pytest.approx(1, abs=0.15)


@each_setting
def test_the_stated_range_is_the_range_and_superlinear_is_what_has_no_largest_slope(
    activation: Activation, setting: str
) -> None:
    parameters = parameters_at(activation, setting)
    ends = re.search(r"[(\[](\S+), (\S+)[)\]]$", activation.range_latex)
    assert ends
    named = {r"-\infty": -math.inf, r"\infty": math.inf}
    for parameter in activation.parameters:
        value = torch.tensor(parameters[parameter.name], dtype=torch.float64)
        named |= {
            f"-{parameter.symbol}": -value.item(),
            f"-0.2785/{parameter.symbol}": (-0.2785 / value).item(),
            rf"-1/\sqrt{parameter.symbol}": -value.rsqrt().item(),
        }
    low, high = (named[end] if end in named else float(end) for end in ends.groups())
    found = properties(activation, **parameters)
    assert (found.lowest, found.highest) == pytest.approx((low, high), abs=5e-4)
    assert activation.superlinear == (found.largest_slope == math.inf)


@each_activation
def test_an_entry_is_complete(activation: Activation) -> None:
    assert activation.latex.startswith("f(x) = ")
    assert activation.derivative_latex.startswith("f'(x) = ")
    assert activation.note.endswith(".")
    assert not activation.use or activation.use.endswith(".")
    assert not activation.note_zh or re.search(r"[\u4e00-\u9fff]{2,}.*。$", activation.note_zh)
    assert activation.aliases
    assert 1940 < activation.source.year < 2100
    for parameter in activation.parameters:
        assert parameter.low <= parameter.default <= parameter.high
        assert parameter.symbol in activation.latex


def test_keys_are_snake_case_and_names_are_unique() -> None:
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", key) for key in ACTIVATIONS)
    assert len({activation.name for activation in ACTIVATIONS.values()}) == len(ACTIVATIONS)


def test_no_alias_means_two_functions() -> None:
    called = [
        name.casefold()
        for key, activation in ACTIVATIONS.items()
        for name in {key, activation.name.casefold(), *(alias.casefold() for alias in activation.aliases)}
    ]
    assert sorted(called) == sorted(set(called))


INF = math.inf
# f(-∞), f(0), f(∞), by hand.
LIMITS = {
    "identity": (-INF, 0, INF),
    "sigmoid": (0, 0.5, 1),
    "tanh": (-1, 0, 1),
    "relu": (0, 0, INF),
    "elu": (-1, 0, INF),
    "selu": (-1.7580993408473766, 0, INF),
    "softplus": (0, math.log(2), INF),
    "hardtanh": (-1, 0, 1),
    "hardsigmoid": (0, 0.5, 1),
    "arctan": (-math.pi / 2, 0, math.pi / 2),
    "log_sigmoid": (-INF, -math.log(2), 0),
    "relu6": (0, 0, 6),
    "gaussian": (0, 1, 0),
    "binary_step": (0, 0, 1),
    "sign": (-1, 0, 1),
    "squared_relu": (0, 0, INF),
    "star_relu": (-0.4472, -0.4472, INF),
    "symlog": (-INF, 0, INF),
    "lecun_tanh": (-1.7159, 0, 1.7159),
    "penalized_tanh": (-0.25, 0, 1),
    "threshold": (0, 0, INF),
    "softshrink": (-INF, 0, INF),
}


def test_infinity_and_zero_give_the_limits() -> None:
    for key, limits in LIMITS.items():
        assert [value(key, x) for x in (-INF, 0.0, INF)] == pytest.approx(limits, abs=1e-12), key


def test_parameters_are_filled_in_and_checked() -> None:
    elu = ACTIVATIONS["elu"]
    assert elu.with_defaults() == {"alpha": 1.0}
    assert elu.with_defaults({"alpha": 2}) == {"alpha": 2.0}
    with pytest.raises(InvalidRequest, match=r"ELU has no parameter 'beta'; it has alpha\."):
        elu.with_defaults({"beta": 1})
    with pytest.raises(InvalidRequest, match=r"alpha of ELU is 9; it must lie between 0.1 and 3\."):
        elu.with_defaults({"alpha": 9})
    with pytest.raises(InvalidRequest, match="nan"):
        elu.with_defaults({"alpha": math.nan})
    with pytest.raises(InvalidRequest, match="it has none"):
        ACTIVATIONS["relu"].with_defaults({"alpha": 1})
