"""The number formats are those of torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.activations.formats import FORMATS


@pytest.mark.parametrize("key", FORMATS)
def test_largest_smallest_and_step_are_those_that_torch_reports(key: str) -> None:
    format, reported = FORMATS[key], torch.finfo(getattr(torch, key))
    assert format.largest == reported.max
    assert format.epsilon == reported.eps
    assert format.smallest_normal == reported.smallest_normal
    assert 1 + format.exponent_bits + format.fraction_bits == reported.bits


@pytest.mark.parametrize(("key", "dtype"), [("float16", np.float16), ("float32", np.float32)])
def test_spacing_is_that_of_numpy(key: str, dtype: type[np.floating]) -> None:
    at = np.geomspace(FORMATS[key].smallest, FORMATS[key].largest * 0.99, 500).astype(dtype)
    assert (FORMATS[key].spacing(at.astype(float)) == np.spacing(at).astype(float)).all()


@pytest.mark.parametrize("key", ["float16", "bfloat16", "float32", "float8_e5m2"])
def test_a_number_is_held_when_casting_it_gives_neither_infinity_nor_zero(key: str) -> None:
    format = FORMATS[key]
    ends = [format.largest, format.smallest]
    exact = np.array([0.0, *(end * factor for end in ends for factor in (0.4, 0.49, 0.51, 1.0, 1.01, 1.3))])
    cast = torch.tensor(exact).to(getattr(torch, key)).to(torch.float64).numpy()
    assert (format.holds(exact) == (np.isfinite(cast) & ((cast != 0) | (exact == 0)))).all()
