"""The format that ran is known by its error, whatever was asked for."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from core.timing.measure.precision import really_ran, relative_error


def operands(inner: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(64, inner, generator=generator), torch.randn(inner, 64, generator=generator)


def product(a: Tensor, b: Tensor) -> Tensor:
    return a.double() @ b.double()


def rounded(values: Tensor, bits: int) -> Tensor:
    """To a number of significant bits, as a cast to a shorter format rounds."""
    mantissa, exponent = torch.frexp(values.double())
    return torch.ldexp(torch.round(mantissa * 2**bits) / 2**bits, exponent)


@pytest.mark.parametrize("inner", [16, 512, 8192])
@pytest.mark.parametrize(
    ("bits", "ran"), [(8, "bfloat16"), (11, "tf32"), (16, "bfloat16x3"), (24, "float32")]
)
def test_products_of_rounded_operands_differ_from_true_float32_ones(inner: int, bits: int, ran: str) -> None:
    a, b = operands(inner)
    posing = (rounded(a, bits) @ rounded(b, bits)).float()
    assert really_ran((posing, product(a, b)), "float32").ran == ran
    assert really_ran((posing, product(a, b)), "tf32").ran == ran


def test_a_float32_product_that_torch_computes_in_bfloat16_is_found_out() -> None:
    a = torch.randn(512, 512, generator=torch.Generator().manual_seed(0))
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        found = really_ran((a @ a, product(a, a)), "float32")
    finally:
        torch.set_float32_matmul_precision(before)
    if found.ran == "float32":
        pytest.skip("this processor has no bfloat16 products, so torch stays with float32")
    assert found.ran == "bfloat16"
    assert found.relative_error == pytest.approx(2.3e-3, rel=0.3)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([torch.float64, torch.float32, torch.bfloat16, torch.float16]),
    st.integers(0, 2**31),
    st.sampled_from([8, 100, 3000]),
)
def test_an_honest_product_is_what_it_says(dtype: torch.dtype, seed: int, inner: int) -> None:
    a, b = (operand.to(dtype) for operand in operands(inner, seed))
    name = str(dtype).removeprefix("torch.")
    assert really_ran((a @ b, product(a, b)), name).ran == name


def test_float64_that_ran_as_float32_is_found_out() -> None:
    a, b = operands(256)
    assert really_ran(((a @ b).double(), product(a, b)), "float64").ran == "float32"


def test_whole_numbers_are_exact_or_wrong() -> None:
    exact = torch.arange(10, dtype=torch.float64)
    assert really_ran((exact.to(torch.int32), exact), "int8").ran == "int8"
    wrong = really_ran((exact.to(torch.int32) + 1, exact), "int8")
    assert wrong.ran is None
    assert "exact" in str(wrong.reason)


def test_a_result_that_fits_no_format_has_a_reason_and_no_label() -> None:
    exact = torch.ones(4, dtype=torch.float64)
    wrong = really_ran((-torch.ones(4), exact), "float32")
    assert (wrong.ran, wrong.relative_error) == (None, 2.0)
    assert "larger" in str(wrong.reason)
    overflown = really_ran((torch.full((4,), torch.inf), exact), "float16")
    assert (overflown.ran, overflown.relative_error) == (None, None)
    assert "not finite" in str(overflown.reason)


def test_nothing_differs_from_nothing() -> None:
    assert relative_error(torch.zeros(3), torch.zeros(3)) == 0.0
