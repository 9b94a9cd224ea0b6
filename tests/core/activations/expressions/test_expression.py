"""A typed expression has all that a catalogue entry has, checked against math, NumPy, SymPy and autograd."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from core.activations import ACTIVATIONS, Activation, find
from core.activations.curves import curves, to_csv
from core.activations.expressions.derivative import derivative as formula_of_derivative
from core.activations.expressions.expression import expression
from core.activations.expressions.formula import written
from core.activations.expressions.grammar import operations, size
from core.activations.expressions.operations import OPERATIONS, TYPEABLE
from core.activations.properties import properties
from core.errors import InvalidRequest
from tests.core.activations.expressions.work import calls_made

# Typed, and the entry of the catalogue that it is.
SAME_AS = {
    "x": "identity",
    "1/(1+exp(-x))": "sigmoid",
    "exp(x)/(1+exp(x))": "sigmoid",
    "(exp(x)-exp(-x))/(exp(x)+exp(-x))": "tanh",
    "(exp(2*x)-1)/(exp(2*x)+1)": "tanh",
    "sinh(x)/cosh(x)": "tanh",
    "max(0, x)": "relu",
    "max(x, 0.01*x)": "leaky_relu",
    "max(x,0) + min(exp(min(x,0))-1, 0)": "elu",
    "log(1+exp(x))": "softplus",
    "log(1/(1+exp(-x)))": "log_sigmoid",
    "x/2*(1+erf(x/sqrt(2)))": "gelu",
    "0.5*x*(1+tanh(sqrt(2/pi)*(x+0.044715*x^3)))": "gelu_tanh",
    "x/(1+exp(-x))": "silu",
    "x*tanh(log(1+exp(x)))": "mish",
    "x*min(max(x+3, 0), 6)/6": "hardswish",
    "x/(1+abs(x))": "softsign",
    "min(max(0,x),6)": "relu6",
    "x-tanh(x)": "tanhshrink",
    "atan(x)": "arctan",
    "x/sqrt(1+x^2)": "isru",
    "(sqrt(x^2+1)-1)/2+x": "bent_identity",
    "sin(x)": "sine",
    "x+sin(x)^2": "snake",
    "e^(-x^2)": "gaussian",
    "x*erf(softplus(x))": "serf",
    "x*tanh(x)": "lisht",
    "1.7159*tanh(2/3*x)": "lecun_tanh",
    "sign(x)*log(1+abs(x))": "symlog",
    "step(x)": "binary_step",
    "sign(x)": "sign",
    "relu(x)^2": "squared_relu",
}
each_of_the_catalogue = pytest.mark.parametrize(("typed", "key"), SAME_AS.items())


def autograd(activation: Activation, x: Tensor) -> Tensor:
    x = x.clone().requires_grad_()
    return torch.autograd.grad(activation.function(x).sum(), x)[0]


@each_of_the_catalogue
def test_a_typed_function_equals_the_one_of_the_catalogue(typed: str, key: str) -> None:
    x = torch.linspace(-12.0037, 12.0011, 481, dtype=torch.float64)  # meets no kink
    theirs, ours = ACTIVATIONS[key], find(typed)
    torch.testing.assert_close(ours.function(x), theirs.function(x), rtol=1e-7, atol=3e-9)
    torch.testing.assert_close(ours.derivative(x), theirs.derivative(x), rtol=1e-7, atol=3e-9)
    torch.testing.assert_close(autograd(ours, x), theirs.derivative(x), rtol=1e-7, atol=3e-9)


@each_of_the_catalogue
def test_it_stays_finite_far_out_as_the_catalogue_does(typed: str, key: str) -> None:
    for dtype in (torch.float32, torch.float64):
        x = torch.tensor([-1e4, -100, -0.0, 0.0, 100, 1e4], dtype=dtype)
        assert find(typed).function(x).isfinite().all()
        assert autograd(find(typed), x).isfinite().all()
        assert find(typed).derivative(x).isfinite().all()


# At 0 autograd finds sign(0) ** 2 = 0, so this one has a hole in its slope that the catalogue's form has not.
WITHOUT_HOLES = {typed: key for typed, key in SAME_AS.items() if key != "symlog"}


@pytest.mark.parametrize(("typed", "key"), WITHOUT_HOLES.items())
def test_its_properties_are_those_of_the_catalogue(typed: str, key: str) -> None:
    ours, theirs = properties(find(typed)), properties(ACTIVATIONS[key])
    assert (ours.monotonic, ours.kinks, ours.jumps) == (theirs.monotonic, theirs.kinks, theirs.jumps)
    assert (ours.lowest, ours.highest) == pytest.approx((theirs.lowest, theirs.highest), abs=1e-6)
    assert ours.lipschitz == pytest.approx(theirs.lipschitz, abs=1e-6)
    assert ours.mean_output == pytest.approx(theirs.mean_output, abs=1e-6)
    # At 6 itself min(relu(x), 6) has a slope of 1 and torch's relu6 one of 0; the grid is as fine as 0.005.
    for zone, their_zone in zip(ours.dead, theirs.dead, strict=True):
        assert zone == pytest.approx(their_zone, abs=0.0051)


@each_of_the_catalogue
def test_what_can_be_trained_is_what_the_catalogue_says(typed: str, key: str) -> None:
    ours, theirs = expression(typed), ACTIVATIONS[key]
    assert (bool(ours.unfit), ours.superlinear) == (bool(theirs.unfit), theirs.superlinear)


# Random expressions, as text and as Python's own math would compute them.
MATH: dict[str, Any] = {
    name: getattr(math, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "pow")
}
MATH |= {name: getattr(math, name) for name in ("sinh", "cosh", "tanh", "atan", "erf", "pi", "e")}
MATH |= {
    "abs": abs,
    "min": min,
    "max": max,
    "sign": lambda x: (x > 0) - (x < 0),
    "step": lambda x: float(x > 0),
    "relu": lambda x: max(x, 0.0),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "gelu": lambda x: x / 2 * (1 + math.erf(x / math.sqrt(2))),
}


Pair = tuple[str, str]  # as it is typed, and in Python


def larger(smaller: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    of_one = st.sampled_from([name for name in TYPEABLE if len(OPERATIONS[name].slopes) == 1])

    def both(form: str, python: str, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Pair]:
        """Each part is text, or a Pair."""

        def put_together(*given: Any) -> Pair:
            pairs = [part if isinstance(part, tuple) else (part, part) for part in given]
            return form.format(*(typed for typed, _ in pairs)), python.format(*(py for _, py in pairs))

        return st.builds(put_together, *parts)

    return st.one_of(
        both("({} {} {})", "({} {} {})", smaller, st.sampled_from("+-*/"), smaller),
        both("{}({})", "{}({})", of_one, smaller),
        both("{}({}, {})", "{}({}, {})", st.sampled_from(["min", "max"]), smaller, smaller),
        both("({})^{}", "pow({}, {})", smaller, st.sampled_from(["2", "3", "-1", "0.5", "-2"])),
        both("(-{})", "(-{})", smaller),
    )


leaves = st.sampled_from(["x", "x", "x", "2", "0.5", "3", "1.25", "pi", "e", "(x + 1)", "0.1"])
expressions = st.recursive(leaves.map(lambda leaf: (leaf, leaf)), larger, max_leaves=8)


def python_value(python: str, x: float) -> float:
    """NaN where there is no real value."""
    try:
        return float(eval(python, {"__builtins__": {}}, MATH | {"x": x}))
    except (ValueError, ZeroDivisionError, OverflowError):
        return math.nan


def steady(python: str, x: float) -> bool:
    """Whether rounding can be told from error here: far from poles and jumps."""
    values = [python_value(python, x + nudge) for nudge in (-1e-6, 0, 1e-6)]
    return all(abs(value) < 1e4 for value in values) and max(values) - min(values) < 1e-3


X = (-4.1731, -1.3377, -0.6121, 0.2917, 0.8713, 1.9139, 3.3719)


@settings(max_examples=60, deadline=None)
@given(expressions)
def test_any_expression_has_the_value_that_python_finds(pair: Pair) -> None:
    typed, python = pair
    try:
        activation = find(typed)
    except InvalidRequest:
        return
    values = activation.function(torch.tensor(X, dtype=torch.float64))
    for x, value in zip(X, values.tolist(), strict=True):
        if steady(python, x):
            assert value == pytest.approx(python_value(python, x), rel=1e-6, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(expressions)
def test_any_derivative_is_autograds_and_the_limit_of_the_difference_quotient(pair: Pair) -> None:
    typed, python = pair
    try:
        activation = find(typed)
    except InvalidRequest:
        return
    x = torch.tensor(X, dtype=torch.float64)
    closed, found = activation.derivative(x), autograd(activation, x)
    for place, ours, theirs in zip(X, closed.tolist(), found.tolist(), strict=True):
        wide, near = (
            (python_value(python, place + h) - python_value(python, place - h)) / (2 * h)
            for h in (1e-4, 5e-5)
        )
        if steady(python, place) and abs(wide) < 100 and wide == pytest.approx(near, rel=1e-6, abs=1e-6):
            if math.isnan(theirs):  # the chain rule is 0 times infinity, and a training would get NaN too
                assert math.isnan(ours) or ours == pytest.approx(near, rel=1e-4, abs=1e-4)
                continue
            assert ours == pytest.approx(near, rel=1e-4, abs=1e-4)
            assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "typed", ["x^3-2*x", "x*exp(-x^2)", "sin(x)/(1+x^2)", "tanh(x)*cos(3*x)", "2^x+x^0.5"]
)
def test_value_and_derivative_are_those_of_sympys_own_functions(typed: str) -> None:
    x = sympy.Symbol("x")
    theirs = sympy.sympify(typed)
    places = np.linspace(0.1, 4, 40)
    for expected, ours in ((theirs, find(typed).function), (theirs.diff(x), find(typed).derivative)):
        values = sympy.lambdify(x, expected, "numpy")(places)
        np.testing.assert_allclose(ours(torch.from_numpy(places)).numpy(), values, rtol=1e-12, atol=1e-13)


def test_the_slopes_of_all_operations_are_those_that_autograd_finds() -> None:
    x = torch.linspace(0.05, 2, 40, dtype=torch.float64)
    for name in TYPEABLE:
        typed = f"{name}(x)" if len(OPERATIONS[name].slopes) == 1 else f"{name}(x^2, sin(x))"
        activation = find(typed)
        torch.testing.assert_close(activation.derivative(x), autograd(activation, x), rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize(
    ("typed", "formula", "derivative"),
    [
        ("x^2", "x^{2}", "2 \\, x"),
        ("exp(-x)", "e^{-x}", "-e^{-x}"),
        ("(x+1)*(x-1)", r"\left(x + 1\right) \, \left(x - 1\right)", "2 \\, x"),
        ("1/x", r"\frac{1}{x}", r"-\frac{1}{x^{2}}"),
        ("sqrt(2)*x/3", r"\frac{\sqrt{2} \, x}{3}", "0.471405"),
        ("-(x+1)^2", r"-\left(x + 1\right)^{2}", "-2 \\, x - 2"),
        ("softplus(x)", r"\operatorname{softplus}\left(x\right)", r"\sigma\left(x\right)"),
        ("2*3*x", r"2 \cdot 3 \, x", "6"),
        ("relu(x)", r"\operatorname{ReLU}\left(x\right)", r"\mathbf{1}\left[x > 0\right]"),
        ("pi*x", r"\pi \, x", r"\pi"),
        ("e^x", "e^{x}", "e^{x}"),
    ],
)
def test_formulas_read_as_they_would_be_written(typed: str, formula: str, derivative: str) -> None:
    assert find(typed).latex == f"f(x) = {formula}"
    assert find(typed).derivative_latex == f"f'(x) = {derivative}"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("x*x+1", r"\approx [1, \infty)"),
        ("x^3", r"\approx (-\infty, \infty)"),
        ("tanh(x)", r"\approx [-1, 1]"),
        ("1-exp(x)", r"\approx (-\infty, 1]"),
    ],
)
def test_the_range_is_written_from_what_the_properties_found(typed: str, written: str) -> None:
    assert properties(find(typed)).range_latex == written


def test_where_there_is_no_formula_autograd_finds_the_derivative() -> None:
    activation = find("x/(x-x)")
    assert "autograd" in activation.derivative_latex
    x = torch.linspace(-1, 1, 11, dtype=torch.float64)
    torch.testing.assert_close(activation.derivative(x), autograd(activation, x), equal_nan=True)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("log(x)", "its value at x = 0 is not a finite number"),
        ("1/x", "its value at x = 0 is not a finite number"),
        ("sqrt(abs(x))", "its slope at x = 0 is not a finite number"),
        ("1/(x-3)", "its value at x = 3 is not a finite number"),
        ("exp(exp(x))", "its value at x = 4.5 is not a finite number"),
        ("x-x", "its slope is 0 everywhere"),
        ("sign(x)+1", "its slope is 0 everywhere"),
    ],
)
def test_what_no_network_can_be_trained_through_says_why(typed: str, said: str) -> None:
    assert said in find(typed).unfit
    assert said in find(typed).note


def test_a_function_that_overflows_far_out_says_where() -> None:
    assert "At x = 100" in find("exp(x)/10+x").note
    assert "float32" in find("x^3*cosh(x)").note
    assert "float32" not in find("x*tanh(softplus(x))").note


def test_properties_of_a_function_with_poles_or_holes_are_said_of_where_it_is_defined() -> None:
    logarithm = properties(find("log(x)"))
    assert (logarithm.lowest, logarithm.highest, logarithm.monotonic) == (-math.inf, math.inf, True)
    assert math.isnan(logarithm.mean_output)
    pole = properties(find("1/x"))
    assert (pole.lowest, pole.highest) == (-math.inf, math.inf)
    assert properties(find("sqrt(abs(x))")).lipschitz == math.inf
    root = properties(find("sqrt(x)"))
    assert (root.lowest, root.highest, root.saturates_below) == (0, math.inf, None)


def test_what_swings_too_fast_to_follow_does_not_take_long() -> None:
    activation, evaluated = find("sin(x^20)+tan(tan(tan(x)))"), 0

    def counted(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def function_and_count(x: Tensor) -> Tensor:
            nonlocal evaluated
            evaluated += x.numel()
            return function(x)

        return function_and_count

    function, derivative = counted(activation.function), counted(activation.derivative)
    found = properties(replace(activation, function=function, derivative=derivative))
    assert evaluated < 2_000_000  # far more when each swing is followed
    assert len(found.jumps) <= 100


@pytest.mark.parametrize(
    "typed",
    [
        "((((2*x)^20)^20)^20)^20",
        "(((0.5*((1.25*max(x+1,2))^1.37)^(1/3))-(x^(1/3)-min(x-2.37,3))^3)^x)^2",
        "/".join(["x"] * 40),
        "*".join(["(x+1)"] * 20),
        "*".join([f"(x+{n})" for n in range(19)]),
        "".join(["sin(x*"] * 20) + "x" + ")" * 20,
        "".join(["silu(x*"] * 18) + "x" + ")" * 18,
        "".join(["gelu("] * 24) + "x" + ")" * 24,
        "^".join(["x"] * 20),
    ],
)
def test_the_formula_of_a_derivative_does_not_take_long(typed: str) -> None:
    tree = expression(typed).tree
    assert calls_made(partial(formula_of_derivative, tree)) < 250_000  # some 50 ms


TERMS_COLLECTED = {
    "x*x*x*(x+1)/(x+2)^2": 36,
    "(x+1)^3*(x+1)^2": 7,
    "x^2*sin(x)/(1+x^2)^3": 40,
    "(2*x+2)^2/(x+1)": 1,
    "x*(x+3)*(x-3)": 16,
}


@pytest.mark.parametrize(("typed", "most"), TERMS_COLLECTED.items())
def test_equal_factors_and_terms_of_a_derivative_are_collected(typed: str, most: int) -> None:
    x = sympy.Symbol("x")
    found = formula_of_derivative(expression(typed).tree)
    assert found is not None
    assert size(found) <= most
    theirs = sympy.sympify(typed).diff(x)
    assert sympy.simplify(sympy.sympify(written(found)) - theirs) == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize(
    "typed", ["x*tanh(softplus(x))", "max(x, sin(x))-min(x, 0.5)", "3*x+1", "x-x", "2^x"]
)
def test_shape_and_dtype_are_kept(typed: str, dtype: torch.dtype) -> None:
    x = torch.randn(2, 3, 4, dtype=dtype)
    for result in (find(typed).function(x), find(typed).derivative(x)):
        assert (result.shape, result.dtype) == (x.shape, dtype)


def test_torch_func_can_transform_it() -> None:
    activation = find("x*tanh(softplus(x))+max(x,1)/3")
    x = torch.linspace(-4.01, 4, 33, dtype=torch.float64)
    each = torch.func.vmap(torch.func.grad(activation.function))(x)
    torch.testing.assert_close(each, activation.derivative(x), rtol=1e-7, atol=1e-8)


def test_a_network_trains_through_it() -> None:
    torch.manual_seed(0)
    first, last, activation = nn.Linear(1, 16), nn.Linear(16, 1), find("x*tanh(log(1+exp(x)))")
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


def test_curves_and_their_csv_take_it_beside_the_catalogue() -> None:
    chosen: dict[str, dict[str, float]] = {"mish": {}, "x*tanh(softplus(x))": {}}
    drawn = curves(chosen, -3, 3, 7)
    np.testing.assert_allclose(*drawn.values.values(), atol=1e-6)
    np.testing.assert_allclose(*drawn.derivatives.values(), atol=1e-6)
    assert to_csv(drawn, chosen).startswith("x,mish,mish derivative,x*tanh(softplus(x)),")


def test_a_key_is_found_as_ever_and_an_unknown_word_is_refused() -> None:
    assert find("relu") is ACTIVATIONS["relu"]
    assert find("x*x") is find(" x*x ")
    with pytest.raises(InvalidRequest, match=r"There is no activation 'gellu'; did you mean gelu"):
        find("gellu")


def test_a_safer_form_is_reported_and_does_not_overflow() -> None:
    typed = expression("x*tanh(log(1+exp(x)))")
    assert operations(typed.tree) == {"*", "tanh", "softplus"}
    assert size(typed.tree) == 5
    assert "`x*tanh(softplus(x))`" in find("x*tanh(log(1+exp(x)))").note


def test_finite_is_said_only_of_forms_that_stay_finite() -> None:
    assert (
        "`x*sigmoid(x)`, which is the same, and finite up to x = ±10,000" in find("x*exp(x)/(1+exp(x))").note
    )
    overflows = find("exp(x)*log(1+exp(x))")
    assert "At x = 100" in overflows.note
    assert "finite up to" not in overflows.note


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("x>0", "step(x) for x>0"),
        ("x*(x>=1)", "step(x) for x>0"),
        ("where(x<0,x,1)", "step(-x) for x<0"),
        ("x ≤ 2", "step(-x) for x<0"),
    ],
)
def test_a_comparison_gets_a_hint_to_step(typed: str, hint: str) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(hint)):
        find(typed)


@settings(max_examples=15, deadline=None)
@given(expressions)
def test_properties_of_any_expression_bear_out_its_samples(pair: Pair) -> None:
    """No value lies outside the bounds, no slope above the steepest, and what is saturated is flat."""
    typed, python = pair
    try:
        activation = find(typed)
    except InvalidRequest:
        return
    found = properties(activation)
    for x in (*X, -7.3e3, -212.7, -31.13, 27.77, 333.1, 9.1e3):
        value = python_value(python, x)
        if not steady(python, x):
            continue
        slack = 1e-6 * (1 + abs(value))
        assert found.lowest is None or value >= found.lowest - slack
        assert found.highest is None or value <= found.highest + slack
        slope = (python_value(python, x + 1e-5) - python_value(python, x - 1e-5)) / 2e-5
        if not found.jumps and abs(x) < 10 and math.isfinite(slope) and found.largest_slope is not None:
            assert abs(slope) <= found.largest_slope * (1 + 1e-3) + 1e-4
