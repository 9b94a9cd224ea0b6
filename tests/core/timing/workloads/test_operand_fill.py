"""Operands hold what their fill says, in every format."""

from __future__ import annotations

import pytest
import torch

from core.timing.workloads.operand_fill import OPERAND_FILLS, fill

FLOATS = (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn)


@pytest.mark.parametrize("dtype", [*FLOATS, torch.int8])
@pytest.mark.parametrize("data", OPERAND_FILLS)
def test_every_fill_gives_a_whole_tensor_of_its_format(data: str, dtype: torch.dtype) -> None:
    if data == "denormal" and dtype == torch.int8:
        with pytest.raises(RuntimeError, match="no denormal"):
            fill((2, 3), dtype, "cpu", data=data)
        return
    made = fill((2, 3), dtype, "cpu", data=data)
    assert (made.shape, made.dtype, made.is_contiguous()) == ((2, 3), dtype, True)


@pytest.mark.parametrize("dtype", FLOATS)
def test_denormal_numbers_lie_below_the_smallest_normal_one_and_are_not_zero(dtype: torch.dtype) -> None:
    made = fill((100,), dtype, "cpu", data="denormal").double()
    assert (made > 0).all()
    assert (made < torch.finfo(dtype).smallest_normal).all()


@pytest.mark.parametrize(("data", "value"), [("zeros", 0.0), ("constant", 1.0)])
def test_zeros_and_ones(data: str, value: float) -> None:
    for dtype in (*FLOATS, torch.int8):
        assert (fill((5,), dtype, "cpu", data=data).double() == value).all()


def test_random_is_standard_normal_and_for_whole_numbers_all_of_them() -> None:
    drawn = fill((100_000,), torch.float32, "cpu", torch.Generator().manual_seed(0))
    assert float(drawn.mean()) == pytest.approx(0, abs=0.02)
    assert float(drawn.std()) == pytest.approx(1, abs=0.02)
    whole = fill((100_000,), torch.int8, "cpu", torch.Generator().manual_seed(0))
    assert set(whole.tolist()) == set(range(-128, 128))


def test_the_same_seed_draws_the_same_numbers() -> None:
    one, other = (fill((9,), torch.bfloat16, "cpu", torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(one, other)
